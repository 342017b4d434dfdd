#pragma once
// What the parts of the cluster machine share. For this folder's own files.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "cluster/hlc.hpp"
#include "cluster/membership.hpp"
#include "cluster/ports.hpp"
#include "cluster/replicator.hpp"
#include "cluster/routes.hpp"
#include "cluster/settings.hpp"
#include "cluster/shared_sync.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

/// A peer's link goes: none -> dialing -> linked (Hello sent) -> established (Hello of the same cluster
/// received).
///
///     none --dial()--> dialing --link_up()--> linked --Hello, same cluster--> established
///      ^                  |                     |                                |
///      +-- link_down() ---+---------------------+--------------------------------+   (redial after a growing
///      pause)
enum class LinkState : std::uint8_t { none, dialing, linked, established };

struct Peer {
  Slot slot;
  LinkState link = LinkState::none;
  std::uint64_t incarnation = 0;
  ClusterId cluster{};         ///< as its last Hello says
  std::uint64_t features = 0;  ///< those that both sides know
  TimePoint next_dial{};
  Duration pause{0};
  /// A linked node that is no member is hung up then, unless it asks to join.
  TimePoint stranger_until{};
  bool hanging_up = false;
  bool said_goodbye = false;  ///< it stops, and means it
  /// When the link to this member was lost; not set while it is established.
  std::optional<TimePoint> away_since{};
  std::set<std::string> sees{};  ///< the running members, as it sees them
  /// Came before the peer was established here: it knew sooner than we that it is a member.
  std::optional<wire::SyncRequest> early_sync{};
  std::vector<std::string> early_messages{};

  bool is_up() const { return link == LinkState::established; }
  bool is_linked() const { return link == LinkState::linked || is_up(); }
};

/// State and ways out; the parts (Links, Members, ...) hold the rules. Thread rule: one owner.
struct World {
  World(const Settings& settings_of_node, Membership restored, RouteWriter& route_table, ClientRows& clients,
        SharedRows& shared, ClusterPorts& cluster_ports, Logger logger, std::uint64_t seed)
      : settings(settings_of_node),
        ports(cluster_ports),
        routes(route_table),
        log(logger),
        random(seed),
        clock(settings.self),
        membership(std::move(restored)),
        replicator(settings.incarnation, settings.own_slots, settings.log_entries_max, route_table, clients,
                   shared, cluster_ports, logger),
        shared_sync(shared, cluster_ports),
        names_by_slot(settings.own_slots) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Peer& peer(const std::string& node) {
    const auto [it, inserted] = peers.try_emplace(node);
    if (inserted) {
      it->second.slot = Slot(static_cast<std::uint32_t>(names_by_slot.size()));
      names_by_slot.push_back(node);
    }
    return it->second;
  }
  const Peer* find(const std::string& node) const {
    const auto it = peers.find(node);
    return it == peers.end() ? nullptr : &it->second;
  }
  bool running(const std::string& node) const {
    if (node == settings.self) return true;
    const Peer* known = find(node);
    return known != nullptr && known->is_up();
  }
  /// This node and those it has an established link to, sorted.
  std::set<std::string> running_nodes() const {
    std::set<std::string> result{settings.self};
    for (const auto& [node, p] : peers) {
      if (p.is_up()) result.insert(node);
    }
    return result;
  }
  void send(const std::string& node, const wire::Frame& frame) { ports.send(node, wire::encode(frame)); }
  /// To all running peers.
  void broadcast(const wire::Frame& frame, std::string_view except = {}) {
    for (const auto& [node, p] : peers) {
      if (p.is_up() && node != except) send(node, frame);
    }
  }
  /// `node` has asked for our log.
  void begin_log(const std::string& node, const wire::SyncRequest& frame) {
    replicator.handle(node, frame);
    shared_sync.log_begins(node);
  }
  wire::View view() const { return {membership.id(), membership.records()}; }
  Stamp stamp(Now now) { return clock.next(now.wall); }
  void save() { ports.save(membership.image()); }

  Settings settings;
  ClusterPorts& ports;
  RouteWriter& routes;
  const Logger log;
  Random random;
  HybridClock clock;
  Membership membership;
  Replicator replicator;
  SharedSync shared_sync;
  std::map<std::string, Peer> peers;
  std::vector<std::string> names_by_slot;
  bool shutting_down = false;
};

}  // namespace meshmq::cluster
