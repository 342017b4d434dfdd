#include "config/schema.hpp"

#include <algorithm>
#include <utility>

#include "config/assign.hpp"
#include "config/effect.hpp"
#include "config/expanded_table.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void node(Target& t, const Value& v) {
  assign(t.config.node.*Field, v);
}
template <auto Field>
void mesh(Target& t, const Value& v) {
  assign(t.config.mesh.*Field, v);
}
template <auto Field>
void store(Target& t, const Value& v) {
  assign(t.config.store.*Field, v);
}
template <auto Field>
void log(Target& t, const Value& v) {
  assign(t.config.log.*Field, v);
}
template <auto Field>
void top(Target& t, const Value& v) {
  assign(t.config.*Field, v);
}

/// Nothing if it is the word of none.
std::optional<LogLevel> level_of(std::string_view word) {
  constexpr std::pair<std::string_view, LogLevel> levels[] = {
      {"debug", LogLevel::debug},     {"info", LogLevel::info},          {"notice", LogLevel::notice},
      {"warning", LogLevel::warning}, {"error", LogLevel::error},        {"critical", LogLevel::critical},
      {"alert", LogLevel::critical},  {"emergency", LogLevel::critical}, {"all", LogLevel::debug}};
  for (const auto& [name, level] : levels) {
    if (word == name) return level;
  }
  return std::nullopt;
}
void log_level(Target& t, const Value& v) {
  t.config.log.level = level_of(v.text).value_or(LogLevel::warning);
}
void log_primary_level(Target& t, const Value& v) {
  t.config.log.primary_level = level_of(v.text);
}
void log_formatter(Target& t, const Value& v) {
  t.config.log.json = v.text == "json";
}

void retained_storage(Target& t, const Value& v) {
  t.config.node.retained_durable = v.text != "ram";
}
void shared_strategy(Target& t, const Value& v) {
  using broker::SharedStrategy;
  constexpr std::pair<std::string_view, SharedStrategy> strategies[] = {
      {"random", SharedStrategy::random},
      {"round_robin", SharedStrategy::round_robin},
      {"round_robin_per_group", SharedStrategy::round_robin_per_group},
      {"sticky", SharedStrategy::sticky},
      {"hash", SharedStrategy::hash_clientid},
      {"hash_clientid", SharedStrategy::hash_clientid},
      {"hash_topic", SharedStrategy::hash_topic},
      {"local", SharedStrategy::local}};
  for (const auto& [name, strategy] : strategies) {
    if (v.text == name) t.config.node.broker.shared_strategy = strategy;
  }
}
void stop_publish_clear(Target& t, const Value& v) {
  assign(t.config.node.broker.stop_publish_clear, v);
}
void shared_dispatch_ack(Target& t, const Value& v) {
  assign(t.config.node.broker.shared_dispatch_ack, v);
}

using N = node::Config;
constexpr std::int64_t any = INT64_MAX;
constexpr Range counter{0, UINT32_MAX};
constexpr Range positive_ms{1, any};

constexpr Key node_table[] = {
    // ---- node
    {"node.name", Type::node_name, "meshmq@127.0.0.1",
     "Name of the node. The other nodes reach it by the host behind the @", node<&N::name>},
    {"node.cookie", Type::text, default_cookie,
     "Secret that all nodes of a cluster share; checked, never sent", mesh<&Mesh::cookie>},
    {"node.data_dir", Type::text, "data", "Directory of what must survive a restart", top<&Config::data_dir>},
    {"node.store_sync",
     Type::word,
     "on",
     "When what is written there has to survive a loss of power: on: before anybody is told that it is kept; "
     "interval, off: later; a crash of the process alone loses nothing in any case",
     store<&Store::sync>,
     {},
     "on interval off"},
    {"node.store_sync_interval", Type::duration_ms, "100ms", "How much later, with interval",
     store<&Store::sync_interval>, positive_ms},
    {"node.workers",
     Type::integer,
     "0",
     "Worker threads; 0: one for each core",
     node<&N::workers>,
     {0, 1024}},
    {"node.mailbox_messages",
     Type::integer,
     "16384",
     "Messages waiting for one worker before publishers are slowed",
     top<&Config::mailbox_messages>,
     {1, any}},
    {"node.mailbox_bytes",
     Type::bytes,
     "16MB",
     "The same in bytes",
     top<&Config::mailbox_bytes>,
     {1024, any}},
    {"node.dist_listen_min",
     Type::integer,
     "6369",
     "First port to try for links from other nodes; 0: any free one",
     mesh<&Mesh::dist_listen_min>,
     {0, 65535}},
    {"node.dist_listen_max",
     Type::integer,
     "7369",
     "Last port to try",
     mesh<&Mesh::dist_listen_max>,
     {0, 65535}},
    {"node.net_ticktime",
     Type::duration_ms,
     "8s",
     "A node that is silent for so long is taken for down",
     mesh<&Mesh::net_ticktime>,
     {1000, any}},
    {"node.net_setuptime",
     Type::duration_ms,
     "7s",
     "Time for connecting to a node, handshake included",
     mesh<&Mesh::net_setuptime>,
     {100, any}},
    {"node.ssl_dist_optfile", Type::text, "",
     "What TLS between nodes needs, as an Erlang term: certificates, whom to trust",
     mesh<&Mesh::ssl_dist_optfile>},
    {"node.epmd", Type::flag, "on",
     "Register with the EPMD of the host, or serve EPMD if there is none. off: nodes find each other by "
     "node.dist_listen_min alone",
     mesh<&Mesh::epmd>},

    // ---- cluster
    {"cluster.proto_dist",
     Type::word,
     "inet_tcp",
     "IPv4 or IPv6 between nodes, and whether they speak TLS; all nodes of a cluster alike",
     mesh<&Mesh::proto_dist>,
     {},
     "inet_tcp inet6_tcp inet_tls inet6_tls"},
    {"cluster.join_wait", Type::duration_ms, "15s", "How long `cluster join` tries", node<&N::join_wait>,
     positive_ms},
    {"cluster.autoheal", Type::flag, "on",
     "Parts of a cluster that was split become one by themselves when they meet; off: by `cluster heal`",
     node<&N::autoheal>},
    {"cluster.autoclean", Type::duration_or_integer, "5m",
     "A member that is out of reach for so long is forgotten until it comes back; 0: never",
     node<&N::autoclean>},
    {"cluster.connack_wait", Type::duration_ms, "1s",
     "CONNACK waits at most so long for all nodes to know where the session is", node<&N::connack_wait>,
     positive_ms},
    {"cluster.suback_wait", Type::duration_ms, "5s",
     "SUBACK and UNSUBACK wait at most so long for all nodes to know the routes, and an operator for them to "
     "have what was written",
     node<&N::suback_wait>, positive_ms},
    {"cluster.forward_ack", Type::flag, "on", "PUBACK and PUBREC wait until the other nodes have the message",
     node<&N::forward_ack>},
    {"cluster.forward_ack_wait", Type::duration_ms, "5s", "But at most so long", node<&N::forward_ack_wait>,
     positive_ms},
    {"cluster.forward_keep", Type::duration_ms, "5m",
     "QoS 1 and 2 messages for a node that is away are kept so long", node<&N::forward_keep>, positive_ms},
    {"cluster.forward_keep_bytes",
     Type::bytes,
     "32MB",
     "But at most so many bytes by each worker for each such node; what comes then is dropped",
     node<&N::forward_keep_bytes>,
     {0, any}},
    {"cluster.handover_wait",
     Type::duration_ms,
     "20s",
     "A node that ends hands its sessions over to running nodes for at most so long; it keeps the others on "
     "disk",
     node<&N::handover_wait>,
     {0, any}},
    {"cluster.handover_rate",
     Type::integer,
     "1000",
     "Sessions handed over in a second, at most",
     node<&N::handover_rate>,
     {1, UINT32_MAX}},
    {"cluster.evacuation_rate",
     Type::integer,
     "100",
     "Clients per second that `cluster evacuate` and `cluster rebalance` send away from a node, unless the "
     "command says otherwise",
     node<&N::evacuation_rate>,
     {1, UINT32_MAX}},
    {"cluster.rebalance_tolerance",
     Type::integer,
     "10",
     "Percent by which a node may have more clients than the mean of all nodes before `cluster rebalance` "
     "sends some away",
     node<&N::rebalance_tolerance>,
     {1, 100}},
    {"cluster.server_reference", Type::text, "",
     "Server Reference for MQTT 5 clients that are sent to other nodes, such as `a.example.com:1883 "
     "b.example.com:1883`",
     node<&N::server_reference>},
    {"cluster.dead_node_wills",
     Type::duration_or_integer,
     "1m",
     "A node that is silent for so long is taken for dead, and the wills of its clients are published; 0: "
     "only if it is certain that it is dead",
     node<&N::dead_node_wills>,
     {0, any}},
    {"cluster.wills_bytes",
     Type::bytes,
     "64MB",
     "Wills of a node's clients that the other nodes keep in case it dies, at most",
     node<&N::wills_bytes>,
     {0, any}},
    {"cluster.link_high_watermark",
     Type::bytes,
     "16MB",
     "Bytes waiting for one node before publishers are slowed",
     node<&N::link_bytes_max>,
     {64 * 1024, any}},
    {"cluster.redial_min", Type::duration_ms, "200ms",
     "First pause before a member that is away is dialled again", node<&N::redial_min>, positive_ms},
    {"cluster.redial_max", Type::duration_ms, "5s", "Longest such pause", node<&N::redial_max>, positive_ms},
    {"cluster.log_entries",
     Type::integer,
     "100000",
     "Changes kept for nodes that reconnect; one that missed more gets a snapshot",
     node<&N::log_entries_max>,
     {1, any}},

    // ---- log
    {"log.to",
     Type::word,
     "file",
     "Where the log goes; syslog: to syslogd or journald; `foreground` and `console` log to the console",
     log<&Log::to>,
     {},
     "off file console both syslog"},
    {"log.level",
     Type::word,
     "warning",
     "The least important lines that are kept",
     log_level,
     {},
     "debug info notice warning error critical alert emergency all"},
    {"log.primary_log_level",
     Type::word,
     "",
     "The same before lines are given to console, file or syslog; missing: log.level",
     log_primary_level,
     {},
     "debug info notice warning error critical alert emergency all"},
    {"log.formatter",
     Type::word,
     "text",
     "How lines look; json: one object each, with client, peer and topic",
     log_formatter,
     {},
     "text json"},
    {"log.dir", Type::text, "log", "Directory of log files, within node.data_dir unless absolute",
     log<&Log::dir>},
    {"log.file", Type::text, "meshmq.log", "Name of the log file", log<&Log::file>},
    {"log.rotation", Type::flag, "on", "Begin a new file when one is full", log<&Log::rotation>},
    {"log.rotation.size", Type::bytes, "10MB", "Full means this", log<&Log::rotation_bytes>, {4096, any}},
    {"log.rotation.count",
     Type::integer,
     "5",
     "Files kept, the current one included",
     log<&Log::rotation_count>,
     {1, 1000}},

    // ---- broker
    {"broker.shared_subscription_strategy",
     Type::word,
     "random",
     "Which member of a shared subscription gets a message; hash is hash_clientid",
     shared_strategy,
     {},
     "random round_robin round_robin_per_group sticky hash hash_clientid hash_topic local"},
    {"broker.shared_dispatch_ack_enabled", Type::boolean, "false",
     "QoS 1 and 2 messages go to a member that can take them at once, if there is one, not into a queue",
     shared_dispatch_ack},

    // ---- retainer
    {"retainer.max_retained_messages", Type::integer, "0", "Retained messages; 0: no limit",
     node<&N::retained_max>, counter},
    {"retainer.max_payload_size", Type::bytes, "1MB", "Largest payload that is retained",
     node<&N::retained_payload_bytes_max>},
    {"retainer.expiry_interval", Type::duration_or_integer, "0",
     "How long retained messages live whose publisher has not said it; 0: until they are replaced or deleted",
     node<&N::retained_lifetime>},
    {"retainer.stop_publish_clear_msg", Type::boolean, "false",
     "Whether the empty message that deletes a retained one goes to nobody, against the specification",
     stop_publish_clear},
    {"retainer.storage_type",
     Type::word,
     "disc",
     "Whether retained messages survive a restart of the node: ram: no; disc and disc_only: yes (4.3 ships "
     "ram)",
     retained_storage,
     {},
     "ram disc disc_only"},
};

}  // namespace

std::span<const Key> keys() {
  static const ExpandedTable<Key> all({node_table, module_keys(), monitoring_keys(), observation_keys(),
                                       management_keys(), discovery_keys(), zone_keys(), access_keys(),
                                       listener_keys(), websocket_keys()});
  return all.keys();
}

const Key* find_key(std::string_view key) {
  const auto it =
      std::find_if(keys().begin(), keys().end(), [&](const Key& row) { return matches(row.key, key); });
  return it == keys().end() ? nullptr : &*it;
}

std::vector<std::string> expand(std::string_view pattern) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return {std::string(pattern)};
  const std::size_t close = pattern.find('}', open);
  std::string_view words = pattern.substr(open + 1, close - open - 1);
  std::vector<std::string> result;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(','), words.size());
    result.emplace_back(pattern.substr(0, open));
    result.back().append(words.substr(0, end)).append(pattern.substr(close + 1));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return result;
}

bool matches(std::string_view pattern, std::string_view key) {
  while (true) {
    if (pattern == "**") return !key.empty();
    const std::size_t pattern_end = std::min(pattern.find('.'), pattern.size());
    const std::size_t key_end = std::min(key.find('.'), key.size());
    const std::string_view level = pattern.substr(0, pattern_end);
    if (key_end == 0 || (level != "*" && level != key.substr(0, key_end))) return false;
    const bool pattern_done = pattern_end == pattern.size();
    const bool key_done = key_end == key.size();
    if (pattern_done || key_done) return pattern_done && key_done;
    pattern.remove_prefix(pattern_end + 1);
    key.remove_prefix(key_end + 1);
  }
}

std::string_view name_in(std::string_view pattern, std::string_view key) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return {};
  // The level of the same number, also in a key that only resembles the pattern.
  for (auto dots = std::count(pattern.begin(), pattern.begin() + static_cast<std::ptrdiff_t>(star), '.');
       dots > 0; --dots) {
    const std::size_t dot = key.find('.');
    if (dot == std::string_view::npos) return {};
    key.remove_prefix(dot + 1);
  }
  return key.substr(0, key.find('.'));
}

std::string instance_of(std::string_view pattern, std::string_view name) {
  std::string result(pattern);
  const std::size_t star = result.find('*');
  if (star != std::string::npos) result.replace(star, 1, name);
  return result;
}

std::string describe_keys() {
  std::string text = "| key | default | value | a change counts | meaning |\n|---|---|---|---|---|\n";
  const auto describe = [&text](const Key& key) {
    std::string fallback = key.fallback.empty() ? "" : "`" + std::string(key.fallback) + "`";
    text.append("| `").append(key.key).append("` | ").append(fallback).append(" | ");
    text.append(describe_type(key.type, key.range, key.words)).append(" | ");
    text.append(to_string(effect_of(key.key))).append(" | ").append(key.help).append(" |\n");
  };
  for (const Key& key : node_table) describe(key);
  for (const Key& key : module_keys()) describe(key);
  for (const Key& key : monitoring_keys()) describe(key);
  for (const Key& key : observation_keys()) describe(key);
  for (const Key& key : management_keys()) describe(key);
  for (const Key& key : discovery_keys()) describe(key);
  for (const Key& key : zone_keys()) describe(key);
  for (const Key& key : access_keys()) describe(key);
  for (const Key& key : listener_keys()) describe(key);
  for (const Key& key : websocket_keys()) describe(key);
  return text;
}

}  // namespace meshmq::config
