// The configuration of the node that runs.

#include <fmt/format.h>

#include <algorithm>

#include "admin/command.hpp"
#include "admin/configuration.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine conf_usage[] = {
    {"conf show [<Prefix>]", "Show keys, their values and where these come from"},
    {"conf get <Key>", "Show all about one key"},
    {"conf set <Key>=<Value> ... [--cluster]", "Change values, on this node or on all"},
    {"conf unset <Key> ... [--cluster]", "Take back what conf set has set"},
    {"conf reload", "Read the configuration file again"},
};

void show(const Desk& desk, const Call& call, std::string_view prefix) {
  std::vector<ConfigEntry> entries = desk.configuration->entries();
  std::erase_if(entries, [&](const ConfigEntry& entry) { return !entry.key.starts_with(prefix); });
  if (entries.empty()) return call.refuse(fmt::format("No key begins with {}", prefix));
  std::string text;
  for (const ConfigEntry& entry : entries) {
    text += entry.value.empty() ? fmt::format("## {} =", entry.key)
                                : fmt::format("{} = {}", entry.key, entry.value);
    if (entry.source != "default") text += " ## " + entry.source;
    if (!entry.pending.empty()) text += fmt::format(" ## after a restart: {}", entry.pending);
    text += '\n';
  }
  call.answer(text, Json::array(entries, entry_json));
}

void get(const Desk& desk, const Call& call, const std::string& key) {
  const std::vector<ConfigEntry> entries = desk.configuration->entries();
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& one) { return one.key == key; });
  if (entry == entries.end())
    return call.refuse(fmt::format("unknown key {}{}", key, desk.configuration->hint(key)));
  std::string text;
  for (const auto& [name, value] :
       {std::pair("key", entry->key), std::pair("value", entry->value), std::pair("pending", entry->pending),
        std::pair("default", entry->fallback), std::pair("expects", entry->expects),
        std::pair("counts", entry->effect), std::pair("source", entry->source),
        std::pair("help", entry->help)}) {
    if (!value.empty()) text += format_field(name, value, 10);
  }
  call.answer(text, entry_json(*entry));
}

void report(const Call& call, const std::vector<ConfigChange>& changes, std::string_view nothing) {
  std::string text;
  for (const ConfigChange& change : changes) {
    text += fmt::format("{}: {}{}{}{}{}\n", change.node, change.key, change.key.empty() ? "" : ": ",
                        to_string(change.result), change.message.empty() ? "" : ", ", change.message);
  }
  const std::string answer = call.json ? changes_json(changes).text() + "\n" : text;
  if (any_refused(changes)) return call.done({Outcome::refused, answer});
  call.answer(text.empty() ? std::string(nothing) : text, changes_json(changes));
}

/// The words behind `set`, `unset` or `try`, without `--cluster`.
std::vector<std::string> arguments(const Call& call) {
  std::vector<std::string> words(call.words.begin() + 1, call.words.end());
  std::erase(words, "--cluster");
  return words;
}

bool assignments(const Call& call, ConfigValues& values) {
  for (const std::string& word : arguments(call)) {
    auto value = parse_assignment(word);
    if (!value) return false;
    values.push_back(*std::move(value));
  }
  return !values.empty();
}

bool set(Desk& desk, const Call& call, const ConfigValues& values) {
  const bool cluster = std::find(call.words.begin(), call.words.end(), "--cluster") != call.words.end();
  change_config(desk, values, cluster, call.now,
                [call](const std::vector<ConfigChange>& changes) { report(call, changes, ""); });
  return true;
}

bool unset(Desk& desk, const Call& call) {
  ConfigValues values;
  for (const std::string& key : arguments(call)) values.emplace_back(key, "");
  return !values.empty() && set(desk, call, values);
}

bool run_conf(Desk& desk, const Call& call) {
  if (call.words.empty() || desk.configuration == nullptr) return false;
  const std::string& word = call.words[0];
  ConfigValues values;
  if (call.is("show", 0) || call.is("show", 1)) {
    show(desk, call, call.words.size() > 1 ? call.words[1] : std::string());
  } else if (call.is("get", 1)) {
    get(desk, call, call.words[1]);
  } else if (word == "set") {
    return assignments(call, values) && set(desk, call, values);
  } else if (word == "unset") {
    return unset(desk, call);
  } else if (word == "try") {
    // Asked by another node: change_config().
    if (!assignments(call, values)) return false;
    const auto changes = desk.configuration->try_for_cluster(values);
    call.done({Outcome::done, changes_json(changes).text() + "\n"});
  } else if (call.is("reload", 0)) {
    report(call, desk.configuration->reload(), "Nothing has changed\n");
  } else {
    return false;
  }
  return true;
}

constexpr Command conf_rows[] = {{"conf", conf_usage, run_conf}};

}  // namespace

std::span<const Command> conf_commands() {
  return conf_rows;
}

}  // namespace meshmq::admin
