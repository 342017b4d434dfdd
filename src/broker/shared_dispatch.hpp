#pragma once
// Hands a message to one member of each group that it was picked for.

#include <cstdint>
#include <span>

#include "base/time.hpp"
#include "broker/config.hpp"
#include "broker/delivery.hpp"
#include "broker/metrics.hpp"
#include "broker/observation.hpp"
#include "broker/ports.hpp"
#include "broker/publish_frames.hpp"
#include "broker/shared_groups.hpp"
#include "broker/shared_pick.hpp"
#include "broker/sticky_table.hpp"
#include "mqtt/message.hpp"

namespace meshmq::broker {

/// The last step of a choice ([MQTT5 4.8.2]): the picked member, or the next one if that one is slow or its
/// queue is full. A member without connection gets a message only if there is nobody else in the whole
/// cluster: others are asked first (Router::pass_on). A client that is in several groups, or subscribed
/// besides, gets one copy for each. Thread rule: one owner.
class SharedDispatch {
 public:
  SharedDispatch(const Config& config, SharedGroups& groups, Delivery& delivery, Metrics& metrics,
                 Observation& observation, Router& router, std::uint64_t seed)
      : config_(config),
        groups_(groups),
        delivery_(delivery),
        metrics_(metrics),
        observation_(observation),
        router_(router),
        frames_(metrics),
        seed_(seed) {}

  /// Returns how many members took the message.
  std::size_t deliver(const mqtt::MessagePtr& message, std::span<const SharedPick> picks, Now now);

 private:
  /// So many members are tried: a group in which all are slow must not cost a walk through all of them.
  static constexpr std::uint32_t tries_max = 32;

  bool deliver_one(const mqtt::MessagePtr& message, const SharedPick& pick, Now now);
  /// Index of the first to be tried among `count` members.
  std::uint32_t start_at(SharedGroup& group, const SharedPick& pick, std::uint32_t count);
  /// Tries the first `count` members, beginning with `start`, until one has a place.
  bool try_members(SharedGroup& group, std::uint32_t count, std::uint32_t start,
                   const mqtt::MessagePtr& message, Now now);
  bool give(SharedGroup& group, const GroupMember& member, const mqtt::MessagePtr& message, Now now);

  const Config& config_;
  SharedGroups& groups_;
  Delivery& delivery_;
  Metrics& metrics_;
  Observation& observation_;
  Router& router_;
  PublishFrames frames_;
  StickyTable sticky_;  ///< -> GroupMember::id
  std::uint64_t seed_;
};

}  // namespace meshmq::broker
