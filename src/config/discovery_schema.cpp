// Keys of cluster.discovery.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void set(Target& t, const Value& v) {
  assign(t.config.discovery.*Field, v);
}

void provider(Target& t, const Value& v) {
  t.config.node.discovery.provider = v.text;
}
void interval(Target& t, const Value& v) {
  assign(t.config.node.discovery.interval, v);
}

using D = Discovery;

constexpr Key table[] = {
    {"cluster.name", Type::text, "meshmqcl",
     "Name of the cluster, where several share a network or a directory of names", set<&D::cluster>},
    {"cluster.discovery",
     Type::word,
     "manual",
     "How nodes find each other: manual is `meshmq_ctl cluster join`",
     provider,
     {},
     "manual static"},
    {"cluster.discovery_interval",
     Type::duration_ms,
     "5s",
     "Pause between two questions where to find others",
     interval,
     {100, INT64_MAX}},
    {"cluster.static.seeds", Type::text, "", "Names of nodes, with commas", set<&D::seeds>},
};

}  // namespace

std::span<const Key> discovery_keys() {
  return table;
}

}  // namespace meshmq::config
