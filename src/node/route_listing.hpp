#pragma once
// The route table as operators see it: filters and the names of live nodes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"

namespace meshmq::node {

struct Route {
  std::string filter;
  std::string node;
};

/// The share that a node has in a shared group.
struct GroupRoute {
  std::string group;  ///< `$share/<group>/<filter>`
  std::string node;
  std::uint32_t online = 0;
  std::uint32_t members = 0;
};

/// How a message would travel. All sorted.
struct MatchedRoutes {
  std::vector<Route> routes;       ///< each node gets it once
  std::vector<GroupRoute> groups;  ///< one member of each gets it
  std::vector<Route> away;         ///< kept for them, at QoS 1 and 2
};

struct RouteCounts {
  std::size_t routes = 0;  ///< (filter, node) pairs
  std::size_t topics = 0;  ///< distinct filters
};

/// Reads the whole table at each call. Thread rule: one owner.
class RouteListing {
 public:
  RouteListing(const Config& config, const cluster::RouteWriter& routes, const cluster::Cluster& cluster)
      : config_(config), routes_(routes), cluster_(cluster) {}

  /// Sorted by filter, then node. Several groups of a filter on one node, or a group and ordinary
  /// subscribers, are one route.
  std::vector<Route> routes() const;
  /// Routes of members that are away: messages are kept for them.
  std::vector<Route> away() const;
  /// What a message to this topic would do.
  MatchedRoutes match(std::string_view topic) const;
  /// The wildcard filters, sorted.
  std::vector<std::string> trie() const;
  RouteCounts counts() const;
  /// Equal on nodes that agree.
  std::uint64_t digest() const;

 private:
  /// Calls visit(filter or group, node) once for every pair of it, in no order.
  template <class Visit>
  void for_each(Visit&& visit) const;
  std::string_view live_node(cluster::Slot slot) const;

  const Config& config_;
  const cluster::RouteWriter& routes_;
  const cluster::Cluster& cluster_;
};

}  // namespace meshmq::node
