#include "cluster/group_table.hpp"

#include <algorithm>
#include <tuple>

namespace meshmq::cluster {

void GroupTable::set_slot(Group& group, const GroupSlot& slot) {
  std::erase_if(group.slots, [&](const GroupSlot& s) { return s.slot == slot.slot; });
  if (slot.weight.total == 0) return;
  const auto before = [](const GroupSlot& a, const GroupSlot& b) {
    return std::tie(a.rank, a.slot) < std::tie(b.rank, b.slot);
  };
  group.slots.insert(std::upper_bound(group.slots.begin(), group.slots.end(), slot, before), slot);
}

GroupListId GroupTable::set(GroupListId id, std::string_view name, const GroupSlot& slot) {
  if (id == 0) {
    if (free_.empty()) {
      id = static_cast<GroupListId>(lists_.size());
      lists_.emplace_back();
    } else {
      id = free_.back();
      free_.pop_back();
    }
  }
  List& list = lists_[id];
  auto it = std::find_if(list.begin(), list.end(), [&](const Group& g) { return g.name == name; });
  if (it == list.end()) it = list.insert(list.end(), Group{std::string(name), {}});
  set_slot(*it, slot);
  if (it->slots.empty()) list.erase(it);
  if (!list.empty()) return id;
  free_.push_back(id);
  return 0;
}

const GroupSlot* GroupTable::find(GroupListId id, std::string_view name, Slot slot) const {
  for (const Group& group : lists_[id]) {
    if (group.name != name) continue;
    const auto it = std::find_if(group.slots.begin(), group.slots.end(),
                                 [&](const GroupSlot& s) { return s.slot == slot; });
    return it == group.slots.end() ? nullptr : &*it;
  }
  return nullptr;
}

void GroupTable::append(const Group& group, const SlotSet& live, RouteMatch& out) {
  out.begin_group(group.name);
  for (const GroupSlot& slot : group.slots) {
    if (live.contains(slot.slot)) out.add_to_group(slot);
  }
  out.end_group();
}

void GroupTable::match(GroupListId id, const SlotSet& live, RouteMatch& out) const {
  for (const Group& group : lists_[id]) append(group, live, out);
}

bool GroupTable::match(GroupListId id, std::string_view name, const SlotSet& live, RouteMatch& out) const {
  for (const Group& group : lists_[id]) {
    if (group.name != name) continue;
    append(group, live, out);
    return true;
  }
  return false;
}

}  // namespace meshmq::cluster
