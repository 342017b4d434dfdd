#pragma once
// One worker of a node: a broker, the way to the other workers and the forwarding links to other nodes.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/broker.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Pure. Thread rule: one owner. After each batch of events the owner calls end_of_turn(), which lets
/// forwarding frames and acknowledgements of the whole batch leave together.
class Worker {
 public:
  /// `incarnation` must differ for every start of the node, and be the same for all its workers and its
  /// Control.
  Worker(const Config& config, WorkerIndex self, std::uint64_t incarnation,
         const cluster::RouteReader& routes, WorkerPorts& ports, broker::Output& output, Logger log,
         std::uint64_t seed);
  ~Worker();

  /// Call before the first event of every batch: what is routed in it is dated `now`.
  void begin_turn(Now now);

  /// Clients' events go straight to the broker.
  broker::Broker& broker();

  void handle(ToWorker message, Now now);
  /// Parcels from other workers of this node.
  void deliver(std::span<const Parcel> parcels, Now now);
  /// A mailbox that was congested has room.
  void uncongested(Now now);

  /// The link that dial(slot) asked for is open.
  void link_up(LinkId link, Slot slot, Now now);
  /// dial(slot) failed; the worker tries again by itself while the peer is up.
  void dial_failed(Slot slot, Now now);
  /// Another node's worker opened a link to this one. `origin` names that node, `origin_worker` its worker:
  /// all links of one (origin, origin_worker) must come to the same worker here.
  void link_accepted(LinkId link, const std::string& origin, std::uint16_t origin_worker, Now now);
  void link_frame(LinkId link, std::string_view frame, Now now);
  /// Queued bytes of the link fell below half of Config::link_bytes_max.
  void link_drained(LinkId link, Now now);
  void link_down(LinkId link, Now now);

  void end_of_turn(Now now);
  void tick(Now now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::node
