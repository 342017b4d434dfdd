#pragma once
// The cluster as one node sees it: who belongs to it, who can be reached, and the replication between them.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/heal_record.hpp"
#include "cluster/healing.hpp"
#include "cluster/joining.hpp"
#include "cluster/link_error.hpp"
#include "cluster/links.hpp"
#include "cluster/members.hpp"
#include "cluster/membership.hpp"
#include "cluster/ports.hpp"
#include "cluster/replicator.hpp"
#include "cluster/routes.hpp"
#include "cluster/settings.hpp"
#include "cluster/verification.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// Takes events and frames apart and hands them to those who know what they mean: Links (who can be reached),
/// Members (who belongs to it), Joining (operators' commands), Healing (splits), Replicator and SharedSync
/// (rows). Thread rule: one owner.
class Cluster {
 public:
  Cluster(const Settings& settings, std::string_view image, RouteWriter& routes, ClientRows& clients,
          SharedRows& shared, ClusterPorts& ports, Logger log, std::uint64_t seed, Now now);

  // --- events
  void link_up(const std::string& node, Now now) { links_.up(node, now); }
  void link_frame(const std::string& node, std::string_view bytes, Now now);
  void link_down(const std::string& node, LinkError error, std::string_view detail, Now now);
  void tick(Now now);
  /// True: call again soon, when what has come meanwhile is handled.
  [[nodiscard]] bool end_of_turn(Now now);

  // --- operators; the first three end in ClusterPorts::operation_done()
  void join(OperationId operation, const std::string& node, Now now) { joining_.join(operation, node, now); }
  void leave(OperationId operation, Now now) { joining_.leave(operation, now); }
  void force_leave(OperationId operation, const std::string& node, Now now) {
    joining_.force_leave(operation, node, now);
  }
  /// Brings together what cluster.autoheal = off keeps apart; returns the names of those nodes.
  std::vector<std::string> heal(Now now);
  /// Ends in ClusterPorts::verified().
  void verify(OperationId operation, Now now) { verification_.verify(operation, now); }
  void shut_down();
  /// Takes over what may change while it runs: pauses and waits, autoclean, autoheal.
  void reconfigure(const Settings& settings) {
    world_.settings.redial_min = settings.redial_min;
    world_.settings.redial_max = settings.redial_max;
    world_.settings.join_wait = settings.join_wait;
    world_.settings.autoclean = settings.autoclean;
    world_.settings.autoheal = settings.autoheal;
  }

  // --- automatic discovery
  /// Asks a node that is no member what it is; ClusterPorts::met() tells.
  void probe(const std::string& node, Now now);
  /// Sends this node away, as an operator would.
  void stay_out();

  // --- between the owners of two machines
  /// Reaches ClusterPorts::message() there, in order, or is lost with the link (ClusterPorts::peer_down()).
  /// False: that node is not up.
  bool send_message(const std::string& node, std::string bytes);

  // --- own rows
  Replicator& replicator() { return world_.replicator; }
  const Replicator& replicator() const { return world_.replicator; }
  /// For a row of the shared table that is written here now.
  RowStamp row_stamp(Now now);
  /// A row's stamp from elsewhere: later ones of ours will be greater.
  void observe(RowStamp stamp) { world_.clock.observe({stamp.time, {}}); }

  // --- inspection
  const Membership& membership() const { return world_.membership; }
  bool running(const std::string& node) const { return world_.running(node); }
  /// No member is out of reach.
  bool everybody_runs() const;
  /// A running node has an established link to it.
  bool seen_by_others(const std::string& node) const { return members_.seen_by_somebody(node); }
  /// It told that it stops, before its link went.
  bool said_goodbye(const std::string& node) const {
    const Peer* peer = world_.find(node);
    return peer != nullptr && peer->said_goodbye;
  }
  /// Of the members that run: who was started first. All that see each other agree.
  std::string oldest_running() const;
  PartitionStatus partition() const { return healing_.status(); }
  const std::deque<HealRecord>& heal_log() const { return healing_.log(); }
  /// Name of the node behind a slot; empty for workers and unknown slots.
  std::string_view node_of(Slot slot) const;
  /// The other way round; nothing for nodes that were never heard of.
  std::optional<Slot> slot_of(const std::string& node) const {
    const Peer* peer = world_.find(node);
    return peer == nullptr ? std::nullopt : std::optional(peer->slot);
  }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  void handle(const std::string& node, const wire::Hello& frame, Now now);
  void handle(const std::string& node, const wire::View& frame, Now now) {
    members_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::Left& frame, Now now) {
    members_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::JoinRequest& frame, Now now) {
    joining_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::JoinAccept& frame, Now now) {
    joining_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::JoinRefuse& frame, Now now) {
    joining_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::Goodbye&, Now) { world_.peer(node).said_goodbye = true; }
  void handle(const std::string& node, const wire::HealNow& frame, Now now);
  template <class Heal>
  requires(std::same_as<Heal, wire::Sight> || std::same_as<Heal, wire::HealReport> ||
           std::same_as<Heal, wire::HealBegin> || std::same_as<Heal, wire::HealDone> ||
           std::same_as<Heal, wire::HealOver>) void handle(const std::string& node, const Heal& frame,
                                                           Now now) {
    healing_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::VerifyRequest& frame, Now) {
    verification_.handle(node, frame);
  }
  void handle(const std::string& node, const wire::VerifyReply& frame, Now now) {
    verification_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::Resync& frame, Now) { verification_.handle(node, frame); }
  void handle(const std::string& node, const wire::SharedDigest& frame, Now now) {
    world_.shared_sync.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::SharedRequest& frame, Now) {
    world_.shared_sync.handle(node, frame);
  }
  void handle(const std::string& node, const wire::SharedPart& frame, Now now) {
    for (const wire::SharedRow& row : frame.rows) world_.clock.observe({row.stamp.time, {}});
    world_.shared_sync.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::SyncRequest& frame, Now now);
  void handle(const std::string& node, const wire::Message& frame, Now now);
  template <class Replication>
  void handle(const std::string& node, const Replication& frame, Now) {
    world_.replicator.handle(node, frame);
  }

  Meeting meeting(const wire::Hello& hello) const;
  void refuse_version(const std::string& node, const wire::Hello& hello);
  void meet_other_cluster(const std::string& node, const wire::Hello& hello, Now now);

  World world_;
  Links links_;
  Members members_;
  Joining joining_;
  Healing healing_;
  Verification verification_;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace meshmq::cluster
