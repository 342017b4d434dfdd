// Keys of what operators look at: slow subscribers, traces, counted topics, StatsD, the audit log.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void watch(Target& t, const Value& v) {
  assign(t.config.node.watches.*Field, v);
}
template <auto Field>
void slow(Target& t, const Value& v) {
  assign(t.config.node.broker.slow_subscribers.*Field, v);
}
void slow_kind(Target& t, const Value& v) {
  using broker::SlowKind;
  t.config.node.broker.slow_subscribers.kind = v.text == "internal"   ? SlowKind::internal
                                               : v.text == "response" ? SlowKind::response
                                                                      : SlowKind::whole;
}
template <auto Field>
void statsd(Target& t, const Value& v) {
  assign(t.config.statsd.*Field, v);
}
void statsd_server(Target& t, const Value& v) {
  t.config.statsd.host = v.text.empty() ? "127.0.0.1" : v.text;
  t.config.statsd.port = static_cast<std::uint16_t>(v.number);
}
template <auto Field>
void audit(Target& t, const Value& v) {
  assign(t.config.audit.*Field, v);
}
void trace_bytes(Target& t, const Value& v) {
  assign(t.config.trace_bytes_max, v);
}

constexpr Range watch_interval{1000, INT64_MAX};

constexpr Key observation_table[] = {
    {"slow_subs.enable", Type::flag, "on", "Whether the slowest subscribers are listed",
     slow<&broker::SlowSettings::on>},
    {"slow_subs.threshold",
     Type::duration_ms,
     "500ms",
     "A delivery that takes so long is a slow one",
     slow<&broker::SlowSettings::threshold>,
     {1, INT64_MAX}},
    {"slow_subs.expire_interval", Type::duration_s, "5m", "How long a subscriber stays in the list",
     slow<&broker::SlowSettings::expire_interval>, watch_interval},
    {"slow_subs.top_k_num",
     Type::integer,
     "10",
     "How many each worker lists, and the API of the cluster",
     slow<&broker::SlowSettings::top_k>,
     {1, 1000}},
    {"slow_subs.stats_type",
     Type::word,
     "whole",
     "What counts: whole: from the publish to the acknowledgement (at QoS 0 to the sending); internal: from "
     "the "
     "publish to the sending; response: from the sending to the acknowledgement",
     slow_kind,
     {},
     "whole internal response"},
    {"trace.max_traces",
     Type::integer,
     "30",
     "Traces that there may be at a time",
     watch<&node::WatchLimits::traces_max>,
     {1, 1000}},
    {"trace.duration", Type::duration_s, "10m", "How long a trace runs if nobody says otherwise",
     watch<&node::WatchLimits::duration>, watch_interval},
    {"trace.max_duration", Type::duration_s, "24h", "But at most so long",
     watch<&node::WatchLimits::duration_max>, watch_interval},
    {"trace.max_file_size",
     Type::bytes,
     "16MB",
     "What a node writes of a trace at most",
     trace_bytes,
     {4096, INT64_MAX}},
    {"module.topic_metrics.max_topics",
     Type::integer,
     "512",
     "Topics that may be counted one by one",
     watch<&node::WatchLimits::topics_max>,
     {0, 100'000}},
    {"audit.enable", Type::flag, "on", "Whether it is written down what operators do", audit<&AuditLog::on>},
    {"audit.file", Type::text, "audit.log", "Where, within log.dir; rotated as the log",
     audit<&AuditLog::file>},
    {"audit.max_entries",
     Type::integer,
     "1000",
     "What a node lists of it; the file has more",
     audit<&AuditLog::entries_max>,
     {1, 100'000}},
    {"statsd.server", Type::address, "", "Where StatsD takes metrics, by UDP; missing: they are not pushed",
     statsd_server},
    {"statsd.flush_time_interval", Type::duration_s, "10s", "How often they are pushed",
     statsd<&Statsd::interval>, watch_interval},
    {"statsd.prefix", Type::text, "meshmq", "What their names begin with", statsd<&Statsd::prefix>},
    {"statsd.tags", Type::text, "", "Added to each, as DogStatsD has it: `env:prod,site:1`",
     statsd<&Statsd::tags>},
};

}  // namespace

std::span<const Key> observation_keys() {
  return observation_table;
}

}  // namespace meshmq::config
