#include "node/route_listing.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/hash.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::node {

namespace {

std::string_view filter_of(std::string_view key) {
  const auto shared = topic::parse_shared(key);
  return shared ? shared->filter : key;
}

}  // namespace

template <class Visit>
void RouteListing::for_each(Visit&& visit) const {
  routes_.for_each([&](std::string_view filter, const cluster::SlotSet& slots) {
    bool own = false;
    slots.for_each([&](cluster::Slot slot) {
      if (slot.value < config_.workers && std::exchange(own, true)) return;
      if (const std::string_view node = live_node(slot); !node.empty()) visit(filter, node);
    });
  });
  // All destinations of a group follow each other, own ones together.
  std::string_view own_group;
  routes_.for_each_group([&](std::string_view group, const cluster::GroupSlot& member) {
    if (member.slot.value < config_.workers && std::exchange(own_group, group) == group) return;
    if (const std::string_view node = live_node(member.slot); !node.empty()) visit(group, node);
  });
}

std::string_view RouteListing::live_node(cluster::Slot slot) const {
  if (slot.value < config_.workers) return config_.name;
  const std::string_view node = cluster_.node_of(slot);
  return cluster_.running(std::string(node)) ? node : std::string_view();
}

std::vector<Route> RouteListing::routes() const {
  std::vector<Route> result;
  for_each([&](std::string_view key, std::string_view node) {
    result.push_back({std::string(filter_of(key)), std::string(node)});
  });
  std::sort(result.begin(), result.end(), [](const Route& a, const Route& b) {
    return std::tie(a.filter, a.node) < std::tie(b.filter, b.node);
  });
  const auto same = [](const Route& a, const Route& b) { return a.filter == b.filter && a.node == b.node; };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

std::vector<Route> RouteListing::away() const {
  std::vector<Route> result;
  routes_.for_each([&](std::string_view filter, const cluster::SlotSet& slots) {
    slots.for_each([&](cluster::Slot slot) {
      if (!live_node(slot).empty()) return;
      result.push_back({std::string(filter), std::string(cluster_.node_of(slot))});
    });
  });
  return result;
}

MatchedRoutes RouteListing::match(std::string_view topic) const {
  const auto by_filter = [](const Route& a, const Route& b) {
    return std::tie(a.filter, a.node) < std::tie(b.filter, b.node);
  };
  MatchedRoutes result;
  for_each([&](std::string_view key, std::string_view node) {
    if (!topic::is_shared(key) && topic::matches(key, topic))
      result.routes.push_back({std::string(key), std::string(node)});
  });
  std::sort(result.routes.begin(), result.routes.end(), by_filter);
  std::map<std::pair<std::string_view, std::string_view>, topic::GroupWeight> weights;
  routes_.for_each_group([&](std::string_view group, const cluster::GroupSlot& member) {
    const std::string_view node = live_node(member.slot);
    if (node.empty() || !topic::matches(filter_of(group), topic)) return;
    topic::GroupWeight& sum = weights[{group, node}];
    sum.online += member.weight.online;
    sum.total += member.weight.total;
  });
  for (const auto& [key, sum] : weights) {
    result.groups.push_back({std::string(key.first), std::string(key.second), sum.online, sum.total});
  }
  result.away = away();
  std::erase_if(result.away, [&](const Route& route) { return !topic::matches(route.filter, topic); });
  std::sort(result.away.begin(), result.away.end(), by_filter);
  return result;
}

std::vector<std::string> RouteListing::trie() const {
  std::set<std::string> filters;
  for_each([&](std::string_view key, std::string_view) {
    if (topic::has_wildcard(filter_of(key))) filters.emplace(filter_of(key));
  });
  return {filters.begin(), filters.end()};
}

RouteCounts RouteListing::counts() const {
  RouteCounts result;
  std::string_view last;
  for_each([&](std::string_view filter, std::string_view) {
    if (result.routes++ == 0 || filter != last) ++result.topics;
    last = filter;
  });
  return result;
}

std::uint64_t RouteListing::digest() const {
  std::uint64_t result = 0;
  const auto add = [&](std::string_view key, std::string_view node, std::uint64_t value) {
    result ^= hash_mix(hash_mix(hash_bytes(key), hash_bytes(node)), value);
  };
  for_each([&](std::string_view key, std::string_view node) { add(key, node, 0); });
  std::map<std::pair<std::string_view, std::string_view>, topic::GroupWeight> weights;
  routes_.for_each_group([&](std::string_view group, const cluster::GroupSlot& member) {
    topic::GroupWeight& sum = weights[{group, live_node(member.slot)}];
    sum.online += member.weight.online;
    sum.total += member.weight.total;
  });
  for (const auto& [key, sum] : weights) {
    add(key.first, key.second, std::uint64_t{sum.online} << 32 | sum.total);
  }
  return result;
}

}  // namespace meshmq::node
