// Traces, and why a client would get a message or not.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "admin/explain.hpp"
#include "admin/traces.hpp"
#include "rest/body.hpp"
#include "rest/number.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

constexpr std::size_t log_bytes = 64 * 1024;
constexpr std::size_t log_bytes_max = 1024 * 1024;

// ---------------------------------------------------------------- what a node has written

/// Rows `<name> <bytes>`.
void report_sizes(Office& office, const Question&, Now, const ReportDone& done) {
  Report report;
  for (const std::string& name : office.desk().control.watches().names()) {
    report.rows.push_back(fmt::format("{} {}", name, office.desk().host.records().trace_bytes(name)));
  }
  report.total = report.rows.size();
  done(std::move(report));
}

/// One row, the text as it is: `position` and `bytes` say which part, whole lines as far as there are any.
void report_log(Office& office, const Question& question, Now, const ReportDone& done) {
  const auto name = question.params.find("name");
  if (name == question.params.end() || !office.desk().control.watches().find(name->second))
    return done(Report::failure(Code::bad_parameter, "There is no such trace."));
  const auto number = [&](const char* which, std::uint64_t otherwise) {
    const auto found = question.params.find(which);
    return found == question.params.end() ? otherwise : number_of(found->second).value_or(otherwise);
  };
  const admin::Records& records = office.desk().host.records();
  const std::uint64_t all = records.trace_bytes(name->second);
  const std::uint64_t count = std::min(number("bytes", all), all);
  auto text = records.read_trace(name->second, number("position", 0), static_cast<std::size_t>(count));
  if (!text) return done(Report::failure(Code::unknown, text.error().message));
  if (const std::size_t end = text->rfind('\n'); end != std::string::npos) text->resize(end + 1);
  done({.total = 1, .rows = {std::move(*text)}});
}

// ---------------------------------------------------------------- traces

Json trace_json(const std::string& name, const node::TraceRow& row, Now now, const Json& sizes) {
  return Json::object({{"name", name},
                       {"type", admin::name_of(row.kind)},
                       {"value", row.value},
                       {"level", to_string(row.level)},
                       {"status", row.status(now.wall)},
                       {"start_at", row.start_at},
                       {"end_at", row.end_at},
                       {"log_size", sizes}});
}

void list(Office& office, const Call& call) {
  office.ask_all({"trace_sizes"}, call.now, [&office, call](const Gathered& gathered) {
    std::map<std::string, Call::Members> sizes;
    for (const auto& [node, report] : gathered.reports) {
      for (const std::string& row : report.rows) {
        const std::size_t blank = row.find(' ');
        sizes[row.substr(0, blank)].emplace_back(
            node, number_of(row.substr(std::min(blank + 1, row.size()))).value_or(0));
      }
    }
    std::vector<Json> rows;
    for (const auto& [name, row] : office.desk().control.watches().traces())
      rows.push_back(trace_json(name, row, call.now, Json::object(sizes[name])));
    call.ok(Json::array(rows), gathered.notes());
  });
}

/// `value`, or as EMQ X 4.4 has it, a member named like the type.
std::string value_of(Body& body, const std::string& type) {
  return body.has("value") ? body.needed("value") : body.needed(type);
}

void begin(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string type = body.needed("type");
  const auto kind = admin::trace_kind_of(type);
  if (body.good() && !kind) body.fail(Code::bad_parameter, "type must be clientid, topic or ip_address");
  const std::string level = body.has("level") ? body.needed("level") : "debug";
  if (!log_level_of(level)) body.fail(Code::bad_parameter, level + " is no level");
  const auto seconds = body.integer("duration", 0, 0, UINT32_MAX);
  node::TraceRow row;
  if (kind)
    row = {
        .kind = *kind, .value = value_of(body, type), .level = log_level_of(level).value_or(LogLevel::debug)};
  const std::string name = body.text("name");
  if (!body.good()) return call.fail(body.code(), body.problem());
  const auto started = admin::start_trace(office.desk(), name, row, std::chrono::seconds(seconds), call.now);
  if (!started) return call.fail(Code::bad_parameter, started.error().message);
  const auto made = office.desk().control.watches().find(*started);
  call.ok(trace_json(*started, *made, call.now, Json::object({})));
}

void stop(Office& office, const Call& call) {
  const bool stopped = office.desk().control.watches().stop(call.get("name"), call.now);
  stopped ? call.ok() : call.fail(Code::bad_parameter, "There is no such trace that runs.");
}

void remove(Office& office, const Call& call) {
  const bool removed = office.desk().control.watches().remove(call.get("name"), call.now);
  removed ? call.ok() : call.fail(Code::bad_parameter, "There is no such trace.");
}

void log(Office& office, const Call& call) {
  const std::string node = call.get("node").empty() ? office.desk().name : std::string(call.get("node"));
  const std::uint64_t position = number_of(call.get("position")).value_or(0);
  const std::uint64_t bytes =
      std::min<std::uint64_t>(number_of(call.get("bytes")).value_or(log_bytes), log_bytes_max);
  const Question question{"trace_log",
                          {{"name", std::string(call.get("name"))},
                           {"position", std::to_string(position)},
                           {"bytes", std::to_string(bytes)}}};
  office.ask(node, question, call.now, [call, node, position](const Result<Report>& report) {
    if (!report) return call.fail(Code::badrpc, report.error().message);
    if (report->code != Code::ok) return call.fail(report->code, report->message);
    const std::string text = report->rows.empty() ? std::string() : report->rows.front();
    call.ok(Json::object({{"node", node}, {"position", position + text.size()}, {"items", text}}));
  });
}

constexpr std::size_t time_bytes = 23;  ///< without the zone

/// Lines of all nodes in the order of their times, which they begin with.
std::string merged(const Gathered& gathered) {
  std::vector<std::string_view> lines;
  for (const auto& [node, report] : gathered.reports) {
    for (std::string_view text : report.rows) {
      while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
      }
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](auto a, auto b) { return a.substr(0, time_bytes) < b.substr(0, time_bytes); });
  std::string all;
  for (const std::string_view line : lines) all += line;
  for (const std::string& node : gathered.unanswered) all += "# " + node + " has not answered\n";
  return all;
}

void download(Office& office, const Call& call) {
  if (!office.desk().control.watches().find(call.get("name")))
    return call.raw("There is no such trace.\n", 404);
  office.ask_all({"trace_log", {{"name", std::string(call.get("name"))}}}, call.now,
                 [call](const Gathered& gathered) { call.raw(merged(gathered)); });
}

// ---------------------------------------------------------------- explain

void explain_delivery(Office& office, const Call& call) {
  Body body(call.body.get());
  admin::ExplainRequest request{.client_id = body.needed("clientid"),
                                .topic = body.needed("topic"),
                                .qos = static_cast<mqtt::QoS>(body.integer("qos", 0, 0, 2)),
                                .from = body.text("node"),
                                .publisher = body.text("publisher")};
  if (!body.good()) return call.fail(body.code(), body.problem());
  admin::explain(office.desk(), request, call.now, [call](const Result<admin::Explanation>& explanation) {
    if (!explanation) return call.fail(Code::bad_parameter, explanation.error().message);
    call.ok(explanation->json());
  });
}

constexpr Parameter log_parameters[] = {
    {"node", "string", "Whose lines; otherwise this node's"},
    {"position", "integer", "Where to begin: what the call before has answered"},
    {"bytes", "integer", "At most so many; 65536"},
};

constexpr Route trace_rows[] = {
    {.method = "GET",
     .path = "/trace",
     .name = "list_traces",
     .help = "Traces, and how much each node has written of them",
     .run = list,
     .data = "[Trace]"},
    {.method = "POST",
     .path = "/trace",
     .name = "create_trace",
     .help = "Begins a trace on all nodes",
     .run = begin,
     .data = "Trace",
     .body = "NewTrace"},
    {.method = "PUT",
     .path = "/trace/:name/stop",
     .name = "stop_trace",
     .help = "Ends a trace; what was written stays",
     .run = stop},
    {.method = "DELETE",
     .path = "/trace/:name",
     .name = "delete_trace",
     .help = "Forgets a trace and what was written",
     .run = remove},
    {.method = "GET",
     .path = "/trace/:name/log",
     .name = "read_trace",
     .help = "What one node has written, part by part",
     .run = log,
     .data = "TraceLog",
     .query = log_parameters},
    {.method = "GET",
     .path = "/trace/:name/download",
     .name = "download_trace",
     .help = "What all nodes have written, in the order of time",
     .run = download,
     .media = "text/plain; charset=utf-8"},
    {.method = "POST",
     .path = "/trace_explain",
     .name = "explain_delivery",
     .help = "Why a client would get a message, or not: asked over the nodes, nothing is published",
     .run = explain_delivery,
     .data = "DeliveryExplanation",
     .body = "ExplainDelivery"},
};

constexpr Reporter trace_reports[] = {{"trace_sizes", report_sizes}, {"trace_log", report_log}};

}  // namespace

std::span<const Route> trace_routes() {
  return trace_rows;
}

std::span<const Reporter> trace_reporters() {
  return trace_reports;
}

}  // namespace meshmq::rest
