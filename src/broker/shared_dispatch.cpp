#include "broker/shared_dispatch.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace meshmq::broker {

std::size_t SharedDispatch::deliver(const mqtt::MessagePtr& message, std::span<const SharedPick> picks,
                                    Now now) {
  if (picks.empty()) return 0;
  // [MQTT-3.3.2-5]
  if (message->expired(now.wall)) {
    ++metrics_.messages_dropped;
    ++metrics_.messages_dropped_expired;
    if (observation_.topics.any()) observation_.topics.dropped(message->topic());
    return 0;
  }
  frames_.begin(*message, observation_.looks_at(*message, now), now);
  std::size_t count = 0;
  for (const SharedPick& pick : picks) {
    if (deliver_one(message, pick, now)) ++count;
  }
  observation_.count(*message, frames_.finish(), now);
  return count;
}

bool SharedDispatch::deliver_one(const mqtt::MessagePtr& message, const SharedPick& pick, Now now) {
  SharedGroup* group = groups_.find(pick.group);
  if (group == nullptr || group->members.empty()) {
    router_.pass_on(message, pick, false);
    return false;
  }
  const std::uint32_t online = group->online;
  const auto away = static_cast<std::uint32_t>(group->members.size()) - online;
  const std::uint32_t start = online == 0 ? 0 : start_at(*group, pick, online);
  if (online != 0 && try_members(*group, online, start, message, now)) return true;
  if (!pick.last_resort && router_.pass_on(message, pick, true)) return false;
  // Nobody in the cluster has a place for it: it waits for a client who is there rather than for one who may
  // come, and pushes out what is older.
  if (online != 0) return give(*group, group->members[start], message, now);
  const std::uint32_t start_away = pick.number % away;
  return try_members(*group, away, start_away, message, now) ||
         give(*group, group->members[start_away], message, now);
}

std::uint32_t SharedDispatch::start_at(SharedGroup& group, const SharedPick& pick, std::uint32_t count) {
  if (!pick.sticky) return pick.number % count;
  const std::uint64_t key = hash_mix(hash_bytes(pick.group, seed_), pick.number);
  if (const std::uint32_t* id = sticky_.find(key)) {
    const auto end = group.members.begin() + count;
    const auto it = std::find_if(group.members.begin(), end, [&](const auto& m) { return m.id == *id; });
    if (it != end) return static_cast<std::uint32_t>(it - group.members.begin());
  }
  const auto index = static_cast<std::uint32_t>(hash_mix(key, group.last_id) % count);
  sticky_.set(key, group.members[index].id);
  return index;
}

bool SharedDispatch::try_members(SharedGroup& group, std::uint32_t count, std::uint32_t start,
                                 const mqtt::MessagePtr& message, Now now) {
  const std::uint32_t tries = std::min(count, tries_max);
  for (std::uint32_t i = 0; i < tries; ++i) {
    const GroupMember& member = group.members[(start + i) % count];
    const mqtt::QoS qos = delivery_.qos_for(*member.session, message->qos(), member.options.qos());
    if (!delivery_.has_place(*member.session, message->topic(), qos,
                             config_.shared_dispatch_ack && member.session->online))
      continue;
    // Not taken: too large for this client, perhaps not for the next one.
    if (give(group, member, message, now)) return true;
  }
  return false;
}

bool SharedDispatch::give(SharedGroup& group, const GroupMember& member, const mqtt::MessagePtr& message,
                          Now now) {
  const SubscriptionOptions options = member.options;
  // Only an exclusive subscription has it: there is nobody else to get the message.
  if (options.no_local && message->publisher() == member.session->client_id) {
    ++metrics_.delivery_dropped;
    ++metrics_.delivery_dropped_no_local;
    return true;
  }
  const Delivery::Grant grant{delivery_.qos_for(*member.session, message->qos(), options.qos()),
                              options.retain_as_published && message->retain(), group.name.get()};
  return delivery_.deliver(*member.session, message, grant, SubscriptionIds(options.subscription_id), frames_,
                           now);
}

}  // namespace meshmq::broker
