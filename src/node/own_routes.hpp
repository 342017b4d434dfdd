#pragma once
// What this node's workers have subscribers of: into the route table, and as rows to the other nodes.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cluster/replicator.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"

namespace meshmq::node {

/// The first worker of a filter on this node makes a row, the last one ends it. Thread rule: one owner.
class OwnRoutes {
 public:
  OwnRoutes(const Config& config, cluster::RouteWriter& routes, cluster::Replicator& replicator)
      : config_(config), routes_(routes), replicator_(replicator) {}

  void add(const SubscribeRequest& request);
  void remove(const UnrouteRequest& request);
  void set_group(const GroupRequest& request);
  /// Members that came and went within a turn are told of once.
  void end_of_turn();

 private:
  bool ours(std::string_view filter) const;
  topic::GroupWeight own_weight(std::string_view group) const;

  const Config& config_;
  cluster::RouteWriter& routes_;
  cluster::Replicator& replicator_;
  /// What the peers were told of groups that have changed in this turn.
  std::map<std::string, topic::GroupWeight, std::less<>> told_groups_;
};

}  // namespace meshmq::node
