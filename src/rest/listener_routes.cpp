// Listeners of every node.

#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

bool speaks_http(std::string_view id) {
  return id.starts_with("http:") || id.starts_with("https:");
}

/// EMQ X: no shutdowns at all are an empty list; listeners of HTTP have a port and no identifier.
Json listener_row(const admin::ListenerInfo& listener) {
  Call::Members counts;
  for (const auto& [reason, count] : listener.shutdown_counts) counts.emplace_back(reason, count);
  const bool http = speaks_http(listener.id);
  const std::string& address = listener.listen_on;
  Call::Members row = {{"protocol", http ? listener.id : listener.id.substr(0, listener.id.rfind(':'))},
                       {"listen_on", http ? address.substr(address.rfind(':') + 1) : address},
                       {"acceptors", listener.acceptors},
                       {"max_conns", listener.connections_max},
                       {"current_conns", listener.connections},
                       {"shutdown_count", counts.empty() ? Json::array({}) : Json::object(counts)}};
  if (!http) row.emplace_back("identifier", listener.id);
  if (!listener.running) row.emplace_back("running", false);
  return Json::object(row);
}

/// `_bare`: without the node around it.
void report_listeners(Office& office, const Question& question, Now, const ReportDone& done) {
  std::vector<admin::ListenerInfo> all = office.desk().host.listeners();
  for (admin::ListenerInfo& stopped : office.desk().host.stopped_listeners())
    all.push_back(std::move(stopped));
  const Json listeners = Json::array(all, listener_row);
  if (question.params.contains("_bare")) return done(Report::one(listeners));
  done(Report::one(Json::object({{"node", office.desk().name}, {"listeners", listeners}})));
}

/// The question's name says what is to be done: restart_listener, stop_listener, start_listener.
void report_listener_done(Office& office, const Question& question, Now, const ReportDone& done) {
  admin::Host& host = office.desk().host;
  const auto found = question.params.find("identifier");
  const std::string id = found == question.params.end() ? std::string() : found->second;
  const Result<void> result = question.name == "stop_listener"    ? host.stop_listener(id)
                              : question.name == "start_listener" ? host.start_listener(id)
                                                                  : host.restart_listener(id);
  if (result) return done(Report::one(Json("ok")));
  // One node may have a listener that the others do not.
  if (result.error().code == Errc::not_found) return done(Report{});
  done(Report::failure(Code::unknown, result.error().message));
}

void list_listeners(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"listeners"});
}
void list_listeners_on_node(Office& office, const Call& call) {
  answer_of_node(office, call, {"listeners", {{"_bare", "1"}}});
}

void answer_listener_done(const Call& call, bool any) {
  if (!any) return call.fail(Code::unknown, "no such listener " + std::string(call.get("identifier")));
  call.ok();
}

/// The end of the door through which this came would end it.
bool refuses(const Call& call) {
  if (!speaks_http(call.get("identifier"))) return false;
  call.fail(Code::unknown, "listeners of HTTP are not started, stopped or restarted by HTTP", 403);
  return true;
}

void restart_listener(Office& office, const Call& call) {
  if (refuses(call)) return;
  office.ask_all({"restart_listener", call.params}, call.now, [call](const Gathered& gathered) {
    if (const Report* failed = gathered.failure()) return call.fail(failed->code, failed->message);
    bool any = false;
    for (const auto& [node, report] : gathered.reports) any = any || !report.rows.empty();
    answer_listener_done(call, any);
  });
}

void do_with_listener(Office& office, const Call& call, const char* what) {
  if (refuses(call)) return;
  office.ask(std::string(call.get("node")), {what, call.params}, call.now,
             [call](const Result<Report>& report) {
               if (!report) return call.fail(Code::badrpc, report.error().message);
               if (report->code != Code::ok) return call.fail(report->code, report->message);
               answer_listener_done(call, !report->rows.empty());
             });
}
void restart_listener_on_node(Office& office, const Call& call) {
  do_with_listener(office, call, "restart_listener");
}
void stop_listener_on_node(Office& office, const Call& call) {
  do_with_listener(office, call, "stop_listener");
}
void start_listener_on_node(Office& office, const Call& call) {
  do_with_listener(office, call, "start_listener");
}

constexpr Route listener_rows[] = {
    {.method = "GET",
     .path = "/listeners",
     .name = "list_listeners",
     .help = "The listeners of all nodes",
     .run = list_listeners,
     .data = "[NodeListeners]"},
    {.method = "GET",
     .path = "/nodes/:node/listeners",
     .name = "list_node_listeners",
     .help = "Those of one node",
     .run = list_listeners_on_node,
     .data = "[Listener]"},
    {.method = "PUT",
     .path = "/listeners/:identifier/restart",
     .name = "restart_listener",
     .help = "Restarts a listener on all nodes; its clients are disconnected",
     .run = restart_listener},
    {.method = "PUT",
     .path = "/nodes/:node/listeners/:identifier/restart",
     .name = "restart_node_listener",
     .help = "The same on one node",
     .run = restart_listener_on_node},
    {.method = "PUT",
     .path = "/nodes/:node/listeners/:identifier/stop",
     .name = "stop_node_listener",
     .help = "Stops a listener on one node; its clients are disconnected",
     .run = stop_listener_on_node},
    {.method = "PUT",
     .path = "/nodes/:node/listeners/:identifier/start",
     .name = "start_node_listener",
     .help = "Starts one that was stopped",
     .run = start_listener_on_node},
};

constexpr Reporter listener_reports[] = {{"listeners", report_listeners},
                                         {"restart_listener", report_listener_done},
                                         {"stop_listener", report_listener_done},
                                         {"start_listener", report_listener_done}};

}  // namespace

std::span<const Route> listener_routes() {
  return listener_rows;
}

std::span<const Reporter> listener_reporters() {
  return listener_reports;
}

}  // namespace meshmq::rest
