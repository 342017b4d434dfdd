// Alarms of every node.

#include "rest/body.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

/// `which`: activated, deactivated or both; `_bare`: without the node around them.
void report_alarms(Office& office, const Question& question, Now, const ReportDone& done) {
  const auto which = question.params.find("which");
  const bool both = which == question.params.end();
  std::vector<node::Alarm> alarms;
  if (both || which->second == "activated") alarms = office.desk().control.alarms().active();
  if (both || which->second == "deactivated") {
    for (node::Alarm& alarm : office.desk().control.alarms().over()) alarms.push_back(std::move(alarm));
  }
  const Json list_alarms = Json::array(alarms, [](const node::Alarm& alarm) { return alarm.json(); });
  if (question.params.contains("_bare")) return done(Report::one(list_alarms));
  done(Report::one(Json::object({{"node", office.desk().name}, {"alarms", list_alarms}})));
}

void report_clear(Office& office, const Question&, Now, const ReportDone& done) {
  office.desk().control.alarms().clear();
  done(Report{});
}

void list_alarms(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"alarms"});
}
void list_activated(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"alarms", {{"which", "activated"}}});
}
void list_deactivated(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"alarms", {{"which", "deactivated"}}});
}
void node_list(Office& office, const Call& call) {
  answer_of_node(office, call, {"alarms", {{"_bare", "1"}}});
}
void node_activated(Office& office, const Call& call) {
  answer_of_node(office, call, {"alarms", {{"_bare", "1"}, {"which", "activated"}}});
}
void node_deactivated(Office& office, const Call& call) {
  answer_of_node(office, call, {"alarms", {{"_bare", "1"}, {"which", "deactivated"}}});
}

void deactivate(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string node = body.needed("node");
  const std::string name = body.needed("name");
  if (!body.good()) return call.fail(body.code(), body.problem());
  answer_command(office, call, node, {"alarms", "deactivate", name});
}

void clear(Office& office, const Call& call) {
  office.ask_all({"clear_alarms"}, call.now, [call](const Gathered&) { call.ok(); });
}
void clear_on_node(Office& office, const Call& call) {
  answer_of_node(office, call, {"clear_alarms"});
}

constexpr Route alarm_rows[] = {
    {.method = "GET",
     .path = "/alarms",
     .name = "list_all_alarms",
     .help = "Alarms that last and those that are over, of all nodes",
     .run = list_alarms,
     .data = "[NodeAlarms]"},
    {.method = "GET",
     .path = "/nodes/:node/alarms",
     .name = "list_node_alarms",
     .help = "Those of one node",
     .run = node_list,
     .data = "[Alarm]"},
    {.method = "GET",
     .path = "/alarms/activated",
     .name = "list_all_activated_alarms",
     .help = "Alarms that last",
     .run = list_activated,
     .data = "[NodeAlarms]"},
    {.method = "GET",
     .path = "/nodes/:node/alarms/activated",
     .name = "list_node_activated_alarms",
     .help = "Those of one node",
     .run = node_activated,
     .data = "[Alarm]"},
    {.method = "GET",
     .path = "/alarms/deactivated",
     .name = "list_all_deactivated_alarms",
     .help = "Alarms that are over",
     .run = list_deactivated,
     .data = "[NodeAlarms]"},
    {.method = "GET",
     .path = "/nodes/:node/alarms/deactivated",
     .name = "list_node_deactivated_alarms",
     .help = "Those of one node",
     .run = node_deactivated,
     .data = "[Alarm]"},
    {.method = "POST",
     .path = "/alarms/deactivated",
     .name = "deactivate_alarm",
     .help = "Ends an alarm",
     .run = deactivate,
     .body = "AlarmName"},
    {.method = "DELETE",
     .path = "/alarms/deactivated",
     .name = "delete_all_deactivated_alarms",
     .help = "Forgets alarms that are over, on all nodes",
     .run = clear},
    {.method = "DELETE",
     .path = "/nodes/:node/alarms/deactivated",
     .name = "delete_node_deactivated_alarms",
     .help = "The same on one node",
     .run = clear_on_node},
};

constexpr Reporter alarm_reports[] = {{"alarms", report_alarms}, {"clear_alarms", report_clear}};

}  // namespace

std::span<const Route> alarm_routes() {
  return alarm_rows;
}

std::span<const Reporter> alarm_reporters() {
  return alarm_reports;
}

}  // namespace meshmq::rest
