#pragma once
// Sets of destinations, each stored once: thousands of filters share a handful of sets.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cluster/slot.hpp"

namespace meshmq::cluster {

/// Names a set inside its pool. 0 is the empty set.
using SlotSetId = std::uint32_t;

/// Interned, reference-counted sets: a route's value is a 4-byte id, whatever the number of nodes.
/// Thread rule: one writer; get() may run beside other get()s, not beside changes.
class SlotSetPool {
 public:
  SlotSetPool();

  const SlotSet& get(SlotSetId id) const { return entries_[id].set; }

  /// The ids of `id`'s set with or without one slot. The caller's reference to `id` becomes one to the
  /// result.
  SlotSetId with(SlotSetId id, Slot slot);
  SlotSetId without(SlotSetId id, Slot slot);

  /// Distinct sets in use, the empty one included.
  std::size_t size() const { return entries_.size() - free_.size(); }

 private:
  struct Entry {
    SlotSet set;
    std::uint32_t refs = 0;
  };

  SlotSetId intern(SlotSet set);
  void drop(SlotSetId id);
  static std::uint64_t hash(const SlotSet& set);

  std::vector<Entry> entries_;
  std::vector<SlotSetId> free_;
  std::unordered_multimap<std::uint64_t, SlotSetId> by_hash_;
};

}  // namespace meshmq::cluster
