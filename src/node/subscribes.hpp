#pragma once
// What this node's workers subscribe to: its routes, the wait for every peer, the answer.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/time.hpp"
#include "cluster/replicator.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/exclusive_claims.hpp"
#include "node/messages.hpp"
#include "node/own_routes.hpp"
#include "node/retained_store.hpp"
#include "node/subscribe_gate.hpp"

namespace meshmq::node {

/// Pure. Thread rule: one owner (the control thread).
class Subscribes {
 public:
  using ToWorkerPort = std::function<void(WorkerIndex worker, ToWorker message)>;

  Subscribes(const Config& config, cluster::RouteWriter& routes, cluster::Replicator& replicator,
             const RetainedStore& retained, ToWorkerPort to_worker);

  void handle(SubscribeRequest& m, Now now);
  void handle(UnrouteRequest& m, Now) { routes_.remove(m); }
  void handle(GroupRequest& m, Now) { exclusive_.set_group(m); }
  void peer_up(Slot slot, std::string_view node) { exclusive_.peer_up(slot, node); }
  void peer_down(Slot slot) { exclusive_.peer_down(slot); }

  /// Before the turn's rows are told.
  void before_end_of_turn() { routes_.end_of_turn(); }
  /// After that: answers what was let through in the turn before.
  void answer_ready(Now now);
  /// Lets through what all peers have. True: there is something to answer in the next turn.
  [[nodiscard]] bool end_of_turn(std::uint64_t acknowledged, Now now) {
    return gate_.end_of_turn(acknowledged, now);
  }
  void tick(Now now);

 private:
  void answer(SubscribeRequest& request, Now now);

  const Config& config_;
  const cluster::Replicator& replicator_;
  const RetainedStore& retained_;
  ToWorkerPort to_worker_;
  OwnRoutes routes_;
  ExclusiveClaims exclusive_;
  SubscribeGate gate_;
};

}  // namespace meshmq::node
