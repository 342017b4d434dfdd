#include "node/shared_choice.hpp"

#include "base/hash.hpp"

namespace meshmq::node {

using broker::SharedPick;
using broker::SharedStrategy;
using cluster::GroupSlot;
using cluster::RouteMatch;

namespace {

struct Count {
  std::uint64_t online = 0;
  std::uint64_t total = 0;
};

template <class Usable>
Count count(const RouteMatch::Group& group, const Usable& usable) {
  Count sum;
  for (const GroupSlot& slot : group.slots) {
    if (!usable(slot.slot)) continue;
    sum.online += slot.weight.online;
    sum.total += slot.weight.total;
  }
  return sum;
}

std::uint32_t fold(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

SharedChooser::SharedChooser(SharedStrategy strategy, std::uint32_t own_slots, std::uint64_t seed)
    : strategy_(strategy), own_slots_(own_slots), random_(seed), seed_(random_.next()) {
  for (std::uint32_t& turn : turns_) turn = fold(random_.next());
}

std::uint32_t SharedChooser::number_for(const RouteMatch::Group& group, const mqtt::Message& message) {
  const auto turn = [&](std::uint64_t key) { return turns_[key % turns_.size()]++; };
  switch (strategy_) {
    case SharedStrategy::round_robin:
      return turn(hash_mix(hash_bytes(group.name, seed_), hash_bytes(message.publisher(), seed_)));
    case SharedStrategy::round_robin_per_group:
      return turn(hash_bytes(group.name, seed_));
    case SharedStrategy::sticky:
      return fold(hash_mix(hash_bytes(group.name, seed_), hash_bytes(message.publisher(), seed_)));
    // Alike on all nodes: without a seed.
    case SharedStrategy::hash_clientid:
      return fold(hash_bytes(message.publisher()));
    case SharedStrategy::hash_topic:
      return fold(hash_bytes(message.topic()));
    case SharedStrategy::random:
    case SharedStrategy::local:
      break;
  }
  return fold(random_.next());
}

std::optional<SharedChoice> SharedChooser::choose(const RouteMatch::Group& group,
                                                  const mqtt::Message& message, const Usable& usable) {
  const SharedPick pick{.number = number_for(group, message), .sticky = strategy_ == SharedStrategy::sticky};
  if (strategy_ == SharedStrategy::local) {
    const auto own = [&](cluster::Slot slot) { return slot.value < own_slots_ && usable(slot); };
    if (count(group, own).online != 0) return resolve(group, pick, own);
  }
  return resolve(group, pick, usable);
}

std::optional<SharedChoice> SharedChooser::any(const RouteMatch::Group& group, SharedPick pick,
                                               const Usable& usable) {
  pick.number = fold(random_.next());
  pick.sticky = false;
  return resolve(group, pick, usable);
}

std::optional<SharedChoice> SharedChooser::resolve(const RouteMatch::Group& group, SharedPick pick,
                                                   const Usable& usable) {
  const Count sum = count(group, usable);
  if (sum.total == 0) return std::nullopt;
  pick.group = group.name;
  const bool online = sum.online != 0;
  const auto weight = [&](const GroupSlot& slot) {
    if (!usable(slot.slot)) return std::uint32_t{0};
    return online ? slot.weight.online : slot.weight.total;
  };
  if (!online) pick.last_resort = true;
  std::uint64_t index = pick.number % (online ? sum.online : sum.total);
  std::uint64_t key = 0;
  if (pick.sticky) {
    key = hash_mix(hash_bytes(group.name, seed_), pick.number);
    if (const std::uint32_t* known = sticky_.find(key)) {
      for (const GroupSlot& slot : group.slots) {
        if (slot.slot.value == *known && weight(slot) != 0) return SharedChoice{slot.slot, pick};
      }
    }
    index = random_.below(online ? sum.online : sum.total);
  }
  for (const GroupSlot& slot : group.slots) {
    const std::uint32_t members = weight(slot);
    if (index >= members) {
      index -= members;
      continue;
    }
    if (pick.sticky) {
      sticky_.set(key, slot.slot.value);
    } else {
      pick.number = static_cast<std::uint32_t>(index);
    }
    return SharedChoice{slot.slot, pick};
  }
  return std::nullopt;
}

}  // namespace meshmq::node
