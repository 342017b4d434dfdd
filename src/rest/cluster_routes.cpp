// Who belongs to the cluster. EMQ X 4.3 has this on its command line only.

#include "rest/body.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

void here(Office& office, const Call& call, std::vector<std::string> words) {
  answer_command(office, call, office.desk().name, std::move(words));
}

void cluster_status(Office& office, const Call& call) {
  here(office, call, {"cluster", "status"});
}
void heal_log(Office& office, const Call& call) {
  here(office, call, {"cluster", "heal-log"});
}
void discovery(Office& office, const Call& call) {
  here(office, call, {"cluster", "discovery"});
}
void heal(Office& office, const Call& call) {
  here(office, call, {"cluster", "heal"});
}
void verify(Office& office, const Call& call) {
  office.desk().verify(call.now, [call](const cluster::VerifyReport& report) {
    call.ok(Json::object({{"nodes", Json::strings(report.nodes)},
                          {"silent", Json::strings(report.silent)},
                          {"differences", Json::strings(report.differences)},
                          {"busy", Json::strings(report.busy)},
                          {"rows", report.rows},
                          {"shared_rows", report.shared_rows}}));
  });
}

/// A node's clients go elsewhere: `words` of `cluster`.
void shed(Office& office, const Call& call, const char* what, const char* verb) {
  const std::string_view node = call.get("node");
  std::vector<std::string> words = {"cluster", what, verb};
  if (call.body) {
    Body body(call.body.get());
    const std::int64_t rate = body.integer("rate", 0, 1, UINT32_MAX);
    if (!body.good()) return call.fail(body.code(), body.problem());
    if (rate > 0) words.insert(words.end(), {"--rate", std::to_string(rate)});
  }
  answer_command(office, call, node.empty() ? office.desk().name : std::string(node), std::move(words));
}
void evacuation(Office& office, const Call& call) {
  shed(office, call, "evacuate", "status");
}
void evacuate(Office& office, const Call& call) {
  shed(office, call, "evacuate", "start");
}
void stop_evacuation(Office& office, const Call& call) {
  shed(office, call, "evacuate", "stop");
}
void rebalancing(Office& office, const Call& call) {
  shed(office, call, "rebalance", "status");
}
void rebalance(Office& office, const Call& call) {
  shed(office, call, "rebalance", "start");
}
void stop_rebalancing(Office& office, const Call& call) {
  shed(office, call, "rebalance", "stop");
}

void with_node(Office& office, const Call& call, const char* verb) {
  Body body(call.body.get());
  const std::string node = body.needed("node");
  if (!body.good()) return call.fail(body.code(), body.problem());
  here(office, call, {"cluster", verb, node});
}
void join(Office& office, const Call& call) {
  with_node(office, call, "join");
}
void force_leave(Office& office, const Call& call) {
  with_node(office, call, "force-leave");
}
void leave(Office& office, const Call& call) {
  here(office, call, {"cluster", "leave"});
}
/// Its answer would come over links that end.
void node_leave(Office& office, const Call& call) {
  const std::string node(call.get("node"));
  if (node == office.desk().name) return leave(office, call);
  here(office, call, {"cluster", "force-leave", node});
}

constexpr Route cluster_rows[] = {
    {.method = "GET",
     .path = "/cluster",
     .name = "cluster_status",
     .help = "Who runs, who does not, and whether the cluster is split",
     .run = cluster_status,
     .data = "Cluster"},
    {.method = "POST",
     .path = "/cluster/join",
     .name = "cluster_join",
     .help = "This node joins the cluster of another one",
     .run = join,
     .data = "Cluster",
     .body = "NodeName"},
    {.method = "POST",
     .path = "/cluster/leave",
     .name = "cluster_leave",
     .help = "This node leaves its cluster",
     .run = leave,
     .data = "Cluster"},
    {.method = "POST",
     .path = "/cluster/force-leave",
     .name = "cluster_force_leave",
     .help = "Another node is put out of the cluster",
     .run = force_leave,
     .data = "Cluster",
     .body = "NodeName"},
    {.method = "DELETE",
     .path = "/cluster/:node",
     .name = "cluster_remove_node",
     .help = "The same, or leave if it is this node",
     .run = node_leave,
     .data = "Cluster"},
    {.method = "GET",
     .path = "/cluster/heal-log",
     .name = "cluster_heal_log",
     .help = "Splits that were healed, the oldest first",
     .run = heal_log,
     .data = "[Heal]"},
    {.method = "POST",
     .path = "/cluster/heal",
     .name = "cluster_heal",
     .help = "Brings together what cluster.autoheal = off keeps apart",
     .run = heal,
     .data = "Healing"},
    {.method = "GET",
     .path = "/cluster/verify",
     .name = "cluster_verify",
     .help = "Compares the tables of all running nodes",
     .run = verify,
     .data = "Verification"},
    {.method = "GET",
     .path = "/cluster/discovery",
     .name = "cluster_discovery",
     .help = "What discovery found, and what was done with it",
     .run = discovery,
     .data = "Discovery"},
    {.method = "GET",
     .path = "/nodes/:node/evacuation",
     .name = "evacuation_status",
     .help = "How far the evacuation of a node is",
     .run = evacuation,
     .data = "Shedding"},
    {.method = "POST",
     .path = "/nodes/:node/evacuation",
     .name = "evacuate_node",
     .help = "Sends the clients of a node to the others",
     .run = evacuate,
     .data = "Shedding",
     .body = "Rate"},
    {.method = "DELETE",
     .path = "/nodes/:node/evacuation",
     .name = "stop_evacuation",
     .help = "The node serves clients again",
     .run = stop_evacuation,
     .data = "Shedding"},
    {.method = "GET",
     .path = "/nodes/:node/rebalancing",
     .name = "rebalancing_status",
     .help = "How far a rebalancing is that was begun there",
     .run = rebalancing,
     .data = "Shedding"},
    {.method = "POST",
     .path = "/nodes/:node/rebalancing",
     .name = "rebalance_cluster",
     .help = "Evens out the clients between the nodes",
     .run = rebalance,
     .data = "Shedding",
     .body = "Rate"},
    {.method = "DELETE",
     .path = "/nodes/:node/rebalancing",
     .name = "stop_rebalancing",
     .help = "Ends that",
     .run = stop_rebalancing,
     .data = "Shedding"},
};

}  // namespace

std::span<const Route> cluster_routes() {
  return cluster_rows;
}

}  // namespace meshmq::rest
