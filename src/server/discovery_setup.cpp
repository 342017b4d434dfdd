#include "server/discovery_setup.hpp"

namespace meshmq::server {

discovery::Options discovery_options(const config::Config& config) {
  const config::Multicast& mcast = config.discovery.mcast;
  const config::Dns& dns = config.discovery.dns;
  const config::Etcd& etcd = config.discovery.etcd;
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
                    .recbuf = mcast.recbuf},
          .dns = {.name = dns.name,
                  .app = dns.app.empty() ? config.node.name.substr(0, config.node.name.find('@')) : dns.app,
                  .type = dns.type,
                  .server = dns.server},
          .etcd = {.server = etcd.server,
                   .prefix = etcd.prefix,
                   .node_ttl = etcd.node_ttl,
                   .user = etcd.user,
                   .password = etcd.password,
                   .cacertfile = etcd.cacertfile,
                   .certfile = etcd.certfile,
                   .keyfile = etcd.keyfile}};
}

}  // namespace meshmq::server
