// `trace`: what happens to a client, a topic or an address; and why a message would arrive or not.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "admin/command.hpp"
#include "admin/explain.hpp"
#include "admin/traces.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine trace_usage[] = {
    {"trace list", "List all traces started"},
    {"trace start client <ClientId> [<Name> [<Level>]]", "Traces for a client, on all nodes"},
    {"trace start topic  <Topic>    [<Name> [<Level>]]", "Traces for a topic or filter"},
    {"trace start ip     <Address>  [<Name> [<Level>]]", "Traces for an address"},
    {"trace start ... --for <Seconds>", "How long; otherwise trace.duration"},
    {"trace stop  client <ClientId>", "Stop tracing for a client"},
    {"trace stop  topic  <Topic>", "Stop tracing for a topic"},
    {"trace stop  ip     <Address>", "Stop tracing for an address"},
    {"trace log <Name>", "What this node has written of a trace"},
    {"trace delete <Name>", "Forget a trace and its files, on all nodes"},
    {"trace explain <ClientId> <Topic>", "Why the client would get a message, or not"},
    {"trace explain ... --qos <QoS> --from <Node> --publisher <ClientId>",
     "Published so, there, by that client"},
};
constexpr std::size_t log_bytes_shown = 1024 * 1024;

std::optional<std::uint64_t> number_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// Takes `--name value` out of the words; empty if it is not there.
std::string take_option(std::vector<std::string>& words, std::string_view name) {
  const auto at = std::find(words.begin(), words.end(), name);
  if (at == words.end() || at + 1 == words.end()) return {};
  std::string value = *(at + 1);
  words.erase(at, at + 2);
  return value;
}

/// 4.3 names a file: `log/joe.log` is the trace joe.
std::string trace_name(std::string file) {
  file.erase(0, file.rfind('/') + 1);
  if (file.ends_with(".log")) file.resize(file.size() - 4);
  return file;
}

void list_traces(Desk& desk, const Call& call) {
  const auto traces = desk.control.watches().traces();
  std::string text;
  std::vector<Json> rows;
  for (const auto& [name, row] : traces) {
    const std::string path = desk.host.records().trace_path(name);
    text += fmt::format("Trace({}={}, level={}, destination={}, name={}, status={}, end_at={})\n",
                        name_of(row.kind), row.value, to_string(row.level), path, name,
                        row.status(call.now.wall), format_datetime(row.end_at));
    rows.push_back(Json::object({{"name", name},
                                 {"type", name_of(row.kind)},
                                 {"value", row.value},
                                 {"level", to_string(row.level)},
                                 {"status", row.status(call.now.wall)},
                                 {"destination", path},
                                 {"end_at", row.end_at}}));
  }
  call.answer(text, Json::array(rows));
}

bool start_trace(Desk& desk, const Call& call) {
  std::vector<std::string> words = call.words;
  const std::string named = take_option(words, "--name");
  const std::string seconds = take_option(words, "--for");
  if (words.size() < 3 || words.size() > 5) return false;
  const auto kind = trace_kind_of(words[1]);
  if (!kind) return false;
  const auto failed = [&](std::string_view why) {
    call.refuse(fmt::format("[error] trace {} {}: {}", name_of(*kind), words[2], why));
    return true;
  };
  node::TraceRow row{.kind = *kind, .value = words[2]};
  const auto level = words.size() == 5 ? log_level_of(words[4]) : LogLevel::debug;
  const auto duration = seconds.empty() ? 0 : number_of(seconds);
  if (!level) return failed(words[4] + " is no level");
  if (!duration) return failed(seconds + " is no number of seconds");
  row.level = *level;
  std::string name = !named.empty() ? named : words.size() > 3 ? trace_name(words[3]) : "";
  const auto limited = std::min<std::uint64_t>(*duration, UINT32_MAX);
  const auto started = start_trace(desk, std::move(name), row, std::chrono::seconds(limited), call.now);
  if (!started) return failed(started.error().message);
  call.answer(fmt::format("trace {} {} successfully\n", name_of(*kind), words[2]),
              Json::object({{"name", *started}}));
  return true;
}

void stop(Desk& desk, const Call& call, broker::TraceKind kind) {
  const std::string& value = call.words[2];
  bool stopped = false;
  for (const auto& [name, row] : desk.control.watches().traces()) {
    if (row.kind == kind && row.value == value && desk.control.watches().stop(name, call.now)) stopped = true;
  }
  if (!stopped) {
    return call.refuse(
        fmt::format("[error] stop tracing {} {}: there is no such trace", name_of(kind), value));
  }
  call.answer(fmt::format("stop tracing {} {} successfully\n", name_of(kind), value), Json("ok"));
}

void remove_trace(Desk& desk, const Call& call) {
  if (!desk.control.watches().remove(call.words[1], call.now))
    return call.refuse("[error] there is no trace " + call.words[1]);
  call.answer("ok\n", Json("ok"));
}

void show_log(Desk& desk, const Call& call) {
  const std::string& name = call.words[1];
  if (!desk.control.watches().find(name)) return call.refuse("[error] there is no trace " + name);
  const Records& records = desk.host.records();
  const std::uint64_t size = records.trace_bytes(name);
  const auto bytes =
      records.read_trace(name, size - std::min<std::uint64_t>(size, log_bytes_shown), log_bytes_shown);
  if (!bytes) return call.refuse("[error] " + bytes.error().message);
  call.answer(*bytes, Json::object({{"log", *bytes}}));
}

bool run_explain(Desk& desk, const Call& call) {
  std::vector<std::string> words = call.words;
  const std::string qos = take_option(words, "--qos");
  ExplainRequest request{.from = take_option(words, "--from"),
                         .publisher = take_option(words, "--publisher")};
  const bool good_qos = qos.empty() || qos == "0" || qos == "1" || qos == "2";
  if (words.size() != 3 || !good_qos) return false;
  request.client_id = words[1];
  request.topic = words[2];
  if (!qos.empty()) request.qos = static_cast<mqtt::QoS>(qos[0] - '0');
  explain(desk, request, call.now, [call](const Result<Explanation>& explanation) {
    if (!explanation) return call.refuse("[error] " + explanation.error().message);
    call.answer(explanation->text(), explanation->json());
  });
  return true;
}

bool run_trace(Desk& desk, const Call& call) {
  if (call.words.empty()) return false;
  if (call.is("list", 0)) {
    list_traces(desk, call);
  } else if (call.words[0] == "start") {
    return start_trace(desk, call);
  } else if (call.is("stop", 2) && trace_kind_of(call.words[1])) {
    stop(desk, call, *trace_kind_of(call.words[1]));
  } else if (call.is("delete", 1)) {
    remove_trace(desk, call);
  } else if (call.is("log", 1)) {
    show_log(desk, call);
  } else if (call.words[0] == "explain") {
    return run_explain(desk, call);
  } else {
    return explain_part(desk, call);
  }
  return true;
}

constexpr Command trace_rows[] = {{"trace", trace_usage, run_trace}};

}  // namespace

std::optional<broker::TraceKind> trace_kind_of(std::string_view word) {
  if (word == "client" || word == "clientid") return broker::TraceKind::client_id;
  if (word == "topic") return broker::TraceKind::topic;
  if (word == "ip" || word == "ip_address") return broker::TraceKind::ip_address;
  return std::nullopt;
}

std::string_view name_of(broker::TraceKind kind) {
  switch (kind) {
    case broker::TraceKind::client_id:
      return "clientid";
    case broker::TraceKind::topic:
      return "topic";
    case broker::TraceKind::ip_address:
      return "ip_address";
  }
  return "unknown";
}

Result<std::string> start_trace(Desk& desk, std::string name, node::TraceRow row, Duration duration,
                                Now now) {
  node::Watches& watches = desk.control.watches();
  if (name.empty()) {
    constexpr std::size_t value_shown = 40;
    std::string base(name_of(row.kind));
    base += '-';
    for (const char c : row.value.substr(0, value_shown))
      base += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    name = base;
    for (int i = 2; watches.find(name); ++i) name = fmt::format("{}-{}", base, i);
  }
  const auto started = watches.start(name, std::move(row), duration, now);
  if (!started) return tl::unexpected<Error>(started.error());
  return name;
}

std::span<const Command> trace_commands() {
  return trace_rows;
}

}  // namespace meshmq::admin
