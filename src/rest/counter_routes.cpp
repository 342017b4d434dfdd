// Statistics and metrics: as JSON, and for Prometheus.

#include "admin/metrics.hpp"
#include "rest/office.hpp"
#include "rest/prometheus.hpp"

namespace meshmq::rest {

namespace {

/// `stats` or `metrics`; `_bare`: without the node around them.
void report_counters(Office& office, const Question& question, Now now, const ReportDone& done) {
  admin::Desk& desk = office.desk();
  desk.query(node::QueryKind::stats, {}, now,
             [&desk, question, done](const std::vector<node::QueryReply>& replies) {
               const bool stats = question.name == "stats";
               const Json counters =
                   admin::counters_json(stats ? admin::stats_of(desk, replies) : admin::metrics_of(replies));
               if (question.params.contains("_bare")) return done(Report::one(counters));
               done(Report::one(Json::object({{"node", desk.name}, {question.name, counters}})));
             });
}

void list_stats(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"stats"});
}
void node_stats(Office& office, const Call& call) {
  answer_of_node(office, call, {"stats", {{"_bare", "1"}}});
}
void list_metrics(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"metrics"});
}
void node_metrics(Office& office, const Call& call) {
  answer_of_node(office, call, {"metrics", {{"_bare", "1"}}});
}

node::WorkerTimes times_of(const std::vector<node::QueryReply>& replies) {
  node::WorkerTimes times;
  for (const node::QueryReply& reply : replies) {
    if (!reply.times) continue;
    times.delivery.merge(reply.times->delivery);
    times.forward.merge(reply.times->forward);
    times.turns.merge(reply.times->turns);
  }
  return times;
}

void expose(Office& office, const Call& call, PrometheusNames names) {
  admin::Desk& desk = office.desk();
  desk.query(node::QueryKind::stats, {}, call.now,
             [&office, &desk, call, names](const std::vector<node::QueryReply>& replies) {
               const admin::SystemLoad system = desk.host.system_load();
               call.raw(exposition({.node = desk.name,
                                    .version = std::string(desk.host.version()),
                                    .counters = admin::metrics_of(replies),
                                    .sizes = admin::stats_of(desk, replies),
                                    .control = desk.control.stats(),
                                    .cluster = desk.control.status(),
                                    .alarms = desk.control.alarms().active().size(),
                                    .listeners = desk.host.listeners(),
                                    .runtime = desk.host.runtime(),
                                    .system = system,
                                    .cpu_use = office.cpu_use(system),
                                    .times = times_of(replies),
                                    .route_lag = desk.control.route_lag(),
                                    .uptime = call.now.mono - desk.started.mono},
                                   names));
             });
}

void prometheus(Office& office, const Call& call) {
  expose(office, call, office.settings().emqx_names ? PrometheusNames::emqx : PrometheusNames::own);
}

/// EMQ X's place for its own names.
void emqx_prometheus(Office& office, const Call& call) {
  const std::string_view type = call.get("type");
  if (!type.empty() && type != "prometheus") return call.raw("type must be prometheus\n", 400);
  expose(office, call, PrometheusNames::emqx);
}

constexpr Parameter type_parameters[] = {{"type", "string", "prometheus"}};
constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

constexpr Route counter_rows[] = {
    {.method = "GET",
     .path = "/stats",
     .name = "list_stats",
     .help = "Sizes of now, and the largest so far, of all nodes",
     .run = list_stats,
     .data = "[NodeStats]"},
    {.method = "GET",
     .path = "/nodes/:node/stats",
     .name = "lookup_node_stats",
     .help = "Those of one node",
     .run = node_stats,
     .data = "counters"},
    {.method = "GET",
     .path = "/metrics",
     .name = "list_all_metrics",
     .help = "Counters since the start, of all nodes",
     .run = list_metrics,
     .data = "[NodeMetrics]"},
    {.method = "GET",
     .path = "/nodes/:node/metrics",
     .name = "list_node_metrics",
     .help = "Those of one node",
     .run = node_metrics,
     .data = "counters"},
    {.method = "GET",
     .path = "/metrics",
     .name = "prometheus_metrics",
     .help = "This node for Prometheus",
     .run = prometheus,
     .credentials = Credentials::none,
     .media = exposition_type,
     .outside = true},
    {.method = "GET",
     .path = "/emqx_prometheus",
     .name = "emqx_prometheus",
     .help = "This node for Prometheus, in EMQ X's names",
     .run = emqx_prometheus,
     .query = type_parameters,
     .media = exposition_type},
};

constexpr Reporter counter_reports[] = {{"stats", report_counters}, {"metrics", report_counters}};

}  // namespace

std::span<const Route> counter_routes() {
  return counter_rows;
}

std::span<const Reporter> counter_reporters() {
  return counter_reports;
}

}  // namespace meshmq::rest
