#include "server/discovery_setup.hpp"

namespace meshmq::server {

discovery::Options discovery_options(const config::Config& config) {
  const config::Multicast& mcast = config.discovery.mcast;
  return {.provider = config.node.discovery.provider,
          .node = config.node.name,
          .cookie = config.mesh.cookie,
          .cluster = config.discovery.cluster,
          .seeds = config.discovery.seeds,
          .mcast = {.addr = mcast.addr,
                    .ports = mcast.ports,
                    .iface = mcast.iface,
                    .ttl = mcast.ttl,
                    .loop = mcast.loop,
                    .sndbuf = mcast.sndbuf,
                    .recbuf = mcast.recbuf}};
}

}  // namespace meshmq::server
