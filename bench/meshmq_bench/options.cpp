#include "bench/meshmq_bench/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string_view>

#include "bench/meshmq_bench/stamp.hpp"

namespace meshmq::bench {
namespace {

/// What CLI11 fills before it is checked and converted.
struct Raw {
  std::vector<std::string> publish_to;
  std::vector<std::string> subscribe_to;
  unsigned qos = 0;
  unsigned version = 4;
};

Address parse_address(const std::string& text, std::uint16_t default_port) {
  const std::size_t colon = text.rfind(':');
  const bool bare_ipv6 = colon != text.find(':') && !text.starts_with('[');
  Address address{text, default_port};
  if (colon != std::string::npos && !bare_ipv6) {
    address.host = text.substr(0, colon);
    const std::string_view port = std::string_view(text).substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port == 0) {
      throw CLI::ValidationError(fmt::format("'{}' is not HOST:PORT", text));
    }
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  return address;
}

void add_common(CLI::App& app, Options& o, Raw& raw) {
  app.add_option("--host", o.broker.host, "broker")->capture_default_str();
  app.add_option("-p,--port", o.broker.port)->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--pub-to", raw.publish_to, "HOST:PORT for publishers, taken in turn")->delimiter(',');
  app.add_option("--sub-to", raw.subscribe_to, "HOST:PORT for subscribers, taken in turn")->delimiter(',');
  app.add_option("--mqtt", raw.version, "protocol: 3 (3.1), 4 (3.1.1) or 5")
      ->check(CLI::IsMember({3, 4, 5}))
      ->capture_default_str();
  app.add_option("--keepalive", o.keepalive_s, "seconds, 0 = off")->capture_default_str();
  app.add_option("--clean", o.clean, "clean session / clean start")->capture_default_str();
  app.add_option("--session-expiry", o.session_expiry_s, "seconds (MQTT 5)")->capture_default_str();
  app.add_flag("--tls", o.tls, "TLS; the broker's certificate is not checked");
  app.add_flag("--ws", o.websocket, "MQTT over WebSocket, at /mqtt; with --tls: wss");
  app.add_option("-u,--username", o.username);
  app.add_option("--password", o.password);
  app.add_option("--topic-prefix", o.topic_prefix, "first level of all topics")->capture_default_str();
  app.add_option("--id-prefix", o.id_prefix, "begin of all client ids")->capture_default_str();
  app.add_option("--connect-rate", o.connect_rate, "connections per second, 0 = no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--connect-parallel", o.connect_parallel, "connections being opened at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--connect-timeout", o.connect_timeout_s,
                 "seconds until a silent broker counts as not there")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("-t,--threads", o.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--settle", o.settle_s, "seconds of silence before measuring")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--pid", o.pids, "broker's process(es): measure CPU and memory")->delimiter(',');
  app.add_flag("--json", o.json, "one JSON object instead of text");
}

void add_traffic(CLI::App& app, Options& o, Raw& raw) {
  app.add_option("-q,--qos", raw.qos)->check(CLI::Range(0, 2))->capture_default_str();
  app.add_option("--payload", o.payload_bytes, "bytes")
      ->check(CLI::Range(stamp_bytes, std::size_t{1} << 27))
      ->capture_default_str();
  app.add_option("--rate", o.rate, "messages per second and publisher, 0 = as the window allows")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--window", o.window, "messages of a publisher on their way, 0 = no limit")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  auto* messages = app.add_option("-n,--messages", o.messages, "per publisher; ends the run");
  app.add_option("-d,--duration", o.duration_s, "seconds")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->excludes(messages);
  app.add_option("--stall", o.stall_s, "seconds without progress until missing messages count as lost")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_modes(CLI::App& app, Options& o, Raw& raw) {
  auto* connect = app.add_subcommand("connect", "idle connections with subscriptions");
  connect->add_option("-c,--connections", o.connections)->check(CLI::PositiveNumber)->capture_default_str();
  connect->add_option("--subscriptions", o.subscriptions, "of each connection")->capture_default_str();
  connect->add_option("--hold", o.hold_s, "seconds to stay connected")->check(CLI::NonNegativeNumber);
  connect->add_flag("--wildcard", o.wildcard, "subscribe to filters with a wildcard");
  connect->callback([&o] { o.mode = Mode::connect; });
  add_common(*connect, o, raw);

  auto* p2p = app.add_subcommand("p2p", "pairs of a publisher and a subscriber, each with its own topic");
  p2p->add_option("-c,--pairs", o.publishers)->check(CLI::PositiveNumber)->capture_default_str();
  p2p->callback([&o] {
    o.mode = Mode::p2p;
    o.subscribers = o.publishers;
  });

  auto* fan_out = app.add_subcommand("fan-out", "publishers -> every subscriber of one topic");
  fan_out->callback([&o] { o.mode = Mode::fan_out; });
  auto* fan_in = app.add_subcommand("fan-in", "publishers with a topic each -> subscribers with a wildcard");
  fan_in->callback([&o] { o.mode = Mode::fan_in; });
  for (CLI::App* fan : {fan_out, fan_in}) {
    fan->add_option("-P,--publishers", o.publishers)->check(CLI::PositiveNumber)->capture_default_str();
    fan->add_option("-S,--subscribers", o.subscribers)->check(CLI::PositiveNumber)->capture_default_str();
    fan->add_flag("--shared", o.shared, "subscribers share the messages among them ($share)");
  }
  for (CLI::App* traffic : {p2p, fan_out, fan_in}) {
    add_common(*traffic, o, raw);
    add_traffic(*traffic, o, raw);
  }
}

void check(Options& o, const Raw& raw) {
  for (const auto& text : raw.publish_to) o.publish_to.push_back(parse_address(text, o.broker.port));
  for (const auto& text : raw.subscribe_to) o.subscribe_to.push_back(parse_address(text, o.broker.port));
  if (o.publish_to.empty()) o.publish_to.push_back(o.broker);
  if (o.subscribe_to.empty()) o.subscribe_to.push_back(o.broker);
  o.qos = static_cast<mqtt::QoS>(raw.qos);
  o.version = static_cast<mqtt::Version>(raw.version);
  if (o.window == 0 && o.rate == 0) throw CLI::ValidationError("--window 0 needs a --rate");
  if (o.session_expiry_s != 0 && raw.version != 5)
    throw CLI::ValidationError("--session-expiry needs --mqtt 5");
}

}  // namespace

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::connect:
      return "connect";
    case Mode::p2p:
      return "p2p";
    case Mode::fan_out:
      return "fan-out";
    case Mode::fan_in:
      return "fan-in";
  }
  return "";
}

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app(
      "Load generator for MQTT brokers: every message carries a number and a time, so that losses, "
      "duplicates and latencies are seen.");
  app.footer(
      "Exit status: 0 ok, 1 messages lost or doubled where the QoS forbids it or connections lost, 2 usage, "
      "3 cannot connect.");
  app.require_subcommand(1);
  Raw raw;
  add_modes(app, options, raw);
  try {
    app.parse(argc, argv);
    check(options, raw);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  return std::nullopt;
}

}  // namespace meshmq::bench
