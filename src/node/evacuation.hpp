#pragma once
// Clients that other nodes are to serve: all of this node's (evacuation), or those that it has too many of
// (rebalancing).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/client_shedding.hpp"
#include "node/config.hpp"
#include "node/session_handover.hpp"
#include "node/session_moves.hpp"

namespace meshmq::node {

enum class Shedding : std::uint8_t { none, evacuation, rebalancing };

/// How far it is; what counts is of the last one when there is none.
struct EvacuationStatus {
  Shedding what = Shedding::none;
  bool done = false;  ///< nobody and nothing is left to send away
  std::size_t rate = 0;
  WallMillis begun_at = 0;
  std::size_t connections_at_start = 0;
  std::size_t connections = 0;
  std::size_t sessions = 0;
  std::size_t sent_away = 0;                   ///< clients
  std::size_t sessions_moved = 0;              ///< of clients that were away
  std::map<std::string, std::size_t> loads{};  ///< connections of each node, while rebalancing
};

/// Evacuation: new connections are refused, clients are sent away at a rate, and then every session that no
/// client has taken along is handed over as at a clean stop. That lasts until an operator ends it.
///
/// Rebalancing: an operator says it to one node, which tells all. Each says every second how many clients it
/// has; one that has more than the mean and cluster.rebalance_tolerance percent sends the difference away,
/// and refuses new ones meanwhile. No node sends more away than it had too many at the beginning: clients
/// that come back to where they were do not go in circles. It ends when all are even, or nothing has changed
/// for a while. Thread rule: one owner.
class Evacuation {
 public:
  static constexpr Duration report_interval = std::chrono::seconds(1);
  /// Even for so long is even.
  static constexpr Duration even_wait = std::chrono::seconds(3);
  static constexpr Duration give_up_wait = std::chrono::seconds(60);
  /// What a node said longer ago does not count.
  static constexpr Duration load_lifetime = std::chrono::seconds(5);

  Evacuation(const Config& config, ControlPorts& ports, cluster::Cluster& cluster, SessionMoves& moves,
             Logger log);

  /// Whether a message between nodes is one of these.
  static bool is_about_load(std::string_view bytes);

  /// `rate` 0: cluster.evacuation_rate. Refused if nobody else could serve the clients, or something is
  /// under way.
  Result<void> evacuate(std::size_t rate, Now now);
  Result<void> rebalance(std::size_t rate, Now now);
  /// False: nothing of this kind was under way. Rebalancing ends on all nodes.
  bool stop(Shedding what);
  EvacuationStatus status() const;

  void handle(const SentAway& m) { shedding_.handle(m); }
  void message(const std::string& node, std::string_view bytes, Now now);
  void tick(Now now);

 private:
  struct Load {
    std::size_t connections = 0;
    bool evacuating = false;
    TimePoint said{};
  };

  std::vector<std::string> running() const;
  Result<void> may_begin() const;
  void begin(Shedding what, std::size_t rate, Now now);
  void end();
  void tick_evacuation(Now now);
  void tick_rebalancing(Now now);
  void report_load(Now now);
  /// Nothing if some node has not said it.
  std::optional<double> mean_load(Now now) const;
  void broadcast(const std::string& bytes);

  const Config& config_;
  cluster::Cluster& cluster_;
  SessionMoves& moves_;
  Logger log_;
  ClientShedding shedding_;
  std::optional<SessionHandover> handover_;
  Shedding what_ = Shedding::none;
  bool done_ = false;
  WallMillis begun_at_ = 0;
  std::optional<std::size_t> at_start_;  ///< connections
  std::size_t moved_ = 0;
  // --- rebalancing
  std::map<std::string, Load> loads_;
  std::optional<std::size_t> budget_;  ///< clients that may be sent away in all
  TimePoint next_report_{};
  TimePoint uneven_{};   ///< for the last time
  TimePoint changed_{};  ///< somebody was sent away here
  std::size_t sent_before_ = 0;
};

}  // namespace meshmq::node
