#include "server/discovery_setup.hpp"

namespace meshmq::server {

discovery::Options discovery_options(const config::Config& config) {
  return {.provider = config.node.discovery.provider,
          .node = config.node.name,
          .cookie = config.mesh.cookie,
          .cluster = config.discovery.cluster,
          .seeds = config.discovery.seeds};
}

}  // namespace meshmq::server
