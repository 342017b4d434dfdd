#include "config/effect.hpp"

#include <algorithm>
#include <iterator>

#include "config/schema.hpp"

namespace meshmq::config {

namespace {

struct Rule {
  std::string_view pattern;  ///< may end in `**`
  Effect effect;
};

/// The first that fits counts; what none fits needs a restart.
constexpr Rule effect_rules[] = {
    // Whoever asks the node finds it by these.
    {"node.name", Effect::file_only},
    {"node.cookie", Effect::file_only},
    {"node.data_dir", Effect::file_only},
    {"node.epmd", Effect::file_only},
    {"node.dist_listen_min", Effect::file_only},
    {"node.dist_listen_max", Effect::file_only},
    {"node.ssl_dist_optfile", Effect::file_only},
    {"cluster.proto_dist", Effect::file_only},

    {"cluster.join_wait", Effect::at_once},
    {"cluster.autoheal", Effect::at_once},
    {"cluster.autoclean", Effect::at_once},
    {"cluster.connack_wait", Effect::at_once},
    {"cluster.suback_wait", Effect::at_once},
    {"cluster.forward_ack", Effect::at_once},
    {"cluster.forward_ack_wait", Effect::at_once},
    {"cluster.forward_keep_bytes", Effect::at_once},
    {"cluster.handover_wait", Effect::at_once},
    {"cluster.handover_rate", Effect::at_once},
    {"cluster.evacuation_rate", Effect::at_once},
    {"cluster.rebalance_tolerance", Effect::at_once},
    {"cluster.server_reference", Effect::at_once},
    {"cluster.wills_bytes", Effect::at_once},
    {"cluster.redial_min", Effect::at_once},
    {"cluster.redial_max", Effect::at_once},

    {"log.level", Effect::at_once},
    {"log.primary_log_level", Effect::at_once},
    {"slow_subs.**", Effect::at_once},
    {"trace.max_file_size", Effect::restart},
    {"trace.**", Effect::at_once},
    {"audit.max_entries", Effect::at_once},
    {"statsd.**", Effect::at_once},
    {"broker.shared_dispatch_ack_enabled", Effect::at_once},
    {"broker.sys_interval", Effect::at_once},
    {"broker.sys_heartbeat", Effect::at_once},
    {"alarm.**", Effect::at_once},
    {"os_mon.**", Effect::at_once},
    {"retainer.max_retained_messages", Effect::at_once},
    {"retainer.max_payload_size", Effect::at_once},
    {"retainer.stop_publish_clear_msg", Effect::at_once},
    {"module.**", Effect::at_once},

    {"management.default_application.**", Effect::at_once},
    {"management.max_row_limit", Effect::at_once},
    {"dashboard.default_user.**", Effect::at_once},
    {"dashboard.token_lifetime", Effect::at_once},
    {"prometheus.**", Effect::at_once},

    {"mqtt.**", Effect::new_clients},
    {"zone.**", Effect::new_clients},
    {"allow_anonymous", Effect::new_clients},
    {"acl_nomatch", Effect::new_clients},
    {"acl_deny_action", Effect::new_clients},
    {"acl_file", Effect::at_once},
    {"flapping_detect_policy", Effect::at_once},
    {"auth.**", Effect::at_once},

    {"listener.*.*.max_connections", Effect::at_once},
    {"listener.*.*.max_conn_rate", Effect::at_once},
};

}  // namespace

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::at_once:
      return "at once";
    case Effect::new_clients:
      return "for clients that connect from then on";
    case Effect::restart:
      return "after a restart";
    case Effect::file_only:
      return "after a restart, from the configuration file only";
  }
  return "";
}

Effect effect_of(std::string_view key) {
  const auto* rule = std::find_if(std::begin(effect_rules), std::end(effect_rules),
                                  [&](const Rule& r) { return matches(r.pattern, key); });
  return rule == std::end(effect_rules) ? Effect::restart : rule->effect;
}

std::string_view rule_without_key() {
  for (const Rule& rule : effect_rules) {
    const bool used = std::any_of(keys().begin(), keys().end(), [&](const Key& row) {
      return matches(rule.pattern, row.key) || matches(row.key, rule.pattern);
    });
    if (!used) return rule.pattern;
  }
  return {};
}

bool is_secret(std::string_view key) {
  const std::string_view last = key.substr(key.rfind('.') + 1);
  return last == "cookie" || last == "password" || last == "key_password" || last == "secret";
}

std::string_view scope_of(std::string_view key) {
  if (key.starts_with("zone.")) return "zone";
  return key.starts_with("listener.") ? "listener" : "node";
}

std::string_view group_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? "access" : key.substr(0, dot);
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::flag:
      return "flag";
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::real:
      return "number";
    case Type::duration_ms:
    case Type::duration_s:
    case Type::duration_or_integer:
      return "duration";
    case Type::bytes:
      return "size";
    case Type::percent:
      return "percent";
    case Type::word:
      return "word";
    case Type::address:
      return "address";
    default:
      return "string";
  }
}

std::string_view units_of(Type type) {
  switch (type) {
    case Type::duration_ms:
    case Type::duration_s:
    case Type::duration_or_integer:
      return "ms|s|m|h|d|w";
    case Type::bytes:
      return "KB|MB|GB";
    case Type::percent:
      return "%";
    default:
      return "";
  }
}

}  // namespace meshmq::config
