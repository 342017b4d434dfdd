#include <fmt/format.h>

#include <string>

#include "bench/meshmq_bench/result.hpp"

namespace meshmq::bench {
namespace {

constexpr double percentiles[] = {50, 90, 99, 99.9};

std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    if (at > 0 && digits[at - 1] != '-') digits.insert(at, ",");
  }
  return digits;
}

std::string grouped(std::uint64_t value) {
  return grouped(static_cast<double>(value));
}

std::string time_text(std::uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (value < 1e6) return fmt::format("{:.1f} us", value / 1e3);
  if (value < 1e9) return fmt::format("{:.2f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

std::string percentile_text(const Histogram& histogram) {
  std::string text;
  for (const double percent : percentiles) {
    text += fmt::format("p{} {}  ", percent, time_text(histogram.percentile(percent)));
  }
  return text + fmt::format("max {}", time_text(histogram.max()));
}

std::string percentile_json(const Histogram& histogram) {
  std::string text;
  for (const double percent : percentiles) {
    text += fmt::format("\"p{}\": {}, ", percent, histogram.percentile(percent));
  }
  return fmt::format("{{{}\"max\": {}, \"mean\": {:.0f}, \"count\": {}}}", text, histogram.max(),
                     histogram.mean(), histogram.count());
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

const char* version_text(mqtt::Version version) {
  switch (version) {
    case mqtt::Version::v3_1:
      return "3.1";
    case mqtt::Version::v3_1_1:
      return "3.1.1";
    case mqtt::Version::v5:
      return "5.0";
  }
  return "";
}

void print_traffic_header(const Options& o, const RunResult& r) {
  const std::string pace = o.rate > 0 ? fmt::format("{} msg/s each", o.rate) : "full speed";
  fmt::print("{}: {} publishers, {} subscribers, QoS {}, {}-byte payload, MQTT {}, window {}, {}\n",
             to_string(o.mode), o.publishers, o.subscribers, static_cast<int>(o.qos), o.payload_bytes,
             version_text(o.version), o.window, pace);
  fmt::print("  connected   {} clients in {:.2f} s\n", r.clients, r.connect_seconds);
}

void print_traffic(const Options& o, const RunResult& r) {
  const Counters& c = r.counters;
  fmt::print("  published   {} ({}/s)\n", grouped(c.published), grouped(r.per_second(c.published)));
  fmt::print("  delivered   {} ({}/s) in {:.2f} s\n", grouped(c.delivered),
             grouped(r.per_second(c.delivered)), r.seconds);
  fmt::print("  lost {}  duplicated {}  out of order {}  foreign {}\n", c.lost, c.duplicates, c.late,
             c.foreign);
  fmt::print("  latency     {}\n", percentile_text(r.latencies));
  if (r.stalled) fmt::print("  gave up after {} s without progress\n", o.stall_s);
  if (const auto cpu = r.cpu_seconds()) {
    const double share = r.seconds > 0 ? *cpu / r.seconds * 100 : 0;
    const double per_cpu_second = *cpu > 0 ? static_cast<double>(c.delivered) / *cpu : 0;
    fmt::print("  broker CPU  {:.2f} s ({:.0f} % of a core): {} deliveries per CPU-second\n", *cpu, share,
               grouped(per_cpu_second));
  }
}

void print_idle_header(const RunResult& r) {
  fmt::print("connect: {} of {} clients ready in {:.2f} s ({}/s)\n", r.counters.ready, r.clients,
             r.connect_seconds,
             grouped(r.connect_seconds > 0 ? static_cast<double>(r.counters.ready) / r.connect_seconds : 0));
}

void print_idle(const RunResult& r) {
  if (const auto memory = r.memory_per_connection()) {
    fmt::print("  broker memory        {} bytes per connection (private anonymous)\n", grouped(*memory));
  }
  fmt::print("  connect + subscribe  {}\n", percentile_text(r.connect_times));
  if (r.seconds > 0) fmt::print("  held                 {:.1f} s\n", r.seconds);
  if (const auto cpu = r.cpu_seconds(); cpu && r.seconds > 0) {
    fmt::print("  broker CPU           {:.2f} s ({:.1f} % of a core)\n", *cpu, *cpu / r.seconds * 100);
  }
}

}  // namespace

void print_ready(const Options& options, const RunResult& result) {
  options.mode == Mode::connect ? print_idle_header(result) : print_traffic_header(options, result);
  std::fflush(stdout);
}

void print_text(const Options& options, const RunResult& result) {
  if (result.exit_code != exit_cannot_connect) {
    options.mode == Mode::connect ? print_idle(result) : print_traffic(options, result);
  }
  std::fflush(stdout);
  if (result.failure.empty()) return;
  if (result.counters.disconnects > 1) {
    fmt::print(stderr, "meshmq_bench: {} connections failed, the first: {}\n", result.counters.disconnects,
               result.failure);
  } else {
    fmt::print(stderr, "meshmq_bench: {}\n", result.failure);
  }
}

void print_json(const Options& o, const RunResult& r) {
  const Counters& c = r.counters;
  fmt::print(
      "{{\n  \"mode\": \"{}\", \"mqtt\": \"{}\", \"qos\": {}, \"payload_bytes\": {}, \"window\": {}, "
      "\"rate\": {},\n",
      to_string(o.mode), version_text(o.version), static_cast<int>(o.qos), o.payload_bytes, o.window, o.rate);
  fmt::print("  \"publishers\": {}, \"subscribers\": {}, \"clients\": {}, \"ready\": {},\n",
             o.mode == Mode::connect ? 0 : o.publishers,
             o.mode == Mode::connect ? o.connections : o.subscribers, r.clients, c.ready);
  fmt::print("  \"connect_seconds\": {:.6f}, \"seconds\": {:.6f}, \"stalled\": {},\n", r.connect_seconds,
             r.seconds, r.stalled);
  fmt::print(
      "  \"published\": {}, \"acknowledged\": {}, \"delivered\": {}, \"lost\": {}, \"duplicates\": {},\n",
      c.published, c.acknowledged, c.delivered, c.lost, c.duplicates);
  fmt::print("  \"out_of_order\": {}, \"foreign\": {}, \"disconnects\": {},\n", c.late, c.foreign,
             c.disconnects);
  fmt::print("  \"published_per_second\": {:.1f}, \"delivered_per_second\": {:.1f},\n",
             r.per_second(c.published), r.per_second(c.delivered));
  fmt::print("  \"latency_ns\": {},\n  \"connect_ns\": {},\n", percentile_json(r.latencies),
             percentile_json(r.connect_times));
  if (const auto cpu = r.cpu_seconds()) {
    fmt::print("  \"broker_cpu_seconds\": {:.2f}, \"deliveries_per_cpu_second\": {:.1f},\n", *cpu,
               *cpu > 0 ? static_cast<double>(c.delivered) / *cpu : 0);
    fmt::print("  \"broker_anonymous_bytes\": {}, \"broker_bytes_per_connection\": {:.1f},\n",
               r.after->anonymous_bytes, r.memory_per_connection().value_or(0));
  }
  fmt::print("  \"failure\": \"{}\", \"exit_code\": {}\n}}\n", escaped(r.failure), r.exit_code);
}

}  // namespace meshmq::bench
