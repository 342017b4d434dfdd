#pragma once
// The shared groups of a route table: filter -> its groups -> their destinations.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/route_match.hpp"

namespace meshmq::cluster {

/// The groups of one filter; 0: none.
using GroupListId = std::uint32_t;

/// Groups are few next to ordinary routes, so that a route carries a number only. A list exists as long as it
/// has a group, a group as long as it has a destination. Thread rule: as the route table that owns it.
class GroupTable {
 public:
  /// The group's share of `slot.slot` becomes `slot`; total 0 takes it out. Returns the list's id from now
  /// on.
  GroupListId set(GroupListId list, std::string_view name, const GroupSlot& slot);
  /// nullptr if there is none.
  const GroupSlot* find(GroupListId list, std::string_view name, Slot slot) const;

  /// Appends all groups of the list, with their live destinations.
  void match(GroupListId list, const SlotSet& live, RouteMatch& out) const;
  /// The same for this one; returns whether there is such a group.
  bool match(GroupListId list, std::string_view name, const SlotSet& live, RouteMatch& out) const;

  /// visit(name, GroupSlot) for every destination of the list's groups.
  template <class Visit>
  void for_each(GroupListId list, Visit&& visit) const {
    for (const Group& group : lists_[list]) {
      for (const GroupSlot& slot : group.slots) visit(std::string_view(group.name), slot);
    }
  }

 private:
  struct Group {
    std::string name;
    std::vector<GroupSlot> slots;  ///< by rank, then slot
  };
  using List = std::vector<Group>;

  static void set_slot(Group& group, const GroupSlot& slot);
  static void append(const Group& group, const SlotSet& live, RouteMatch& out);

  std::vector<List> lists_{1};
  std::vector<GroupListId> free_;
};

}  // namespace meshmq::cluster
