#include "server/discovery_setup.hpp"

namespace meshmq::server {

discovery::Options discovery_options(const config::Config& config) {
  const config::Multicast& mcast = config.discovery.mcast;
  const config::Dns& dns = config.discovery.dns;
  const config::Etcd& etcd = config.discovery.etcd;
  const config::Kubernetes& k8s = config.discovery.k8s;
  const auto app_name = [&](const std::string& set) {
    return set.empty() ? config.node.name.substr(0, config.node.name.find('@')) : set;
  };
  return {.provider = config.node.discovery.provider,
          .node = config.node.name,
          .cookie = config.mesh.cookie,
          .cluster = config.discovery.cluster,
          .interval = config.node.discovery.interval,
          .seeds = config.discovery.seeds,
          .mcast = {.addr = mcast.addr,
                    .ports = mcast.ports,
                    .iface = mcast.iface,
                    .ttl = mcast.ttl,
                    .loop = mcast.loop,
                    .sndbuf = mcast.sndbuf,
                    .recbuf = mcast.recbuf},
          .dns = {.name = dns.name, .app = app_name(dns.app), .type = dns.type, .server = dns.server},
          .etcd = {.server = etcd.server,
                   .version = etcd.version,
                   .lock = etcd.lock,
                   .prefix = etcd.prefix,
                   .node_ttl = etcd.node_ttl,
                   .user = etcd.user,
                   .password = etcd.password,
                   .cacertfile = etcd.cacertfile,
                   .certfile = etcd.certfile,
                   .keyfile = etcd.keyfile},
          .k8s = {.apiserver = k8s.apiserver,
                  .service_name = k8s.service_name,
                  .ns = k8s.ns,
                  .address_type = k8s.address_type,
                  .app_name = app_name(k8s.app_name),
                  .suffix = k8s.suffix,
                  .token_file = k8s.token_file,
                  .cacertfile = k8s.cacertfile}};
}

}  // namespace meshmq::server
