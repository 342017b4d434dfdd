#include "cluster/route_table.hpp"

#include "topic/shared_filter.hpp"

namespace meshmq::cluster {

namespace {

/// The filter within `$share/<group>/<filter>`; empty if it is none.
std::string_view filter_of(std::string_view group) {
  const auto shared = topic::parse_shared(group);
  return shared ? shared->filter : std::string_view();
}

}  // namespace

void RouteTable::match(std::string_view topic, RouteMatch& out) const {
  filters_.match(topic, [&](const Row& row) {
    out.slots.unite(sets_.get(row.slots));
    if (row.groups != 0) groups_.match(row.groups, live_, out);
  });
  if (some_away_) {
    out.away.unite(out.slots);
    out.away.intersect(away_);
  }
  out.slots.intersect(live_);
}

bool RouteTable::match_group(std::string_view group, RouteMatch& out) const {
  const Row* row = filters_.find(filter_of(group));
  return row != nullptr && row->groups != 0 && groups_.match(row->groups, group, live_, out);
}

bool RouteTable::add(std::string_view filter, Slot slot) {
  Row& row = filters_.insert(filter).first;
  if (sets_.get(row.slots).contains(slot)) return false;
  row.slots = sets_.with(row.slots, slot);
  return true;
}

bool RouteTable::remove(std::string_view filter, Slot slot) {
  Row* row = filters_.find(filter);
  if (row == nullptr || !sets_.get(row->slots).contains(slot)) return false;
  row->slots = sets_.without(row->slots, slot);
  if (row->empty()) filters_.erase(filter);
  return true;
}

void RouteTable::for_each(const std::function<void(std::string_view, const SlotSet&)>& visit) const {
  filters_.for_each([&](std::string_view filter, const Row& row) {
    if (row.slots != 0) visit(filter, sets_.get(row.slots));
  });
}

SlotSet RouteTable::slots_of(std::string_view filter) const {
  const Row* row = filters_.find(filter);
  return row == nullptr ? SlotSet() : sets_.get(row->slots);
}

bool RouteTable::set_group(std::string_view group, const GroupSlot& slot) {
  if (slot.weight == group_weight(group, slot.slot)) return false;
  const std::string_view filter = filter_of(group);
  if (filter.empty()) return false;
  Row& row = filters_.insert(filter).first;
  row.groups = groups_.set(row.groups, group, slot);
  if (row.empty()) filters_.erase(filter);
  return true;
}

topic::GroupWeight RouteTable::group_weight(std::string_view group, Slot slot) const {
  const Row* row = filters_.find(filter_of(group));
  const GroupSlot* found = row == nullptr ? nullptr : groups_.find(row->groups, group, slot);
  return found == nullptr ? topic::GroupWeight() : found->weight;
}

void RouteTable::for_each_group(const std::function<void(std::string_view, const GroupSlot&)>& visit) const {
  filters_.for_each([&](std::string_view, const Row& row) {
    if (row.groups != 0) groups_.for_each(row.groups, visit);
  });
}

void RouteTable::set_live(Slot slot, bool live) {
  if (live) {
    live_.insert(slot);
    away_.erase(slot);
  } else {
    if (live_.contains(slot)) away_.insert(slot);
    live_.erase(slot);
  }
  some_away_ = !away_.empty();
}

}  // namespace meshmq::cluster
