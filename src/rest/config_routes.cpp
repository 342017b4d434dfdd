// The configuration of this node, and changes of it here or everywhere.

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "admin/configuration.hpp"
#include "rest/body.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

/// nullptr: it has been told that there is none.
admin::Configuration* configuration(Office& office, const Call& call) {
  admin::Configuration* found = office.desk().configuration;
  if (found == nullptr) call.fail(Code::unknown, "this node has no configuration");
  return found;
}

void list_settings(Office& office, const Call& call) {
  const auto* all = configuration(office, call);
  if (all == nullptr) return;
  auto entries = all->entries();
  const std::string_view prefix_parameter = call.get("_prefix");
  std::erase_if(entries,
                [&](const admin::ConfigEntry& entry) { return !entry.key.starts_with(prefix_parameter); });
  call.ok(Json::array(entries, admin::entry_json));
}

void look_up_setting(Office& office, const Call& call) {
  const auto* all = configuration(office, call);
  if (all == nullptr) return;
  const auto entries = all->entries();
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [&](const admin::ConfigEntry& one) { return one.key == call.get("key"); });
  if (entry != entries.end()) return call.ok(admin::entry_json(*entry));
  const std::string key(call.get("key"));
  call.fail(Code::bad_parameter, "unknown key " + key + all->hint(key), 404);
}

/// Text as it is, everything else as JSON writes it: 64, true.
admin::ConfigValues values_of(Body& body) {
  admin::ConfigValues values;
  const auto* changes = body.find("changes");
  const auto* object = changes == nullptr ? nullptr : changes->if_object();
  if (object == nullptr || object->empty()) {
    body.fail(Code::bad_parameter, "changes is no object with members");
    return values;
  }
  for (const auto& [key, value] : *object) {
    const std::string text = value.is_null()     ? std::string()
                             : value.is_string() ? std::string(value.get_string())
                                                 : boost::json::serialize(value);
    values.emplace_back(std::string(key), text);
  }
  return values;
}

void change(Office& office, const Call& call) {
  if (configuration(office, call) == nullptr) return;
  Body body(call.body.get());
  const bool cluster = body.boolean("cluster", false);
  const admin::ConfigValues values = values_of(body);
  if (!body.good()) return call.fail(body.code(), body.problem());
  admin::change_config(
      office.desk(), values, cluster, call.now,
      [call](const std::vector<admin::ConfigChange>& changes) { call.ok(admin::changes_json(changes)); });
}

void reload(Office& office, const Call& call) {
  auto* all = configuration(office, call);
  if (all != nullptr) call.ok(admin::changes_json(all->reload()));
}

constexpr Parameter prefix_parameter[] = {{"_prefix", "string", "Only keys that begin so"}};

constexpr Route config_rows[] = {
    {.method = "GET",
     .path = "/configs",
     .name = "list_configs",
     .help = "The keys of the configuration and what holds on this node",
     .run = list_settings,
     .data = "[ConfigEntry]",
     .query = prefix_parameter},
    {.method = "GET",
     .path = "/configs/:key",
     .name = "get_config",
     .help = "One key",
     .run = look_up_setting,
     .data = "ConfigEntry"},
    {.method = "PUT",
     .path = "/configs",
     .name = "set_configs",
     .help = "Changes values, on this node or on all; all of them or none",
     .run = change,
     .data = "[ConfigChange]",
     .body = "ConfigChanges"},
    {.method = "POST",
     .path = "/configs/reload",
     .name = "reload_configs",
     .help = "Reads this node's configuration file again",
     .run = reload,
     .data = "[ConfigChange]"},
};

}  // namespace

std::span<const Route> config_routes() {
  return config_rows;
}

}  // namespace meshmq::rest
