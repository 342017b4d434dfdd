#pragma once
// The cluster as one node sees it: who belongs to it, who can be reached, and the replication between them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "cluster/hlc.hpp"
#include "cluster/link_error.hpp"
#include "cluster/membership.hpp"
#include "cluster/ports.hpp"
#include "cluster/replicator.hpp"
#include "cluster/routes.hpp"
#include "cluster/shared_sync.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

struct Settings {
  std::string self;
  std::uint64_t incarnation = 0;
  std::uint32_t own_slots = 1;  ///< this node's workers; other nodes' slots begin behind them
  std::size_t log_entries_max = 100'000;
  Duration redial_min = std::chrono::milliseconds(200);
  Duration redial_max = std::chrono::seconds(5);
  Duration join_wait = std::chrono::seconds(15);
};

/// A peer's link goes: none -> dialing -> linked (Hello sent) -> established (Hello of the same cluster
/// received).
///
///     none --dial()--> dialing --link_up()--> linked --Hello, same cluster--> established
///      ^                  |                     |                                |
///      +-- link_down() ---+---------------------+--------------------------------+   (redial after a growing
///      pause)
///
/// All members dial each other for as long as they are members: that is how a restarted node finds its
/// cluster again. Thread rule: one owner.
class Cluster {
 public:
  Cluster(const Settings& settings, std::string_view image, RouteWriter& routes, ClientRows& clients,
          SharedRows& shared, ClusterPorts& ports, Logger log, std::uint64_t seed, Now now);

  // --- events
  void link_up(const std::string& node, Now now);
  void link_frame(const std::string& node, std::string_view bytes, Now now);
  void link_down(const std::string& node, LinkError error, std::string_view detail, Now now);
  void tick(Now now);
  /// True: call again soon, when what has come meanwhile is handled.
  [[nodiscard]] bool end_of_turn(Now now);

  // --- operators; each ends in ClusterPorts::operation_done()
  void join(OperationId operation, const std::string& node, Now now);
  void leave(OperationId operation, Now now);
  void force_leave(OperationId operation, const std::string& node, Now now);
  void shut_down();

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
  Replicator& replicator() { return replicator_; }
  const Replicator& replicator() const { return replicator_; }
  /// For a row of the shared table that is written here now.
  RowStamp row_stamp(Now now);
  /// A row's stamp from elsewhere: later ones of ours will be greater.
  void observe(RowStamp stamp) { clock_.observe({stamp.time, {}}); }

  // --- inspection
  const Membership& membership() const { return membership_; }
  bool running(const std::string& node) const;
  /// No member is out of reach.
  bool everybody_runs() const;
  /// Name of the node behind a slot; empty for workers and unknown slots.
  std::string_view node_of(Slot slot) const;
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  enum class LinkState : std::uint8_t { none, dialing, linked, established };

  struct Peer {
    Slot slot;
    LinkState link = LinkState::none;
    std::uint64_t incarnation = 0;
    TimePoint next_dial{};
    Duration pause{0};
    /// A linked node that is no member is hung up then, unless it asks to join.
    TimePoint stranger_until{};
    bool hanging_up = false;
    /// Came before the peer was established here: it knew sooner than we that it is a member.
    std::optional<wire::SyncRequest> early_sync{};
    std::vector<std::string> early_messages{};
  };
  /// `cluster join` under way.
  struct Join {
    OperationId operation;
    std::string node;
    TimePoint deadline;
    bool requested = false;
    bool accepted = false;
    std::vector<std::string> running;
  };
  /// `cluster leave` / `force-leave`: done when these links are down, or at the deadline.
  struct Farewell {
    OperationId operation;
    std::vector<std::string> nodes;
    TimePoint deadline;
  };

  Peer& peer(const std::string& node);
  void send(const std::string& node, const wire::Frame& frame);
  void broadcast_view(const std::string& except);
  void save();
  void hang_up(const std::string& node, Peer& peer);

  void handle(const std::string& node, const wire::Hello& frame, Now now);
  void handle(const std::string& node, const wire::View& frame, Now now);
  void handle(const std::string& node, const wire::Left& frame, Now now);
  void handle(const std::string& node, const wire::JoinRequest& frame, Now now);
  void handle(const std::string& node, const wire::JoinAccept& frame, Now now);
  void handle(const std::string& node, const wire::JoinRefuse& frame, Now now);
  void handle(const std::string& node, const wire::SharedDigest& frame, Now now) {
    shared_sync_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::SharedRequest& frame, Now) {
    shared_sync_.handle(node, frame);
  }
  void handle(const std::string& node, const wire::SharedPart& frame, Now now) {
    for (const wire::SharedRow& row : frame.rows) clock_.observe({row.stamp.time, {}});
    shared_sync_.handle(node, frame, now);
  }
  void handle(const std::string& node, const wire::SyncRequest& frame, Now now);
  void handle(const std::string& node, const wire::Message& frame, Now now);
  template <class Replication>
  void handle(const std::string& node, const Replication& frame, Now) {
    replicator_.handle(node, frame);
  }

  void say_hello(const std::string& node);
  void say_hello_to_all();
  Meeting meeting(const wire::Hello& hello) const;
  void meet_other_cluster(const std::string& node, const wire::Hello& hello, Now now);
  void establish(const std::string& node, Peer& peer, Now now);
  void lose(const std::string& node, Peer& peer);
  void membership_changed(const std::string& learned_from, Now now);
  void become_alone(Stamp when, bool sent_away, Now now);
  void dial_members(Now now);
  void dial(const std::string& node, Peer& peer, Now now);
  void check_join(Now now);
  void fail_join(Error error);
  void check_farewells(Now now);
  Stamp stamp(Now now) { return clock_.next(now.wall); }

  Settings settings_;
  ClusterPorts& ports_;
  RouteWriter& routes_;
  Logger log_;
  Random random_;
  HybridClock clock_;
  Membership membership_;
  Replicator replicator_;
  SharedSync shared_sync_;
  std::map<std::string, Peer> peers_;
  std::vector<std::string> names_by_slot_;
  std::optional<Join> join_;
  std::vector<Farewell> farewells_;
  bool shutting_down_ = false;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace meshmq::cluster
