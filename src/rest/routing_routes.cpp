// Where messages go.

#include "rest/office.hpp"
#include "rest/paging.hpp"

namespace meshmq::rest {

namespace {

Json row_of(const node::Route& route) {
  return Json::object({{"topic", route.filter}, {"node", route.node}});
}

void list_routes(Office& office, const Call& call) {
  std::vector<Json> rows;
  const std::string_view part = call.get("_like_topic");
  for (const node::Route& route : office.desk().control.routes()) {
    if (route.filter.find(part) != std::string::npos) rows.push_back(row_of(route));
  }
  answer_page(call, office.settings(), rows);
}

void look_up_route(Office& office, const Call& call) {
  std::vector<Json> rows;
  for (const node::Route& route : office.desk().control.routes()) {
    if (route.filter == call.get("topic")) rows.push_back(row_of(route));
  }
  call.ok(Json::array(rows));
}

void explain(Office& office, const Call& call) {
  if (call.get("topic").empty()) return call.fail(Code::missing_parameter, "topic is missing");
  const std::string_view node = call.get("node");
  answer_command(office, call, node.empty() ? office.desk().name : std::string(node),
                 {"routes", "match", std::string(call.get("topic"))});
}

constexpr Parameter list_parameters[] = {
    page_parameters[0], page_parameters[1], {"_like_topic", "string", "Only filters that contain this"}};
constexpr Parameter explain_parameters[] = {{"topic", "string", "A topic name"},
                                            {"node", "string", "Where it is published; missing: here"}};

constexpr Route routing_rows[] = {
    {.method = "GET",
     .path = "/routes",
     .name = "list_routes",
     .help = "Which nodes get which topics",
     .run = list_routes,
     .data = "[Route]",
     .query = list_parameters,
     .meta = Meta::page},
    {.method = "GET",
     .path = "/routes/:topic",
     .name = "lookup_routes",
     .help = "The nodes of one filter",
     .run = look_up_route,
     .data = "[Route]"},
    {.method = "GET",
     .path = "/explain",
     .name = "explain_topic",
     .help = "How a message published here would travel: filters, nodes, shared groups, and who gets it on "
             "each node",
     .run = explain,
     .data = "Explanation",
     .query = explain_parameters},
};

}  // namespace

std::span<const Route> routing_routes() {
  return routing_rows;
}

}  // namespace meshmq::rest
