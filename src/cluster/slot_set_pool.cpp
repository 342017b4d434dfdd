#include "cluster/slot_set_pool.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace meshmq::cluster {

SlotSetPool::SlotSetPool() {
  entries_.push_back({{}, 1});
}

std::uint64_t SlotSetPool::hash(const SlotSet& set) {
  std::uint64_t h = 0;
  set.for_each([&](Slot slot) { h = hash_mix(h, slot.value + 1); });
  return h;
}

SlotSetId SlotSetPool::intern(SlotSet set) {
  if (set.empty()) return 0;
  const std::uint64_t h = hash(set);
  const auto [first, last] = by_hash_.equal_range(h);
  for (auto it = first; it != last; ++it) {
    if (entries_[it->second].set == set) {
      ++entries_[it->second].refs;
      return it->second;
    }
  }
  SlotSetId id;
  if (free_.empty()) {
    id = static_cast<SlotSetId>(entries_.size());
    entries_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  entries_[id] = {std::move(set), 1};
  by_hash_.emplace(h, id);
  return id;
}

void SlotSetPool::drop(SlotSetId id) {
  if (id == 0) return;
  Entry& entry = entries_[id];
  MESHMQ_ASSERT(entry.refs > 0, "a set is dropped more often than it was taken");
  if (--entry.refs > 0) return;
  const auto [first, last] = by_hash_.equal_range(hash(entry.set));
  for (auto it = first; it != last; ++it) {
    if (it->second == id) {
      by_hash_.erase(it);
      break;
    }
  }
  entry.set = {};
  free_.push_back(id);
}

SlotSetId SlotSetPool::with(SlotSetId id, Slot slot) {
  SlotSet set = entries_[id].set;
  set.insert(slot);
  const SlotSetId result = intern(std::move(set));
  drop(id);
  return result;
}

SlotSetId SlotSetPool::without(SlotSetId id, Slot slot) {
  SlotSet set = entries_[id].set;
  set.erase(slot);
  const SlotSetId result = intern(std::move(set));
  drop(id);
  return result;
}

}  // namespace meshmq::cluster
