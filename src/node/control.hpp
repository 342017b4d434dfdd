#pragma once
// The node's one place of decisions: membership, replicated tables, retained messages, operators' commands.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/discovery.hpp"
#include "cluster/heal_record.hpp"
#include "cluster/routes.hpp"
#include "node/access_admin.hpp"
#include "node/alarms.hpp"
#include "node/cluster_status.hpp"
#include "node/config.hpp"
#include "node/delayed.hpp"
#include "node/evacuation.hpp"
#include "node/operator_writes.hpp"
#include "node/ports.hpp"
#include "node/route_listing.hpp"
#include "node/shared_settings.hpp"
#include "node/watches.hpp"

namespace meshmq::node {

/// Sizes and counters of the control core.
struct ControlStats {
  std::size_t routes = 0;         ///< (filter, node) pairs of live nodes
  std::size_t topics = 0;         ///< distinct filters
  std::size_t retained = 0;       ///< messages
  std::size_t delayed = 0;        ///< messages
  std::size_t store_waiting = 0;  ///< changed rows that are not handed to the disk yet
  bool store_failing = false;     ///< the disk refuses them
  std::uint64_t replicated_bytes_sent = 0;
  std::uint64_t replicated_bytes_received = 0;
};

/// Pure. Thread rule: one owner (the control thread).
class Control {
 public:
  /// `image` is what ControlPorts::save() last stored, or empty. `incarnation` must differ for every start of
  /// the node.
  Control(const Config& config, std::string_view image, std::uint64_t incarnation,
          cluster::RouteWriter& routes, ControlPorts& ports, Logger log, std::uint64_t seed, Now now);
  ~Control();

  // --- what was on disk; before any other event
  void load(StoreArea area, std::string_view key, std::string_view value);
  /// That was all. `complete`: the disk still has it; otherwise it is written again.
  void loaded(bool complete, Now now);

  void handle(ToControl message, Now now);
  /// Answer to StorePort::store().
  void stored(StoreOutcome outcome, Now now);
  /// The control link to `node` is open (we dialled or they did).
  void link_up(const std::string& node, Now now);
  void link_frame(const std::string& node, std::string_view frame, Now now);
  /// The link is gone, or a dial failed. `detail` is for the log.
  void link_down(const std::string& node, LinkError error, std::string_view detail, Now now);
  /// Call at least every 100 ms.
  void tick(Now now);
  /// Ends a batch of events: commits routes, sends what was appended to the log and what is to be
  /// acknowledged, once for the whole batch. Returns true if it wants to be called again right after the
  /// mailbox has been drained.
  [[nodiscard]] bool end_of_turn(Now now);

  // --- operators; each ends in ControlPorts::operation_done() or query_done()
  void join(OperationId operation, const std::string& node, Now now);
  void leave(OperationId operation, Now now);
  void force_leave(OperationId operation, const std::string& node, Now now);
  /// Brings together what cluster.autoheal = off keeps apart; returns the names of those nodes.
  std::vector<std::string> heal(Now now);
  /// Reaches ControlPorts::peer_asks() of a running node; ends in ControlPorts::peer_answered().
  void ask_peer(OperationId operation, const std::string& node, std::string_view question, Now now);
  void answer_peer(const PeerCall& call, std::string_view answer);
  /// Ends in ControlPorts::verified(): do all running nodes hold the same?
  void verify(OperationId operation, Now now);
  /// The number of the query is given here.
  void query(OperationId operation, Query query, Now now);
  void publish(const mqtt::MessagePtr& message, Now now);
  /// What the broker says of itself, below `$SYS/brokers`. What is retained already is not stored again.
  void publish_system(const mqtt::MessagePtr& message, Now now);
  /// The provider of discovery has answered.
  void discovered(const Result<cluster::Discovered>& found, Now now);
  /// Answer to ControlPorts::check_password().
  void password_checked(PasswordCheckId id, bool fits);
  /// Ends the node, so that what it has promised is kept: see Farewell. stopped() tells when.
  void shut_down(Now now);
  bool stopped() const;
  /// What was on disk is in its place: clients may come.
  bool ready() const;

  /// Other settings, the workers are told. What needs a restart must be as it was: names, numbers of workers
  /// and zones, what is kept where.
  void reconfigure(const Config& config);
  SharedSettings& shared_settings();
  OperatorWrites& operator_writes();
  AccessAdmin& access();
  /// Operators begin and end evacuation and rebalancing here.
  Evacuation& evacuation();
  /// Who watches something raises and ends them here.
  Alarms& alarms();
  /// Traces, and topics that are counted one by one.
  Watches& watches();

  // --- inspection
  ClusterStatus status() const;
  cluster::DiscoveryStatus discovery() const;
  /// The oldest first.
  const std::deque<cluster::HealRecord>& heal_log() const;
  /// Every (filter, node) of live nodes, sorted by filter, then node.
  std::vector<Route> routes() const;
  /// (filter, node) of members that are away, in no order; shared groups not.
  std::vector<Route> routes_away() const;
  MatchedRoutes match(std::string_view topic) const;
  /// The wildcard filters of live nodes, sorted.
  std::vector<std::string> trie() const;
  std::vector<mqtt::MessagePtr> retained(std::string_view filter) const;
  /// Removes retained messages that match; returns how many.
  std::size_t clean_retained(std::string_view filter, Now now);
  /// In the order of their times.
  std::vector<DelayedMessage> delayed() const;
  /// Deletes one cluster-wide; false: there is none with this id.
  bool erase_delayed(std::string_view id, Now now);
  ControlStats stats() const;
  /// From SUBSCRIBE to the moment when every running node had the routes.
  const Histogram& route_lag() const;
  /// Hash of the replicated tables; equal on nodes that agree.
  std::uint64_t digest() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::node
