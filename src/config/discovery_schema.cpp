// Keys of cluster.discovery.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void set_discovery(Target& t, const Value& v) {
  assign(t.config.discovery.*Field, v);
}

void provider(Target& t, const Value& v) {
  t.config.node.discovery.provider = v.text;
}
void discovery_interval(Target& t, const Value& v) {
  assign(t.config.node.discovery.interval, v);
}

template <auto Field>
void mcast(Target& t, const Value& v) {
  assign(t.config.discovery.mcast.*Field, v);
}

template <auto Field>
void dns(Target& t, const Value& v) {
  assign(t.config.discovery.dns.*Field, v);
}

template <auto Field>
void etcd(Target& t, const Value& v) {
  assign(t.config.discovery.etcd.*Field, v);
}

template <auto Field>
void k8s(Target& t, const Value& v) {
  assign(t.config.discovery.k8s.*Field, v);
}

using D = Discovery;
using K = Kubernetes;

constexpr Key discovery_table[] = {
    {"cluster.name", Type::text, "meshmqcl",
     "Name of the cluster, where several share a network or a directory of names",
     set_discovery<&D::cluster>},
    {"cluster.discovery",
     Type::word,
     "manual",
     "How nodes find each other: manual is `meshmq_ctl cluster join`",
     provider,
     {},
     "manual static mcast dns etcd k8s"},
    {"cluster.discovery_interval",
     Type::duration_ms,
     "5s",
     "Pause between two questions where to find others",
     discovery_interval,
     {100, INT64_MAX}},
    {"cluster.static.seeds", Type::text, "", "Names of nodes, with commas", set_discovery<&D::seeds>},
    {"cluster.mcast.addr", Type::text, "239.192.0.1", "Multicast group, IPv4 or IPv6",
     mcast<&Multicast::addr>},
    {"cluster.mcast.ports", Type::text, "4369,4370", "UDP ports: the first free one is taken, all are called",
     mcast<&Multicast::ports>},
    {"cluster.mcast.iface", Type::text, "0.0.0.0",
     "Where to: an IPv4 address of this host, or for an IPv6 group the name of an interface",
     mcast<&Multicast::iface>},
    {"cluster.mcast.ttl",
     Type::integer,
     "255",
     "Routers that a datagram may pass",
     mcast<&Multicast::ttl>,
     {0, 255}},
    {"cluster.mcast.loop", Type::flag, "on", "Also to other nodes on this host", mcast<&Multicast::loop>},
    {"cluster.mcast.sndbuf",
     Type::bytes,
     "16KB",
     "Send buffer",
     mcast<&Multicast::sndbuf>,
     {1024, INT32_MAX}},
    {"cluster.mcast.recbuf",
     Type::bytes,
     "16KB",
     "Receive buffer",
     mcast<&Multicast::recbuf>,
     {1024, INT32_MAX}},
    {"cluster.dns.name", Type::text, "", "Name whose records are the nodes", dns<&Dns::name>},
    {"cluster.dns.app", Type::text, "", "What stands before the @ of nodes' names; not set: as in node.name",
     dns<&Dns::app>},
    {"cluster.dns.type",
     Type::word,
     "a",
     "Records: IPv4 addresses, IPv6 addresses, targets of services",
     dns<&Dns::type>,
     {},
     "a aaaa srv"},
    {"cluster.dns.server", Type::text, "", "Servers to ask, with commas: address:port; not set: the system's",
     dns<&Dns::server>},
    {"cluster.etcd.server", Type::text, "", "URLs of etcd, with commas", etcd<&Etcd::server>},
    {"cluster.etcd.version",
     Type::word,
     "auto",
     "Its API; auto: v3 from etcd 3.4 on, v2 before",
     etcd<&Etcd::version>,
     {},
     "auto v2 v3"},
    {"cluster.etcd.lock", Type::flag, "off",
     "Nodes that start together go one after the other; they need not, since all join in one order",
     etcd<&Etcd::lock>},
    {"cluster.etcd.prefix", Type::text, "meshmqcl", "What keys begin with; cluster.name follows",
     etcd<&Etcd::prefix>},
    {"cluster.etcd.node_ttl",
     Type::duration_ms,
     "1m",
     "A node that does not renew its key for so long is forgotten",
     etcd<&Etcd::node_ttl>,
     {1000, INT64_MAX}},
    {"cluster.etcd.user", Type::text, "", "User of etcd", etcd<&Etcd::user>},
    {"cluster.etcd.password", Type::text, "", "Its password", etcd<&Etcd::password>},
    {"cluster.etcd.ssl.cacertfile", Type::text, "",
     "Who signs the certificates of https servers; not set: whom the system trusts", etcd<&Etcd::cacertfile>},
    {"cluster.etcd.ssl.certfile", Type::text, "", "This node's certificate", etcd<&Etcd::certfile>},
    {"cluster.etcd.ssl.keyfile", Type::text, "", "Its key", etcd<&Etcd::keyfile>},
    {"cluster.k8s.apiserver", Type::text, "",
     "URLs of Kubernetes' API servers, with commas; not set: where a pod finds it", k8s<&K::apiserver>},
    {"cluster.k8s.service_name", Type::text, "", "Service whose pods are the nodes", k8s<&K::service_name>},
    {"cluster.k8s.namespace", Type::text, "default", "Its namespace", k8s<&K::ns>},
    {"cluster.k8s.address_type",
     Type::word,
     "ip",
     "What nodes are called after the @: address, address with dashes and suffix, host name and suffix",
     k8s<&K::address_type>,
     {},
     "ip dns hostname"},
    {"cluster.k8s.app_name", Type::text, "", "What stands before the @; not set: as in node.name",
     k8s<&K::app_name>},
    {"cluster.k8s.suffix", Type::text, "",
     "What follows service and namespace, or the namespace alone: pod.cluster.local, svc.cluster.local",
     k8s<&K::suffix>},
    {"cluster.k8s.token_file", Type::text, "/var/run/secrets/kubernetes.io/serviceaccount/token",
     "Who this node is for the API server", k8s<&K::token_file>},
    {"cluster.k8s.cacertfile", Type::text, "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
     "Who signs the API servers' certificates; no such file: whom the system trusts", k8s<&K::cacertfile>},
};

}  // namespace

std::span<const Key> discovery_keys() {
  return discovery_table;
}

}  // namespace meshmq::config
