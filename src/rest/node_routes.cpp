// Nodes and brokers.

#include <fmt/format.h>

#include "admin/formats.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

/// EMQ X writes the version of Erlang here.
constexpr std::string_view otp_release = "none";

/// `118.27M`
std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.2f}M", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

Json load(double value) {
  return fmt::format("{:.2f}", value);
}

/// `_text`: memory in words, as lists have it.
void report_node(Office& office, const Question& question, Now now, const ReportDone& done) {
  admin::Desk& desk = office.desk();
  const bool words = question.params.contains("_text");
  desk.query(node::QueryKind::stats, {}, now,
             [&desk, words, now, done](const std::vector<node::QueryReply>& replies) {
               std::size_t connections = 0;
               for (const node::QueryReply& reply : replies) connections += reply.stats.connections;
               const admin::RuntimeInfo info = desk.host.runtime();
               const std::uint64_t memory = desk.host.system_load().memory_bytes;
               const auto size = [words](std::uint64_t bytes) {
                 return words ? Json(megabytes(bytes)) : Json(bytes);
               };
               done(Report::one(Json::object({{"node", desk.name},
                                              {"node_status", "Running"},
                                              {"version", desk.host.version()},
                                              {"otp_release", otp_release},
                                              {"uptime", admin::format_uptime(now.mono - desk.started.mono)},
                                              {"connections", connections},
                                              {"load1", load(info.load1)},
                                              {"load5", load(info.load5)},
                                              {"load15", load(info.load15)},
                                              {"max_fds", info.descriptors_max},
                                              {"memory_total", size(memory)},
                                              {"memory_used", size(info.resident_bytes)},
                                              {"process_available", 0},
                                              {"process_used", info.threads}})));
             });
}

void report_broker(Office& office, const Question&, Now now, const ReportDone& done) {
  const admin::Desk& desk = office.desk();
  done(Report::one(Json::object({{"node", desk.name},
                                 {"node_status", "Running"},
                                 {"version", desk.host.version()},
                                 {"sysdescr", admin::description},
                                 {"otp_release", otp_release},
                                 {"uptime", admin::format_uptime(now.mono - desk.started.mono)},
                                 {"datetime", admin::format_datetime(now.wall)}})));
}

/// Those that run with all they say, the others by name.
void list_all(Office& office, const Call& call, const Question& question) {
  const std::vector<std::string> stopped = office.desk().control.status().stopped_nodes;
  office.ask_all(question, call.now, [call, stopped](const Gathered& gathered) {
    std::vector<Json> rows;
    for (const auto& [node, report] : gathered.reports) {
      if (!report.rows.empty()) rows.push_back(Json::raw(report.rows.front()));
    }
    for (const std::string& node : stopped)
      rows.push_back(Json::object({{"name", node}, {"node", node}, {"node_status", "Stopped"}}));
    call.ok(Json::array(rows), gathered.notes());
  });
}

void list_nodes(Office& office, const Call& call) {
  list_all(office, call, {"node", {{"_text", "1"}}});
}
void list_brokers(Office& office, const Call& call) {
  list_all(office, call, {"broker"});
}
void show_node(Office& office, const Call& call) {
  answer_of_node(office, call, {"node"});
}
void show_broker(Office& office, const Call& call) {
  // As EMQ X, which answers 101 of all others.
  answer_of_node(office, call, {"broker"}, Code::unknown);
}

constexpr Route node_rows[] = {
    {.method = "GET",
     .path = "/nodes",
     .name = "list_nodes",
     .help = "The nodes of the cluster",
     .run = list_nodes,
     .data = "[Node|StoppedNode]"},
    {.method = "GET",
     .path = "/nodes/:node",
     .name = "get_node",
     .help = "One node, its memory in bytes",
     .run = show_node,
     .data = "Node"},
    {.method = "GET",
     .path = "/brokers",
     .name = "list_brokers",
     .help = "What runs on the nodes",
     .run = list_brokers,
     .data = "[Broker|StoppedNode]"},
    {.method = "GET",
     .path = "/brokers/:node",
     .name = "get_broker",
     .help = "What runs on one node",
     .run = show_broker,
     .data = "Broker"},
};

constexpr Reporter node_reports[] = {{"node", report_node}, {"broker", report_broker}};

}  // namespace

std::span<const Route> node_routes() {
  return node_rows;
}

std::span<const Reporter> node_reporters() {
  return node_reports;
}

}  // namespace meshmq::rest
