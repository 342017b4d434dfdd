#pragma once
// Messages of one worker on their way to members of shared groups.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "broker/ports.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/parcel.hpp"
#include "node/shared_choice.hpp"

namespace meshmq::node {

/// How parcels leave; implemented by the worker.
class ParcelPort {
 public:
  virtual ~ParcelPort() = default;
  /// To another worker, a node, or, later in this turn, to the worker's own clients. Returns whether somebody
  /// will confirm the token.
  virtual bool send(cluster::Slot slot, Parcel parcel, broker::Token token) = 0;
  /// False: a node that cannot be reached, although the route table does not say so yet.
  virtual bool usable(cluster::Slot slot) const = 0;
};

/// Chooses destinations, and other ones if the first have no member any more: memberships change while a
/// message is under way. Such a message is passed on from what the worker without members knows, at once a
/// few times, then after a pause; so it reaches a member as long as there is one that can be reached, and is
/// dropped and counted if the group is gone. Thread rule: one owner. Limits: `parked_max` messages wait,
/// cluster.forward_keep long.
class SharedRouting {
 public:
  static constexpr std::uint8_t attempts_at_once = 3;
  static constexpr std::size_t parked_max = 10'000;
  /// A group that nobody knows may be one that nobody knows yet. (It may also be one of a node that is away:
  /// then cluster.forward_keep counts.)
  static constexpr Duration unknown_wait = std::chrono::seconds(1);

  SharedRouting(const Config& config, cluster::Slot self, const cluster::RouteReader& routes,
                ParcelPort& port, std::uint64_t seed);

  /// Chooses for every group of the match; forgets what was chosen before.
  void pick(const cluster::RouteMatch& match, const mqtt::Message& message);
  /// Chooses among this node's workers what another node has picked this node for.
  void resolve(const Parcel& parcel, Now now);
  /// Adds the destinations that were chosen.
  void add_slots(cluster::SlotSet& slots) const;
  /// What was chosen for one destination; borrowed until the next call.
  std::span<const broker::SharedPick> picks_for(cluster::Slot slot);

  /// See broker::Router.
  bool pass_on(const mqtt::MessagePtr& message, const broker::SharedPick& pick, bool has_members, Now now);
  /// A message that its member, or the node of its member, did not acknowledge. Returns whether somebody will
  /// confirm the token.
  bool redispatch(const mqtt::MessagePtr& message, std::string_view group, broker::Token token, Now now);
  /// Tries again what has waited. `complete`: no member of the cluster is out of reach.
  void tick(bool complete, Now now);

  /// Messages for which no member was found.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Parked {
    mqtt::MessagePtr message;
    std::string group;
    TimePoint since;
  };

  bool send(const SharedChoice& choice, const mqtt::MessagePtr& message, broker::Token token);
  void park(const mqtt::MessagePtr& message, std::string_view group, Now now);

  const Config& config_;
  cluster::Slot self_;
  const cluster::RouteReader& routes_;
  ParcelPort& port_;
  SharedChooser chooser_;
  std::vector<SharedChoice> choices_;
  std::vector<broker::SharedPick> picks_;  ///< scratch of picks_for()
  cluster::RouteMatch group_match_;        ///< scratch
  std::deque<Parked> parked_;
  std::uint64_t dropped_ = 0;
};

}  // namespace meshmq::node
