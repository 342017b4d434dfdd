#pragma once
// What this node's workers subscribe to: its routes, the wait for every peer, the answer.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/histogram.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/exclusive_claims.hpp"
#include "node/messages.hpp"
#include "node/own_routes.hpp"
#include "node/retained_store.hpp"
#include "node/session_moves.hpp"
#include "node/subscribe_gate.hpp"

namespace meshmq::node {

/// Pure. Thread rule: one owner (the control thread).
class Subscribes final : private ExclusiveClaimsPorts {
 public:
  using ToWorkerPort = std::function<void(WorkerIndex worker, ToWorker message)>;

  /// Everything must outlive it. Before any peer is up.
  Subscribes(const Config& config, cluster::RouteWriter& routes, cluster::Cluster& cluster,
             const SessionMoves& moves, const RetainedStore& retained, ToWorkerPort to_worker);

  void handle(SubscribeRequest& m, Now now);
  void handle(UnrouteRequest& m, Now) { routes_.remove(m); }
  void handle(GroupRequest& m, Now) { routes_.set_group(m); }
  void handle(ExclusiveHeld& m, Now now) { exclusive_.arrived(m, now); }
  void handle(ExclusiveReleased& m, Now) { exclusive_.released(m); }
  void peer_up(Slot slot) { exclusive_.peer_up(slot); }
  void peer_down(Slot slot) { exclusive_.peer_down(slot); }

  /// Before the turn's rows are told.
  void before_end_of_turn() {
    exclusive_.before_end_of_turn();
    routes_.end_of_turn();
  }
  /// After that: answers what was let through in the turn before.
  void answer_ready(Now now);
  /// Lets through what all peers have. True: there is something to answer in the next turn.
  [[nodiscard]] bool end_of_turn(std::uint64_t acknowledged, Now now) {
    return gate_.end_of_turn(acknowledged, now);
  }
  void tick(Now now) { exclusive_.tick(now); }
  /// From the request to its answer.
  const Histogram& lag() const { return lag_; }

 private:
  // --- ExclusiveClaimsPorts
  cluster::RowStamp next_stamp(Now now) override { return cluster_.row_stamp(now); }
  void observe(cluster::RowStamp stamp) override { cluster_.observe(stamp); }
  void write_row(std::string_view name, std::string value) override;
  void lose(WorkerIndex worker, ExclusiveLost lost) override { to_worker_(worker, std::move(lost)); }
  bool is_here(const std::string& client_id) const override { return moves_.holds(client_id); }
  bool is_leaving(const std::string& client_id) const override { return moves_.is_leaving(client_id); }

  void answer(SubscribeRequest& request, Now now);

  const Config& config_;
  cluster::Cluster& cluster_;
  const SessionMoves& moves_;
  const RetainedStore& retained_;
  ToWorkerPort to_worker_;
  OwnRoutes routes_;
  ExclusiveRows exclusive_rows_;
  ExclusiveClaims exclusive_;
  SubscribeGate gate_;
  Histogram lag_;
};

}  // namespace meshmq::node
