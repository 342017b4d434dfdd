#include "config/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "config/nearest.hpp"
#include "config/schema.hpp"
#include "config/source.hpp"

namespace meshmq::config {

namespace {

/// The zone of listeners that name none.
constexpr std::string_view zone_default = "external";

template <class Table>
auto find_pattern(const Table& table, std::string_view key) -> decltype(table.data()) {
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return matches(row.key, key); });
  return it == table.end() ? nullptr : &*it;
}

/// Whether a key without name of a zone counts in all of them.
bool counts_in_zones(std::string_view key) {
  constexpr std::string_view keys_of_access[] = {"allow_anonymous", "acl_nomatch", "acl_deny_action"};
  return key.starts_with("zone.") || key.starts_with("mqtt.") ||
         std::find(std::begin(keys_of_access), std::end(keys_of_access), key) != std::end(keys_of_access);
}

std::string listener_pattern(std::string_view kind) {
  return fmt::format("listener.{}.*", kind);
}

/// As numbers: 10 comes after 9.
bool before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string_view why(ForeignKey::Reason reason) {
  return reason == ForeignKey::Reason::not_yet ? "no effect yet" : "no effect, MeshMQ has nothing like it";
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

class Loader {
 public:
  using Environment = std::span<const std::pair<std::string, std::string>>;

  Loaded run(Merged merged, Environment environment) {
    result_.errors = std::move(merged.errors);
    settings_ = merged.settings;
    if (!merged.listener_named)
      settings_["listener.tcp.external"] = {"listener.tcp.external", "0.0.0.0:1883", "default"};
    if (!merged.listener_named && !merged.dashboard_named)
      settings_["dashboard.listener.http"] = {"dashboard.listener.http", "127.0.0.1:18083", "default"};
    result_.merged = std::move(merged);
    make_listeners();
    make_zones();
    apply_keys();
    make_mountpoints();
    make_modules();
    read_api_server(environment);
    take_users();
    check_others();
    check_together();
    read_epmd_port(environment);
    return std::move(result_);
  }

 private:
  void make_listeners() {
    for (const std::string_view kind : listener_kinds) {
      const std::string pattern = listener_pattern(kind);
      for (const auto& [key, setting] : settings_) {
        if (!matches(pattern, key)) continue;
        Listener listener;
        listener.kind = kind;
        listener.name = name_in(pattern, key);
        add_host_names(listener);
        add_access_lines(listener);
        result_.config.listeners.push_back(std::move(listener));
      }
    }
  }

  /// What the last `*` of `pattern` stands for in the keys that there are.
  std::set<std::string> names_below(const Listener& listener, std::string_view pattern) const {
    std::set<std::string> names;
    const std::string whole = fmt::format("listener.{}.{}.{}", listener.kind, listener.name, pattern);
    for (const auto& [key, setting] : settings_) {
      if (matches(whole, key)) names.emplace(name_in(whole, key));
    }
    return names;
  }

  void add_access_lines(Listener& listener) {
    for (const std::string& name : names_below(listener, "access.*")) listener.access.push_back({name, {}});
    std::sort(listener.access.begin(), listener.access.end(),
              [](const AccessLine& a, const AccessLine& b) { return before(a.number, b.number); });
  }

  void add_host_names(Listener& listener) {
    for (const std::string& name : names_below(listener, "sni.*.*")) {
      TlsCertificate certificate;
      certificate.name = name;
      listener.tls.sni.push_back(std::move(certificate));
    }
  }

  /// Those that listeners name, after the default one.
  void make_zones() {
    std::vector<std::string>& names = result_.config.zone_names;
    names.emplace_back(zone_default);
    for (Listener& listener : result_.config.listeners) {
      const auto setting = settings_.find(fmt::format("listener.{}.{}.zone", listener.kind, listener.name));
      if (setting == settings_.end()) continue;
      const std::string& name = setting->second.value;
      const auto known = std::find(names.begin(), names.end(), name);
      listener.zone_index = static_cast<std::uint16_t>(known - names.begin());
      if (known == names.end()) names.push_back(name);
    }
    result_.config.node.broker.more_zones.resize(names.size() - 1);
  }

  /// A listener with a mountpoint of its own has a zone of its own, which is as the one it names otherwise.
  void make_mountpoints() {
    for (Listener& listener : result_.config.listeners) {
      if (listener.mountpoint.empty()) continue;
      broker::Config own = zone(listener.zone_index);
      own.more_zones.clear();
      own.mountpoint = listener.mountpoint;
      result_.config.node.broker.more_zones.push_back(std::move(own));
      result_.config.zone_names.push_back(
          fmt::format("{} of listener.{}.{}", listener.zone, listener.kind, listener.name));
      listener.zone_index = static_cast<std::uint16_t>(result_.config.zone_names.size() - 1);
    }
  }

  broker::Config& zone(std::size_t index) {
    broker::Config& first = result_.config.node.broker;
    return index == 0 ? first : first.more_zones[index - 1];
  }

  void apply_to_zones(const Key& key) {
    const std::vector<std::string>& names = result_.config.zone_names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      Target target{result_.config};
      target.zone = &zone(i);
      apply(key, instance_of(key.key, names[i]), target);
    }
  }

  /// Keys of modules with names that the user chooses, numbers as a rule, in their order.
  void apply_to_modules(const Key& key) {
    std::vector<std::string> names;
    for (const auto& [name, setting] : settings_) {
      if (matches(key.key, name)) names.emplace_back(name_in(key.key, name));
    }
    std::sort(names.begin(), names.end(), before);
    for (const std::string& name : names) {
      Target target{result_.config};
      target.name = name;
      apply(key, instance_of(key.key, name), target);
    }
  }

  static topic::RewritesPtr make_rewrites(const std::vector<std::string>& texts) {
    std::vector<topic::RewriteRule> rules;
    for (const std::string& text : texts) {
      if (auto rule = topic::RewriteRule::parse(text)) rules.push_back(std::move(*rule));
    }
    return rules.empty() ? nullptr : std::make_shared<const topic::Rewrites>(std::move(rules));
  }

  void make_modules() {
    const Modules& modules = result_.config.modules;
    broker::Config& config = result_.config.node.broker;
    config.rewrite_publish = make_rewrites(modules.publish_rules);
    config.rewrite_subscribe = make_rewrites(modules.subscribe_rules);
    for (const auto& [number, subscription] : modules.subscriptions) {
      if (subscription.filter.empty()) {
        error_at(fmt::format("module.subscription.{}.topic", number), "missing or wrong");
      } else {
        config.auto_subscriptions.push_back(subscription);
      }
    }
  }

  /// auth.user.<n>.*, auth.client.<n>.*
  void apply_to_users(const Key& key) {
    for (const auto& [name, setting] : settings_) {
      if (!matches(key.key, name)) continue;
      const std::string whose = name.substr(0, name.rfind('.'));
      Target target{result_.config};
      target.user = &users_[whose];
      target.user->by_client_id = whose.starts_with("auth.client.");
      apply(key, name, target);
    }
  }

  void take_users() {
    for (auto& [whose, user] : users_) {
      for (const auto& [word, value] : {std::pair(user.by_client_id ? "clientid" : "username", user.name),
                                        std::pair("password", user.password)}) {
        if (value.empty()) error_at(fmt::format("{}.{}", whose, word), "needed, as the rest of it is there");
      }
      result_.config.node.users.push_back(std::move(user));
    }
  }

  void apply_keys() {
    std::size_t& output_bytes_max = result_.config.node.broker.output_bytes_max;
    const std::size_t default_output_bytes_max = std::exchange(output_bytes_max, 0);
    for (const Key& key : keys()) {
      if (counts_in_zones(key.key)) {
        apply_to_zones(key);
      } else if (key.key.find('*') != std::string_view::npos && key.key.starts_with("auth.")) {
        apply_to_users(key);
      } else if (key.key.starts_with("listener.")) {
        for (Listener& listener : result_.config.listeners) {
          if (key.key.starts_with(listener_pattern(listener.kind))) apply_to(key, listener);
        }
      } else if (key.key.find('*') != std::string_view::npos) {
        apply_to_modules(key);
      } else {
        Target target{result_.config};
        target.https = https_listener_of(result_.config.management, key.key);
        apply(key, std::string(key.key), target);
      }
    }
    if (output_bytes_max == 0) output_bytes_max = default_output_bytes_max;
    const auto log_to = settings_.find("log.to");
    result_.config.log.to_is_explicit = log_to != settings_.end() && log_to->second.explicit_one;
  }

  void apply_to(const Key& key, Listener& listener) {
    const std::string instance = instance_of(key.key, listener.name);
    if (instance.find('*') == std::string::npos)
      return apply(key, instance, Target{result_.config, &listener});
    if (instance.ends_with(".access.*")) {
      for (AccessLine& line : listener.access) {
        apply(key, instance_of(instance, line.number), Target{result_.config, &listener, nullptr, &line});
      }
      return;
    }
    for (TlsCertificate& certificate : listener.tls.sni) {
      apply(key, instance_of(instance, certificate.name), Target{result_.config, &listener, &certificate});
    }
  }

  void apply(const Key& key, const std::string& instance, Target target) {
    const auto setting = settings_.find(instance);
    if (setting != settings_.end()) used_.insert(instance);
    const std::string_view text =
        setting == settings_.end() ? key.fallback : std::string_view(setting->second.value);
    // A key of all zones is looked at for each of them.
    if (result_.holdings.empty() || result_.holdings.back().key != instance)
      result_.holdings.push_back({instance, std::string(text),
                                  setting == settings_.end() ? "default" : setting->second.origin, &key});
    if (text.empty()) return;
    const auto value = parse(key, text, setting == settings_.end() ? nullptr : &setting->second);
    if (value) key.apply(target, *value);
  }

  std::optional<Value> parse(const Key& key, std::string_view text, const Setting* setting) {
    auto value = parse_value(key.type, text, key.range, key.words);
    if (value) return *std::move(value);
    std::string error = fmt::format(
        "{}: {} = {}: expected {}", setting == nullptr ? "default" : setting->origin,
        setting == nullptr ? key.key : std::string_view(setting->key), text, value.error().message);
    // A key of all zones is read for each of them.
    if (result_.errors.empty() || result_.errors.back() != error) result_.errors.push_back(std::move(error));
    return std::nullopt;
  }

  /// What apply_keys() did not use: other zones, foreign keys, mistakes.
  void check_others() {
    for (const auto& [key, setting] : settings_) {
      if (used_.contains(key)) continue;
      if (const Key* known = find_key(key)) {
        if (parse(*known, setting.value, &setting)) warn_unused(setting);
      } else if (const ForeignKey* foreign = find_pattern(foreign_keys(), key)) {
        check_foreign(*foreign, setting);
      } else {
        const std::string near = nearest_key(key);
        result_.errors.push_back(fmt::format("{}: unknown key {}{}", setting.origin, key,
                                             near.empty() ? "" : "; did you mean " + near + "?"));
      }
    }
    for (const auto& [pattern, family] : families_) {
      result_.warnings.push_back(fmt::format("{}: {} ({} keys): {}", family.first->origin, pattern,
                                             family.count, why(family.reason)));
    }
  }

  /// A zone that no listener names, or a listener without address.
  void warn_unused(const Setting& setting) {
    const bool zone = setting.key.starts_with("zone.");
    const std::size_t name = zone ? 5 : setting.key.find('.', 9) + 1;
    const std::string group = setting.key.substr(0, setting.key.find('.', name));
    if (!warned_groups_.insert(group).second) return;
    result_.warnings.push_back(
        zone ? fmt::format("{}: {}: no effect, no listener names this zone", setting.origin, group)
             : fmt::format("{}: {}: no effect, {} itself is not set", setting.origin, setting.key, group));
  }

  void check_foreign(const ForeignKey& foreign, const Setting& setting) {
    if (setting.value == foreign.same) return;
    if (foreign.refuse_others) {
      result_.errors.push_back(fmt::format(
          "{}: {} = {}: not supported yet{}", setting.origin, setting.key, setting.value,
          foreign.same.empty() ? ", remove the line" : fmt::format(", only {} is", foreign.same)));
    } else if (foreign.key.ends_with("**")) {
      Family& family = families_[std::string(foreign.key)];
      if (family.count++ == 0) {
        family.first = &setting;
        family.reason = foreign.reason;
      }
    } else {
      result_.warnings.push_back(fmt::format("{}: {}: {}", setting.origin, setting.key, why(foreign.reason)));
    }
  }

  void error_at(const std::string& key, std::string_view what) {
    const auto setting = settings_.find(key);
    result_.errors.push_back(fmt::format(
        "{}: {}: {}", setting == settings_.end() ? "default" : setting->second.origin, key, what));
  }

  void check_listener(const Listener& listener) {
    if (listener.has_tls() || listener.proxy_protocol) return;
    for (const auto& [last, value] :
         {std::pair("peer_cert_as_username", listener.tls.peer_cert_as_username),
          std::pair("peer_cert_as_clientid", listener.tls.peer_cert_as_clientid)}) {
      if (value.empty()) continue;
      error_at(fmt::format("listener.{}.{}.{}", listener.kind, listener.name, last),
               "without proxy_protocol nobody tells of a certificate");
    }
  }

  void check_discovery() {
    const Config& config = result_.config;
    const auto need = [&](std::string_view provider, const std::string& key, const std::string& value) {
      if (config.node.discovery.provider != provider || !value.empty()) return;
      error_at(key, fmt::format("needed for cluster.discovery = {}", provider));
    };
    need("dns", "cluster.dns.name", config.discovery.dns.name);
    need("etcd", "cluster.etcd.server", config.discovery.etcd.server);
    need("k8s", "cluster.k8s.service_name", config.discovery.k8s.service_name);
    if (config.node.discovery.provider == "k8s" && config.discovery.k8s.apiserver.empty()) {
      error_at("cluster.k8s.apiserver",
               "needed for cluster.discovery = k8s outside a pod: KUBERNETES_SERVICE_HOST is not in the "
               "environment");
    }
    need("static", "cluster.static.seeds", config.discovery.seeds);
  }

  void check_together() {
    const Config& config = result_.config;
    check_discovery();
    if (config.mesh.proto_dist.ends_with("_tls") && config.mesh.ssl_dist_optfile.empty()) {
      error_at("node.ssl_dist_optfile",
               fmt::format("needed for cluster.proto_dist = {}", config.mesh.proto_dist));
    }
    for (const Listener& listener : config.listeners) check_listener(listener);
    if (config.mesh.dist_listen_min > config.mesh.dist_listen_max) {
      error_at(settings_.contains("node.dist_listen_max") ? "node.dist_listen_max" : "node.dist_listen_min",
               "node.dist_listen_min is greater than node.dist_listen_max");
    }
    if (!config.mesh.epmd && config.mesh.dist_listen_min == 0) {
      error_at("node.epmd", "without EPMD the other nodes must know the port: set node.dist_listen_min");
    }
    if (config.node.redial_min > config.node.redial_max) {
      error_at(settings_.contains("cluster.redial_max") ? "cluster.redial_max" : "cluster.redial_min",
               "cluster.redial_min is greater than cluster.redial_max");
    }
    warn_of_default_secret(config.management);
    const std::string& name = config.node.name;
    if (config.mesh.cookie == default_cookie && !is_loopback(name.substr(name.find('@') + 1))) {
      result_.warnings.push_back(
          fmt::format("!!!! node.cookie is the default that everybody knows, and {} is not a loopback "
                      "address: whoever reaches "
                      "the node can take part in its cluster. Set node.cookie to a secret.",
                      name));
    }
  }

  void warn_of_default_secret(const Management& management) {
    const auto open = [](const HttpListener& listener) { return listener.on && !is_loopback(listener.host); };
    if (management.application_secret != default_application_secret || management.application_id.empty() ||
        (!open(management.dashboard) && !open(management.api) && !open(management.dashboard_tls) &&
         !open(management.api_tls)))
      return;
    result_.warnings.push_back(fmt::format(
        "!!!! management.default_application.secret is the default that everybody knows: whoever "
        "reaches the management API can do everything with this cluster as {}. Set it to a secret, "
        "or let dashboard.listener.http listen on 127.0.0.1 only.",
        management.application_id));
  }

  void read_epmd_port(Environment environment) {
    for (const auto& [name, value] : environment) {
      if (name != "ERL_EPMD_PORT") continue;
      const auto parsed = parse_value(Type::integer, value, {1, 65535}, {});
      if (parsed) {
        result_.config.mesh.epmd_port = static_cast<std::uint16_t>(parsed->number);
      } else {
        result_.errors.push_back(
            fmt::format("environment ERL_EPMD_PORT = {}: expected {}", value, parsed.error().message));
      }
    }
  }

  /// Kubernetes tells each pod where the API server is.
  void read_api_server(Environment environment) {
    std::string host;
    std::string port = "443";
    for (const auto& [name, value] : environment) {
      if (name == "KUBERNETES_SERVICE_HOST") host = value;
      if (name == "KUBERNETES_SERVICE_PORT") port = value;
    }
    std::string& server = result_.config.discovery.k8s.apiserver;
    if (!server.empty() || host.empty()) return;
    const bool ipv6 = host.find(':') != std::string::npos;
    server = fmt::format(fmt::runtime(ipv6 ? "https://[{}]:{}" : "https://{}:{}"), host, port);
  }

  struct Family {
    const Setting* first = nullptr;
    std::size_t count = 0;
    ForeignKey::Reason reason = ForeignKey::Reason::not_yet;
  };

  Loaded result_;
  std::map<std::string, Setting> settings_;
  std::set<std::string> used_;
  std::set<std::string> warned_groups_;
  std::map<std::string, Family> families_;
  std::map<std::string, node::ConfiguredUser> users_;  ///< by auth.user.<n>, auth.client.<n>
};

}  // namespace

Loaded load(const Request& request) {
  return load(merge(read_layers(request)), request.environment);
}

Loaded load(Merged merged, std::span<const std::pair<std::string, std::string>> environment) {
  return Loader().run(std::move(merged), environment);
}

}  // namespace meshmq::config
