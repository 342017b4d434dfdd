#pragma once
// How a node ends, so that what it has promised is kept.

#include <cstddef>
#include <set>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"
#include "node/session_handover.hpp"
#include "node/session_keeper.hpp"
#include "node/store_writer.hpp"

namespace meshmq::node {

/// Clients are sent away, sessions are handed over to running members, links are hung up, the sessions that
/// are left are written down, and the disk has everything. No stage waits for ever. Thread rule: one owner.
///
///     clients -> handover -> links -> sessions -> disk -> over
class Farewell {
 public:
  static constexpr Duration worker_wait = std::chrono::seconds(5);
  static constexpr Duration link_wait = std::chrono::seconds(2);
  /// For a disk that refuses; a slow one has longer.
  static constexpr Duration disk_wait = std::chrono::seconds(5);
  static constexpr Duration slow_disk_wait = std::chrono::seconds(30);
  static constexpr std::size_t sessions_per_batch = 1000;

  Farewell(const Config& config, ControlPorts& ports, cluster::Cluster& cluster, SessionMoves& moves,
           SessionKeeper& keeper, StoreWriter& store, Logger log)
      : config_(config),
        ports_(ports),
        cluster_(cluster),
        moves_(moves),
        keeper_(keeper),
        store_(store),
        log_(log),
        handover_(config, cluster, moves, log) {}

  void begin(Now now);
  bool begun() const { return stage_ != Stage::none; }
  bool over() const { return stage_ == Stage::over; }
  /// A worker's clients are gone.
  void handle(const ClientsGone& m) { waiting_for_.erase(m.worker.value); }
  void handle(const SessionsRested& m);
  /// Call after every event and tick.
  void advance(Now now);

 private:
  enum class Stage : std::uint8_t { none, clients, handover, links, sessions, disk, over };

  void enter(Stage stage, Now now);
  bool links_are_down() const;
  /// True: all sessions are with the disk, or it is of no use.
  bool ask_for_sessions(Now now);
  bool disk_is_done(Now now) const;
  Duration disk_patience() const { return store_.failing() ? disk_wait : slow_disk_wait; }

  const Config& config_;
  ControlPorts& ports_;
  cluster::Cluster& cluster_;
  SessionMoves& moves_;
  SessionKeeper& keeper_;
  StoreWriter& store_;
  Logger log_;
  SessionHandover handover_;
  Stage stage_ = Stage::none;
  TimePoint since_{};                    ///< this stage
  std::set<std::uint16_t> waiting_for_;  ///< workers
  std::uint16_t resting_ = 0;            ///< the worker that is asked for its sessions
  bool asked_ = false;
  std::size_t kept_ = 0;
};

}  // namespace meshmq::node
