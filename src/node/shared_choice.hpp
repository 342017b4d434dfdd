#pragma once
// Which destination gets a message for a shared group.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/random.hpp"
#include "broker/shared_pick.hpp"
#include "broker/sticky_table.hpp"
#include "cluster/route_match.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

/// A destination of a group and the pick that it is to carry out.
struct SharedChoice {
  cluster::Slot slot;
  broker::SharedPick pick;
};

/// The strategies of broker.shared_subscription_strategy as arithmetic: members of a group are numbered
/// through all destinations, in the order of ranks, and a strategy makes a number. So the choice is fair per
/// member, whatever their spread over nodes and workers, and the same on every node for the same number.
/// Members without connection are counted only if nobody is connected. Thread rule: one owner.
class SharedChooser {
 public:
  /// True if a message may go there now.
  using Usable = std::function<bool(cluster::Slot)>;

  /// Slots below `own_slots` are this node's.
  SharedChooser(broker::SharedStrategy strategy, std::uint32_t own_slots, std::uint64_t seed);

  /// For a message that was published here.
  std::optional<SharedChoice> choose(const cluster::RouteMatch::Group& group, const mqtt::Message& message,
                                     const Usable& usable);
  /// For a pick that somebody else has made: which of the usable destinations is meant. Its number is reduced
  /// to the members of that destination.
  std::optional<SharedChoice> resolve(const cluster::RouteMatch::Group& group, broker::SharedPick pick,
                                      const Usable& usable);
  /// Any member of the usable destinations.
  std::optional<SharedChoice> any(const cluster::RouteMatch::Group& group, broker::SharedPick pick,
                                  const Usable& usable);

 private:
  std::uint32_t number_for(const cluster::RouteMatch::Group& group, const mqtt::Message& message);

  broker::SharedStrategy strategy_;
  std::uint32_t own_slots_;
  Random random_;
  std::uint64_t seed_;
  /// Counters of round_robin by the hash of publisher and group; those that meet share one.
  std::array<std::uint32_t, 4096> turns_;
  broker::StickyTable sticky_;  ///< -> slot
};

}  // namespace meshmq::node
