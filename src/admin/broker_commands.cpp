#include <fmt/format.h>

#include "admin/command.hpp"
#include "admin/metrics.hpp"
#include "erldist/term.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine status_usage[] = {{"status", "Show broker status"}};

constexpr UsageLine broker_usage[] = {
    {"broker", "Show broker version, uptime and description"},
    {"broker stats", "Show broker statistics of clients, topics, subscribers"},
    {"broker metrics", "Show broker metrics"},
};

constexpr UsageLine runtime_usage[] = {
    {"runtime", "Show load, memory, threads and descriptors of the process"}};

constexpr UsageLine vm_usage[] = {
    {"vm all", "As runtime, in EMQ X's words"},
    {"vm load", "Of that, what begins with cpu/"},
    {"vm memory", "memory/"},
    {"vm process", "threads/"},
    {"vm io", "io/"},
};

bool run_status(Desk& desk, const Call& call) {
  if (!call.words.empty()) return false;
  call.answer(fmt::format("Node {} {} is started\n", erldist::print_atom(desk.name), desk.host.version()),
              Json::object({{"node", desk.name}, {"version", desk.host.version()}, {"status", "started"}}));
  return true;
}

void about(const Desk& desk, const Call& call) {
  const std::string uptime = format_uptime(call.now.mono - desk.started.mono);
  const std::string datetime = format_datetime(call.now.wall);
  call.answer(format_field("sysdescr", description, 10) + format_field("version", desk.host.version(), 10) +
                  format_field("uptime", uptime, 10) + format_field("datetime", datetime, 10),
              Json::object({{"sysdescr", description},
                            {"version", desk.host.version()},
                            {"uptime", uptime},
                            {"datetime", datetime}}));
}

bool run_broker(Desk& desk, const Call& call) {
  if (call.words.empty()) {
    about(desk, call);
  } else if (call.is("stats", 0)) {
    desk.query(node::QueryKind::stats, {}, call.now,
               [&desk, call](const std::vector<node::QueryReply>& replies) {
                 const Counters counters = stats_of(desk, replies);
                 call.answer(format_counters(counters), counters_json(counters));
               });
  } else if (call.is("metrics", 0)) {
    desk.query(node::QueryKind::stats, {}, call.now, [call](const std::vector<node::QueryReply>& replies) {
      const Counters counters = metrics_of(replies);
      call.answer(format_counters(counters), counters_json(counters));
    });
  } else {
    return false;
  }
  return true;
}

/// Of names that begin with `prefix`.
void show_runtime(Desk& desk, const Call& call, std::string_view prefix) {
  const RuntimeInfo info = desk.host.runtime();
  const std::pair<std::string_view, std::string> loads[] = {
      {"cpu/load1", fmt::format("{:.2f}", info.load1)},
      {"cpu/load5", fmt::format("{:.2f}", info.load5)},
      {"cpu/load15", fmt::format("{:.2f}", info.load15)}};
  const std::pair<std::string_view, std::uint64_t> numbers[] = {{"cpu/used_ms", info.cpu_ms},
                                                                {"memory/total", info.resident_bytes},
                                                                {"memory/peak", info.resident_bytes_peak},
                                                                {"threads/count", info.threads},
                                                                {"threads/workers", info.workers},
                                                                {"io/max_fds", info.descriptors_max},
                                                                {"io/active_fds", info.descriptors}};
  std::string text;
  std::vector<std::pair<std::string, Json>> members;
  const auto add = [&](std::string_view name, std::string_view value, const Json& json) {
    if (!name.starts_with(prefix)) return;
    text += format_field(name, value, 24);
    members.emplace_back(name, json);
  };
  for (const auto& [name, value] : loads) add(name, value, value);
  for (const auto& [name, value] : numbers) add(name, std::to_string(value), value);
  call.answer(text, Json::object(members));
}

bool run_runtime(Desk& desk, const Call& call) {
  if (call.words.empty()) show_runtime(desk, call, "");
  return call.words.empty();
}

bool run_vm(Desk& desk, const Call& call) {
  constexpr std::pair<std::string_view, std::string_view> parts[] = {
      {"all", ""}, {"load", "cpu/"}, {"memory", "memory/"}, {"process", "threads/"}, {"io", "io/"}};
  const std::string_view wanted = call.words.empty() ? "all" : std::string_view(call.words[0]);
  for (const auto& [word, prefix] : parts) {
    if (word != wanted || call.words.size() > 1) continue;
    show_runtime(desk, call, prefix);
    return true;
  }
  return false;
}

constexpr Command broker_rows[] = {
    {"status", status_usage, run_status},
    {"broker", broker_usage, run_broker},
    {"runtime", runtime_usage, run_runtime},
    {"vm", vm_usage, run_vm},
};

}  // namespace

std::span<const Command> broker_commands() {
  return broker_rows;
}

}  // namespace meshmq::admin
