#pragma once
// A node gives its sessions to the others: it ends, or is evacuated.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/config.hpp"
#include "node/session_moves.hpp"

namespace meshmq::node {

/// Every session is offered to one running member, which takes it over as if its client had connected there.
/// One that does not in time is offered to the next one, twice to each. At most cluster.handover_rate per
/// second. Thread rule: one owner.
class SessionHandover {
 public:
  static constexpr Duration offer_wait = std::chrono::seconds(5);
  static constexpr Duration report_interval = std::chrono::seconds(5);
  /// Offered and not gone yet.
  static constexpr std::size_t under_way_max = 1000;
  static constexpr std::size_t tries_per_node = 2;

  SessionHandover(const Config& config, const cluster::Cluster& cluster, SessionMoves& moves, Logger log)
      : config_(config), cluster_(cluster), moves_(moves), log_(log) {}

  /// For no longer than `wait`.
  void begin(Duration wait, Now now);
  /// Call often. True: done, or time is over. What is still here then stays here.
  [[nodiscard]] bool advance(Now now);
  std::size_t moved() const { return moved_; }

 private:
  std::vector<std::string> running() const;
  std::size_t refusals(const std::string& client_id) const;
  void list();
  void look_after_offers(Now now);
  void offer_more(Now now);
  void report(Now now);

  const Config& config_;
  const cluster::Cluster& cluster_;
  SessionMoves& moves_;
  Logger log_;
  std::vector<std::string> waiting_;            ///< client ids, the next one last
  std::map<std::string, TimePoint> offered_;    ///< until when an answer counts
  std::map<std::string, std::size_t> refused_;  ///< how often an offer of this client id was not taken
  std::size_t moved_ = 0;
  std::size_t allowed_ = 0;  ///< offers, so far
  std::size_t made_ = 0;
  TimePoint begun_{};
  TimePoint deadline_{};
  TimePoint next_report_{};
};

}  // namespace meshmq::node
