// `modules` and `plugins`: parts that EMQ X 4.3 loads and unloads, which are settings here or always there.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "admin/command.hpp"
#include "admin/modules.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine modules_usage[] = {
    {"modules list", "Show modules"},
    {"modules load <Module>", "Load module: its key becomes on"},
    {"modules unload <Module>", "Unload module: its key becomes off"},
    {"modules reload <Module>", "Reload module"},
};
constexpr UsageLine plugins_usage[] = {{"plugins list", "Show what is built in of EMQ X's plugins"}};

enum class How : std::uint8_t {
  flag,    ///< `key` is on or off
  rules,   ///< active while there are keys below `key`
  value,   ///< active while `key` has a value
  always,  ///< `key` says what to change instead
};

struct Part {
  std::string_view name;
  std::string_view description;
  How how;
  std::string_view key;
};

constexpr Part module_parts[] = {
    {"emqx_mod_delayed", "Delayed publish", How::flag, "module.delayed"},
    {"emqx_mod_topic_metrics", "Topic metrics", How::always, "topic_metrics"},
    {"emqx_mod_subscription", "Subscriptions of every client", How::rules, "module.subscription."},
    {"emqx_mod_acl_internal", "Rules of a file", How::always, "acl_file"},
    {"emqx_mod_rewrite", "Topic rewrite", How::rules, "module.rewrite."},
    {"emqx_mod_presence", "Presence", How::flag, "module.presence"},
};

constexpr Part plugin_parts[] = {
    {"emqx_auth_mnesia", "Users and rules in tables of the cluster", How::always, ""},
    {"emqx_dashboard", "Web dashboard", How::value, "dashboard.listener.http"},
    {"emqx_management", "Management API and commands", How::value, "management.listener.http"},
    {"emqx_prometheus", "Metrics for Prometheus", How::always, ""},
    {"emqx_retainer", "Retained messages", How::always, ""},
    {"emqx_sasl", "Enhanced authentication", How::always, ""},
};

bool is_active(const Part& part, const std::vector<ConfigEntry>& entries) {
  if (part.how == How::always) return true;
  return std::any_of(entries.begin(), entries.end(), [&](const ConfigEntry& entry) {
    if (part.how == How::rules) return entry.key.starts_with(part.key) && !entry.value.empty();
    return entry.key == part.key && (part.how == How::value ? !entry.value.empty() : entry.value == "on");
  });
}

template <std::size_t N>
std::vector<ModuleInfo> describe_parts(const Desk& desk, const Part (&parts)[N]) {
  const std::vector<ConfigEntry> entries =
      desk.configuration == nullptr ? std::vector<ConfigEntry>() : desk.configuration->entries();
  std::vector<ModuleInfo> result;
  for (const Part& part : parts)
    result.push_back({std::string(part.name), std::string(part.description), is_active(part, entries)});
  return result;
}

void list_parts(const Call& call, std::string_view what, const std::vector<ModuleInfo>& parts) {
  std::string text;
  for (const ModuleInfo& part : parts)
    text +=
        fmt::format("{}({}, description={}, active={})\n", what, part.name, part.description, part.active);
  call.answer(text, Json::array(parts, [](const ModuleInfo& part) { return part.json(); }));
}

/// Why it is no matter of on and off.
std::string advice(const Part& part) {
  return part.how == How::rules
             ? fmt::format("it is active while there are keys {}*: see `conf set`", part.key)
             : "it is always there";
}

void reload_module(Desk& desk, const Call& call, const std::string& name) {
  if (name != "emqx_mod_acl_internal")
    return call.answer(fmt::format("Module: {} does not need to be reloaded.\n", name), Json("ok"));
  if (const auto rules = desk.host.reload_acl(); !rules)
    return call.refuse(fmt::format("Module {} reload error: {}", name, rules.error().message));
  call.answer(fmt::format("Module {} reloaded successfully.\n", name), Json("ok"));
}

bool run_modules(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list_parts(call, "Module", modules_of(desk));
    return true;
  }
  if (call.words.size() != 2) return false;
  const auto& word = call.words[0];
  const std::string& name = call.words[1];
  if (word != "load" && word != "unload" && word != "reload") return false;
  if (const std::string obstacle = module_obstacle(name, word); !obstacle.empty()) {
    call.refuse(obstacle);
  } else if (word == "reload") {
    reload_module(desk, call, name);
  } else {
    change_config(
        desk, module_change(name, word == "load"), false, call.now,
        [call, name, word](const std::vector<ConfigChange>& changes) {
          if (any_refused(changes))
            return call.refuse(fmt::format("Module {} {} error: {}", name, word, changes[0].message));
          call.answer(fmt::format("Module {} {}ed successfully.\n", name, word), Json("ok"));
        });
  }
  return true;
}

bool run_plugins(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list_parts(call, "Plugin", plugins_of(desk));
    return true;
  }
  const bool change = call.is("load", 1) || call.is("unload", 1) || call.is("reload", 1);
  if (!change) return false;
  const bool known = std::any_of(std::begin(plugin_parts), std::end(plugin_parts),
                                 [&](const Part& part) { return part.name == call.words[1]; });
  std::string verb = call.words[0];
  verb[0] = static_cast<char>(verb[0] - 'a' + 'A');
  call.refuse(fmt::format("{} plugin {} error: {}.", verb, call.words[1],
                          known ? "it is built in" : "The plugin doesn't exist"));
  return true;
}

constexpr Command module_rows[] = {{"modules", modules_usage, run_modules},
                                   {"plugins", plugins_usage, run_plugins}};

const Part* find_module(std::string_view name) {
  const auto* found = std::find_if(std::begin(module_parts), std::end(module_parts),
                                   [&](const Part& part) { return part.name == name; });
  return found == std::end(module_parts) ? nullptr : found;
}

}  // namespace

Json ModuleInfo::json() const {
  return Json::object({{"name", name}, {"description", description}, {"active", active}});
}

std::vector<ModuleInfo> modules_of(const Desk& desk) {
  return describe_parts(desk, module_parts);
}

std::vector<ModuleInfo> plugins_of(const Desk& desk) {
  return describe_parts(desk, plugin_parts);
}

std::string module_obstacle(std::string_view name, std::string_view word) {
  const Part* part = find_module(name);
  if (part == nullptr) return fmt::format("Module {} {} error: there is no such module", name, word);
  if (word == "reload" || part->how == How::flag) return "";
  return fmt::format("Module {} {} error: {}", name, word, advice(*part));
}

ConfigValues module_change(std::string_view name, bool load) {
  return {{std::string(find_module(name)->key), load ? "on" : "off"}};
}

std::span<const Command> module_commands() {
  return module_rows;
}

}  // namespace meshmq::admin
