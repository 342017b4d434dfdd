// What the dashboard's overview shows of a node, while somebody looks at it.

#include <algorithm>
#include <map>

#include "admin/metrics.hpp"
#include "rest/office.hpp"
#include "rest/round_trips.hpp"

namespace meshmq::rest {

namespace {

using std::chrono::duration_cast;

/// Counters since the start, by the names that the feed has for them. The reader makes rates of them.
constexpr std::pair<const char*, std::string_view> live_counters[] = {
    {"received", "messages.received"},
    {"sent", "messages.sent"},
    {"dropped", "messages.dropped"},
    {"dropped_no_subscribers", "messages.dropped.no_subscribers"},
    {"delivery_dropped", "delivery.dropped"},
    {"bytes_received", "bytes.received"},
    {"bytes_sent", "bytes.sent"},
    {"forwarded", "messages.forward"},
    {"forward_received", "messages.forward.received"},
};

std::uint64_t live_value(const admin::Counters& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& item) { return item.first == name; });
  return found == all.end() ? 0 : found->second;
}

Call::Members live_sizes(const admin::Desk& desk, const std::vector<node::QueryReply>& replies) {
  std::size_t connections = 0;
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;
  for (const node::QueryReply& reply : replies) {
    connections += reply.stats.connections;
    sessions += reply.stats.sessions;
    subscriptions += reply.stats.subscriptions;
  }
  const node::ControlStats control = desk.control.stats();
  return {{"connections", connections},
          {"sessions", sessions},
          {"subscriptions", subscriptions},
          {"topics", control.topics},
          {"retained", control.retained},
          {"delayed", control.delayed},
          {"replicated_bytes", control.replicated_bytes_sent},
          {"alarms", desk.control.alarms().active().size()}};
}

void add_machine(const admin::Host& host, Call::Members& members) {
  const admin::RuntimeInfo runtime = host.runtime();
  const admin::SystemLoad system = host.system_load();
  members.insert(members.end(), {{"load1", runtime.load1},
                                 {"cpu_ms", runtime.cpu_ms},
                                 {"cpu_ticks", system.cpu_ticks},
                                 {"cpu_busy_ticks", system.cpu_busy_ticks},
                                 {"memory_used", runtime.resident_bytes},
                                 {"memory_total", system.memory_bytes},
                                 {"memory_available", system.memory_available_bytes}});
}

/// To each other node: how long a question takes, and the messages that were forwarded there.
Json live_links(const std::map<std::string, std::uint64_t>& round_trips,
                const std::vector<node::QueryReply>& replies) {
  std::map<std::string, std::uint64_t> forwarded;
  for (const auto& [node, time] : round_trips) forwarded.emplace(node, 0);
  for (const node::QueryReply& reply : replies) {
    for (const node::NodeTraffic& traffic : reply.forwarded) forwarded[traffic.node] += traffic.messages;
  }
  std::vector<Json> rows;
  for (const auto& [node, messages] : forwarded) {
    Call::Members members = {{"node", node}, {"forwarded", messages}};
    if (const auto time = round_trips.find(node); time != round_trips.end())
      members.emplace_back("rtt_us", time->second);
    rows.push_back(Json::object(members));
  }
  return Json::array(rows);
}

void report_live(Office& office, const Question&, Now now, const ReportDone& done) {
  office.round_trips().measure(office, now);
  admin::Desk& desk = office.desk();
  desk.query(node::QueryKind::stats, {}, now,
             [&office, &desk, now, done](const std::vector<node::QueryReply>& replies) {
               const auto uptime = duration_cast<std::chrono::seconds>(now.mono - desk.started.mono);
               Call::Members members = {{"node", desk.name},
                                        {"version", desk.host.version()},
                                        {"uptime_s", uptime.count()},
                                        {"at", now.wall}};
               Call::Members sizes = live_sizes(desk, replies);
               members.insert(members.end(), sizes.begin(), sizes.end());
               const admin::Counters all = admin::metrics_of(replies);
               for (const auto& [name, counter] : live_counters)
                 members.emplace_back(name, live_value(all, counter));
               add_machine(desk.host, members);
               members.emplace_back("links", live_links(office.round_trips().known(office), replies));
               done(Report::one(Json::object(members)));
             });
}

Figures figures_of(const admin::Desk& desk, const std::vector<node::QueryReply>& replies) {
  Figures figures{.topics = desk.control.stats().topics};
  for (const node::QueryReply& reply : replies) {
    figures.connections += reply.stats.connections;
    figures.subscriptions += reply.stats.subscriptions;
  }
  const admin::Counters all = admin::metrics_of(replies);
  figures.received = live_value(all, "messages.received");
  figures.sent = live_value(all, "messages.sent");
  figures.dropped = live_value(all, "messages.dropped") + live_value(all, "delivery.dropped");
  figures.forwarded = live_value(all, "messages.forward");
  figures.bytes_received = live_value(all, "bytes.received");
  figures.bytes_sent = live_value(all, "bytes.sent");
  return figures;
}

/// For charts that begin with the last minutes.
void report_history(Office& office, const Question&, Now now, const ReportDone& done) {
  done(Report::one(to_json(office.desk().name, office.history().points(now.mono))));
}

/// For round trips.
void report_echo(Office&, const Question&, Now, const ReportDone& done) {
  done(Report{});
}

constexpr Reporter live_reports[] = {
    {"live", report_live}, {"history", report_history}, {"echo", report_echo}};

}  // namespace

std::span<const Reporter> live_reporters() {
  return live_reports;
}

void record_rates(Office& office, Now now) {
  admin::Desk& desk = office.desk();
  desk.query(node::QueryKind::stats, {}, now,
             [&office, &desk, now](const std::vector<node::QueryReply>& replies) {
               office.history().record(figures_of(desk, replies), now.mono);
             });
}

// ---------------------------------------------------------------- round trips

void RoundTrips::measure(Office& office, Now now) {
  if (office.settings().monotonic_us == nullptr) return;
  if (asked_ != TimePoint{} && now.mono - asked_ < interval) return;
  asked_ = now.mono;
  std::vector<std::string> nodes = office.desk().control.status().running_nodes;
  std::erase(nodes, office.desk().name);
  if (nodes.size() > nodes_max) nodes.resize(nodes_max);
  std::erase_if(microseconds_, [&](const auto& item) {
    return std::find(nodes.begin(), nodes.end(), item.first) == nodes.end();
  });
  for (const std::string& node : nodes) {
    const std::uint64_t begun = office.settings().monotonic_us();
    office.ask(node, {"echo"}, now, [this, &office, node, begun](const Result<Report>& report) {
      if (report) microseconds_[node] = office.settings().monotonic_us() - begun;
    });
  }
}

std::map<std::string, std::uint64_t> RoundTrips::known(const Office& office) const {
  const std::vector<std::string> running = office.desk().control.status().running_nodes;
  std::map<std::string, std::uint64_t> times = microseconds_;
  std::erase_if(times, [&](const auto& item) {
    return std::find(running.begin(), running.end(), item.first) == running.end();
  });
  return times;
}

}  // namespace meshmq::rest
