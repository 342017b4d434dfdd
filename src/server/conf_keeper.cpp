#include "server/conf_keeper.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/effect.hpp"
#include "config/nearest.hpp"
#include "config/schema.hpp"
#include "server/configuration.hpp"

namespace meshmq::server {

namespace {

using admin::ConfigChange;
using admin::ConfigResult;
using admin::ConfigValues;
using config::Effect;

constexpr std::string_view hidden = "******";

bool is_hot(std::string_view key) {
  const Effect effect = config::effect_of(key);
  return effect == Effect::at_once || effect == Effect::new_clients;
}

std::string value_in(const config::Merged& merged, const std::string& key) {
  const auto found = merged.settings.find(key);
  return found == merged.settings.end() ? std::string() : found->second.value;
}

std::string shown(const std::string& key, const std::string& value) {
  return config::is_secret(key) && !value.empty() ? std::string(hidden) : value;
}

std::set<std::string> differences(const config::Merged& a, const config::Merged& b) {
  std::set<std::string> keys;
  for (const auto* one : {&a, &b}) {
    for (const auto& [key, setting] : one->settings) {
      if (value_in(a, key) != value_in(b, key)) keys.insert(key);
    }
  }
  return keys;
}

void put(config::Values& values, const std::string& key, const std::string& value) {
  if (value.empty()) {
    values.erase(key);
  } else {
    values[key] = value;
  }
}

/// What is set for all nodes is meant for this one too: it takes the place of a value of its own.
void put_for_cluster(config::Saved& saved, const ConfigValues& values) {
  for (const auto& [key, value] : values) {
    put(saved.cluster, key, value);
    saved.node.erase(key);
  }
}

}  // namespace

ConfKeeper::ConfKeeper(config::Request request, config::Merged running, std::string node, const DataDir& data,
                       Logger log, Apply apply)
    : request_(std::move(request)),
      node_(std::move(node)),
      data_(data),
      log_(log),
      apply_(std::move(apply)),
      layers_(config::read_layers(request_)),
      running_(std::move(running)),
      desired_(running_) {}

// ---------------------------------------------------------------- what holds

std::vector<admin::ConfigEntry> ConfKeeper::entries() const {
  std::vector<admin::ConfigEntry> result;
  for (const config::Holding& holding : config::load(running_, request_.environment).holdings) {
    const config::Key& row = *holding.row;
    const std::string next = value_in(desired_, holding.key);
    const bool pending = next != value_in(running_, holding.key);
    result.push_back(
        {.key = holding.key,
         .value = shown(holding.key, holding.value),
         .pending = pending ? shown(holding.key, next.empty() ? std::string(row.fallback) : next) : "",
         .fallback = shown(holding.key, std::string(row.fallback)),
         .type = std::string(config::type_name(row.type)),
         .unit = std::string(config::units_of(row.type)),
         .expects = config::describe_type(row.type, row.range, row.words),
         .hot = is_hot(holding.key),
         .effect = std::string(to_string(config::effect_of(holding.key))),
         .scope = std::string(config::scope_of(holding.key)),
         .group = std::string(config::group_of(holding.key)),
         .help = std::string(row.help),
         .source = holding.origin});
  }
  return result;
}

std::string ConfKeeper::hint(std::string_view key) const {
  const std::string near = config::nearest_key(key);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

// ---------------------------------------------------------------- changes

ConfKeeper::Plan ConfKeeper::plan(config::Layers layers) const {
  Plan plan;
  plan.layers = std::move(layers);
  plan.desired = config::merge(plan.layers);
  config::Loaded desired = config::load(plan.desired, request_.environment);
  if (desired.errors.empty()) check_files(desired);
  plan.errors = std::move(desired.errors);
  if (!plan.errors.empty()) return plan;
  config::Merged effective = running_;
  for (const std::string& key : differences(running_, plan.desired)) {
    if (!is_hot(key)) {
      plan.cold.insert(key);
      continue;
    }
    plan.hot.insert(key);
    const auto wanted = plan.desired.settings.find(key);
    if (wanted == plan.desired.settings.end()) {
      effective.settings.erase(key);
    } else {
      effective.settings[key] = wanted->second;
    }
  }
  plan.effective = config::load(std::move(effective), request_.environment);
  complete(plan.effective.config);
  plan.errors = plan.effective.errors;
  return plan;
}

std::vector<ConfigChange> ConfKeeper::refused(const std::vector<std::string>& errors) const {
  std::vector<ConfigChange> result;
  for (const std::string& error : errors) result.push_back({"", node_, ConfigResult::refused, error});
  return result;
}

std::vector<ConfigChange> ConfKeeper::outcome(const Plan& plan, const ConfigValues& values) const {
  std::vector<ConfigChange> result;
  for (const auto& [key, value] : values) {
    ConfigChange change{key, node_, ConfigResult::changed, ""};
    if (!plan.errors.empty()) {
      change.result = ConfigResult::refused;
      change.message = fmt::format("{}", fmt::join(plan.errors, "; "));
    } else if (plan.cold.contains(key)) {
      change.result = ConfigResult::restart;
      change.message = "it counts after a restart of the node";
    } else if (!plan.hot.contains(key)) {
      change.message = "as it was";
    } else if (config::effect_of(key) == Effect::new_clients) {
      change.message = "for clients that connect from now on";
    }
    result.push_back(std::move(change));
  }
  return result;
}

std::string ConfKeeper::obstacle(const std::string& key, const std::string& value) const {
  const config::Key* row = config::find_key(key);
  if (row == nullptr || key.find('*') != std::string::npos) return "unknown key" + hint(key);
  if (config::effect_of(key) == Effect::file_only)
    return "it belongs into the configuration file, where other programs look for it too";
  if (!value.empty() && !config::can_be_saved(key, value))
    return "the value is not one line of a file: it is more, or part of it looks like a comment";
  if (!value.empty()) {
    const auto parsed = config::parse_value(row->type, value, row->range, row->words);
    if (!parsed) return fmt::format("{} = {}: expected {}", key, shown(key, value), parsed.error().message);
  }
  for (const config::Source* source : {&layers_.environment, &layers_.arguments}) {
    for (const config::Setting& setting : source->settings) {
      if (setting.key == key)
        return fmt::format("{} sets it, which overrides what is set here", setting.origin);
    }
  }
  return "";
}

std::vector<ConfigChange> ConfKeeper::unusable(const ConfigValues& values) const {
  std::vector<ConfigChange> result;
  bool any = false;
  for (const auto& [key, value] : values) {
    std::string why = obstacle(key, value);
    any = any || !why.empty();
    if (why.empty()) why = "another one of them is refused";
    result.push_back({key, node_, ConfigResult::refused, std::move(why)});
  }
  if (!any) result.clear();
  return result;
}

std::vector<ConfigChange> ConfKeeper::change(const ConfigValues& values) {
  if (auto wrong = unusable(values); !wrong.empty()) return wrong;
  config::Layers layers = layers_;
  for (const auto& [key, value] : values) put(layers.saved.node, key, value);
  Plan planned = plan(std::move(layers));
  auto result = outcome(planned, values);
  if (!planned.errors.empty()) return result;
  if (const auto done = carry_out(std::move(planned)); !done) return refused({done.error().message});
  return result;
}

std::vector<ConfigChange> ConfKeeper::try_for_cluster(const ConfigValues& values) const {
  if (auto wrong = unusable(values); !wrong.empty()) return wrong;
  config::Layers layers = layers_;
  put_for_cluster(layers.saved, values);
  return outcome(plan(std::move(layers)), values);
}

std::vector<ConfigChange> ConfKeeper::reload() {
  config::Layers layers = config::read_layers(request_);
  layers.saved = layers_.saved;
  Plan planned = plan(std::move(layers));
  for (const std::string& error : planned.errors) log_.error("The configuration stays as it is: {}", error);
  if (!planned.errors.empty()) return refused(planned.errors);
  ConfigValues changed;
  for (const auto* keys : {&planned.hot, &planned.cold}) {
    for (const std::string& key : *keys) changed.emplace_back(key, "");
  }
  auto result = outcome(planned, changed);
  if (const auto done = carry_out(std::move(planned)); !done) return refused({done.error().message});
  return result;
}

void ConfKeeper::cluster_changed(const ConfigValues& values) {
  ConfigValues fresh;
  for (const auto& [key, value] : values) {
    const auto known = layers_.saved.cluster.find(key);
    if (value != (known == layers_.saved.cluster.end() ? std::string() : known->second))
      fresh.emplace_back(key, value);
  }
  if (fresh.empty() || take_for_cluster(fresh)) return;
  // Some of them may be of use alone.
  for (const auto& one : fresh) take_for_cluster({one});
}

bool ConfKeeper::take_for_cluster(const ConfigValues& values) {
  for (const auto& [key, value] : values) {
    const std::string why = obstacle(key, value);
    if (!why.empty() && values.size() == 1)
      log_.error("conf set --cluster: {} is left out here: {}", key, why);
    if (!why.empty()) return false;
  }
  config::Layers layers = layers_;
  put_for_cluster(layers.saved, values);
  Plan planned = plan(std::move(layers));
  if (!planned.errors.empty()) {
    if (values.size() == 1)
      log_.error("conf set --cluster: {} is left out here: {}", values[0].first, planned.errors.front());
    return false;
  }
  if (const auto done = carry_out(std::move(planned)); !done)
    log_.error("conf set --cluster: {}", done.error().message);
  return true;
}

// ---------------------------------------------------------------- carrying out

Result<void> ConfKeeper::save(const config::Saved& saved) const {
  // Either may hold a password.
  constexpr unsigned owner_only = 0600;
  if (saved.node != layers_.saved.node) {
    auto done = data_.replace(config::Saved::node_file, config::format_saved(saved.node), owner_only);
    if (!done) return done;
  }
  if (saved.cluster == layers_.saved.cluster) return {};
  return data_.replace(config::Saved::cluster_file, config::format_saved(saved.cluster), owner_only);
}

void ConfKeeper::tell(const Plan& plan) const {
  const auto value_or_default = [](const config::Merged& merged, const std::string& key) {
    return merged.settings.contains(key) ? shown(key, value_in(merged, key)) : std::string("(default)");
  };
  for (const auto* keys : {&plan.hot, &plan.cold}) {
    for (const std::string& key : *keys) {
      // What waits for a restart since an earlier change is no change.
      const bool now = keys == &plan.hot;
      if (!now && value_in(plan.desired, key) == value_in(desired_, key)) continue;
      const auto setting = plan.desired.settings.find(key);
      const SettingChange change{
          .key = key,
          .before = value_or_default(now ? running_ : desired_, key),
          .after = value_or_default(plan.desired, key),
          .origin = setting == plan.desired.settings.end() ? std::string("default") : setting->second.origin,
          .now = now};
      log_.log(LogLevel::notice, "{} = {} {}; it was {} ({})", key, change.after,
               now ? "holds now" : "holds after a restart", change.before, change.origin);
      if (on_change) on_change(change);
    }
  }
}

Result<void> ConfKeeper::carry_out(Plan plan) {
  if (auto saved = save(plan.layers.saved); !saved) return saved;
  tell(plan);
  layers_ = std::move(plan.layers);
  desired_ = std::move(plan.desired);
  running_ = std::move(plan.effective.merged);
  if (!plan.hot.empty()) apply_({plan.effective.config, plan.hot});
  return {};
}

}  // namespace meshmq::server
