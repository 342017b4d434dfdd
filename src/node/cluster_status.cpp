#include "node/cluster_status.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::node {

ClusterStatus cluster_status(const std::string& self, const cluster::Cluster& cluster) {
  ClusterStatus result;
  result.running_nodes.push_back(self);
  for (const std::string& node : cluster.membership().others()) {
    (cluster.running(node) ? result.running_nodes : result.stopped_nodes).push_back(node);
  }
  std::sort(result.running_nodes.begin(), result.running_nodes.end());
  cluster::PartitionStatus partition = cluster.partition();
  result.partitions = std::move(partition.views);
  result.apart = std::move(partition.apart);
  return result;
}

}  // namespace meshmq::node
