#include "cluster/route_table.hpp"

namespace meshmq::cluster {

void RouteTable::match(std::string_view topic, SlotSet& out) const {
  filters_.match(topic, [&](const SlotSetId& id) { out.unite(sets_.get(id)); });
  out.intersect(live_);
}

bool RouteTable::add(std::string_view filter, Slot slot) {
  SlotSetId& id = filters_.insert(filter).first;
  if (sets_.get(id).contains(slot)) return false;
  id = sets_.with(id, slot);
  return true;
}

bool RouteTable::remove(std::string_view filter, Slot slot) {
  SlotSetId* id = filters_.find(filter);
  if (id == nullptr || !sets_.get(*id).contains(slot)) return false;
  *id = sets_.without(*id, slot);
  if (*id == 0) filters_.erase(filter);
  return true;
}

void RouteTable::for_each(const std::function<void(std::string_view, const SlotSet&)>& visit) const {
  filters_.for_each([&](std::string_view filter, const SlotSetId& id) { visit(filter, sets_.get(id)); });
}

SlotSet RouteTable::slots_of(std::string_view filter) const {
  const SlotSetId* id = filters_.find(filter);
  return id == nullptr ? SlotSet() : sets_.get(*id);
}

void RouteTable::set_live(Slot slot, bool live) {
  if (live) {
    live_.insert(slot);
  } else {
    live_.erase(slot);
  }
}

}  // namespace meshmq::cluster
