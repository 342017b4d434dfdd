#pragma once
// The members of the cluster as this node sees them.

#include <string>
#include <vector>

#include "cluster/cluster.hpp"

namespace meshmq::node {

/// What `cluster status` prints; the first two sorted.
struct ClusterStatus {
  std::vector<std::string> running_nodes;
  std::vector<std::string> stopped_nodes;
  /// While the cluster is split: the different views of who is running.
  std::vector<std::vector<std::string>> partitions{};
  std::vector<std::string> apart{};  ///< reachable, but kept apart by cluster.autoheal = off
};

ClusterStatus cluster_status(const std::string& self, const cluster::Cluster& cluster);

}  // namespace meshmq::node
