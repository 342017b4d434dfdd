#include "node/own_routes.hpp"

#include "base/hash.hpp"

namespace meshmq::node {

void OwnRoutes::add(const SubscribeRequest& request) {
  for (const broker::SubscribeFilter& filter : request.filters) {
    if (!filter.add_route) continue;
    const bool first = !ours(filter.filter);
    if (!routes_.add(filter.filter, Slot(request.worker.value))) continue;
    if (first) {
      replicator_.append_route(filter.filter, true);
    } else {
      replicator_.note_local_change();
    }
  }
}

void OwnRoutes::remove(const UnrouteRequest& request) {
  if (!routes_.remove(request.filter, Slot(request.worker.value))) return;
  if (ours(request.filter)) {
    replicator_.note_local_change();
  } else {
    replicator_.append_route(request.filter, false);
  }
}

void OwnRoutes::set_group(const GroupRequest& request) {
  const topic::GroupWeight before = own_weight(request.group);
  const std::uint64_t rank = hash_bytes(config_.name);
  if (!routes_.set_group(request.group, {Slot(request.worker.value), request.weight, rank})) return;
  replicator_.note_local_change();
  // The first and the last member are told of at once: a SUBACK waits for the row.
  const topic::GroupWeight now = own_weight(request.group);
  const auto known = told_groups_.try_emplace(request.group, before).first;
  if ((known->second.total == 0) != (now.total == 0)) {
    replicator_.append_group(request.group, known->second, now);
    told_groups_.erase(known);
  }
}

void OwnRoutes::end_of_turn() {
  for (const auto& [group, before] : told_groups_) {
    const topic::GroupWeight now = own_weight(group);
    if (now != before) replicator_.append_group(group, before, now);
  }
  told_groups_.clear();
}

bool OwnRoutes::ours(std::string_view filter) const {
  bool result = false;
  routes_.slots_of(filter).for_each([&](Slot slot) { result = result || slot.value < config_.workers; });
  return result;
}

topic::GroupWeight OwnRoutes::own_weight(std::string_view group) const {
  topic::GroupWeight sum;
  for (std::uint16_t i = 0; i < config_.workers; ++i) {
    const topic::GroupWeight weight = routes_.group_weight(group, Slot(i));
    sum.online += weight.online;
    sum.total += weight.total;
  }
  return sum;
}

}  // namespace meshmq::node
