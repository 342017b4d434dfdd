#pragma once
// What a topic leads to: destinations, and shared groups with theirs.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::cluster {

/// One destination's share of a shared group. `rank` orders the members' nodes alike on all nodes, so that
/// everybody counts the members in the same order.
struct GroupSlot {
  Slot slot;
  topic::GroupWeight weight{};
  std::uint64_t rank = 0;

  friend bool operator==(const GroupSlot&, const GroupSlot&) = default;
};

/// The answer of a route table, meant to be reused: clear() keeps the memory, so that a match allocates
/// nothing once it has grown. Holds copies: it outlives the table's batch.
class RouteMatch {
 public:
  SlotSet slots;  ///< of ordinary subscribers
  SlotSet away;   ///< would be in `slots`, but cannot be reached now

  struct Group {
    std::string_view name;  ///< `$share/<group>/<filter>`
    std::span<const GroupSlot> slots;
  };

  void clear() {
    slots.clear();
    away.clear();
    groups_.clear();
    names_.clear();
    group_slots_.clear();
  }
  bool has_groups() const { return !groups_.empty(); }
  std::size_t group_count() const { return groups_.size(); }
  /// Borrowed until the next change.
  Group group(std::size_t i) const {
    const Range& range = groups_[i];
    return {std::string_view(names_).substr(range.name_at, range.name_size),
            std::span(group_slots_).subspan(range.slots_at, range.slots_count)};
  }

  // --- for route tables
  void begin_group(std::string_view name) {
    groups_.push_back({names_.size(), name.size(), group_slots_.size(), 0});
    names_ += name;
  }
  void add_to_group(const GroupSlot& slot) {
    group_slots_.push_back(slot);
    ++groups_.back().slots_count;
  }
  /// Forgets the group again if it has no destination.
  void end_group() {
    if (groups_.back().slots_count != 0) return;
    names_.resize(groups_.back().name_at);
    groups_.pop_back();
  }

 private:
  struct Range {
    std::size_t name_at;
    std::size_t name_size;
    std::size_t slots_at;
    std::size_t slots_count;
  };

  std::vector<Range> groups_;
  std::string names_;
  std::vector<GroupSlot> group_slots_;
};

}  // namespace meshmq::cluster
