#include "admin/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <memory>

#include "admin/desk.hpp"

namespace meshmq::admin {

namespace {

constexpr ConfigResult config_results[] = {ConfigResult::changed, ConfigResult::restart,
                                           ConfigResult::refused, ConfigResult::later};

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<ConfigChange> all_with(const ConfigValues& values, const std::string& node, ConfigResult result,
                                   const std::string& message) {
  std::vector<ConfigChange> changes;
  for (const auto& [key, value] : values) changes.push_back({key, node, result, message});
  return changes;
}

/// A change for the whole cluster while the nodes are asked.
class ClusterChange {
 public:
  using Done = std::function<void(const std::vector<ConfigChange>&)>;

  ClusterChange(Desk& desk, ConfigValues values, Now now, Done done)
      : desk_(desk),
        values_(std::move(values)),
        author_{desk.audit.author().who, desk.audit.author().from, desk.name},
        now_(now),
        done_(std::move(done)) {}

  void answered(const std::vector<ConfigChange>& changes) {
    changes_.insert(changes_.end(), changes.begin(), changes.end());
    if (--waiting_ == 0) finish();
  }
  /// One answer more will come.
  void expect() { ++waiting_; }
  const ConfigValues& values() const { return values_; }

 private:
  void finish() {
    if (!any_refused(changes_)) {
      for (const auto& [key, value] : values_) desk_.control.shared_settings().put(key, value, author_, now_);
    }
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const ConfigChange& a, const ConfigChange& b) { return a.node < b.node; });
    done_(changes_);
  }

  Desk& desk_;
  const ConfigValues values_;
  const node::SettingAuthor author_;
  const Now now_;
  const Done done_;
  std::size_t waiting_ = 0;
  std::vector<ConfigChange> changes_;
};

std::vector<ConfigChange> answer_of(const std::string& node, const ConfigValues& values,
                                    const Result<Answer>& answer) {
  if (!answer)
    return all_with(values, node, ConfigResult::later, "it does not answer now: " + answer.error().message);
  auto changes = answer->outcome == Outcome::done ? parse_changes(answer->text)
                                                  : fail(Errc::invalid_argument, "it knows no such command");
  if (!changes) return all_with(values, node, ConfigResult::refused, changes.error().message);
  return *std::move(changes);
}

void change_cluster(Desk& desk, const ConfigValues& values, Now now, const ClusterChange::Done& done) {
  const auto change = std::make_shared<ClusterChange>(desk, values, now, done);
  const node::ClusterStatus status = desk.control.status();
  RemoteCommand command{{"conf", "try"}, {.json = true}};
  for (const auto& [key, value] : values) command.words.push_back(fmt::format("{}={}", key, value));
  change->expect();
  for (const std::string& node : status.running_nodes) {
    if (node == desk.name) continue;
    change->expect();
    desk.ask_peer(node, command, now, [change, node](const Result<Answer>& answer) {
      change->answered(answer_of(node, change->values(), answer));
    });
  }
  for (const std::string& node : status.stopped_nodes) {
    change->expect();
    change->answered(all_with(values, node, ConfigResult::later, "it is away"));
  }
  change->answered(desk.configuration->try_for_cluster(values));
}

}  // namespace

std::string_view to_string(ConfigResult result) {
  switch (result) {
    case ConfigResult::changed:
      return "changed";
    case ConfigResult::restart:
      return "restart";
    case ConfigResult::refused:
      return "refused";
    case ConfigResult::later:
      return "later";
  }
  return "";
}

bool any_refused(const std::vector<ConfigChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const ConfigChange& change) { return change.result == ConfigResult::refused; });
}

void change_config(Desk& desk, const ConfigValues& values, bool cluster, Now now,
                   const std::function<void(const std::vector<ConfigChange>&)>& done) {
  if (cluster) return change_cluster(desk, values, now, done);
  done(desk.configuration->change(values));
}

Json entry_json(const ConfigEntry& entry) {
  std::vector<std::pair<std::string, Json>> members = {
      {"key", entry.key},     {"value", entry.value},   {"default", entry.fallback},
      {"type", entry.type},   {"unit", entry.unit},     {"expects", entry.expects},
      {"hot", entry.hot},     {"effect", entry.effect}, {"scope", entry.scope},
      {"group", entry.group}, {"help", entry.help},     {"source", entry.source}};
  if (!entry.pending.empty()) members.emplace_back("pending", entry.pending);
  return Json::object(members);
}

Json changes_json(const std::vector<ConfigChange>& changes) {
  return Json::array(changes, [](const ConfigChange& change) {
    return Json::object({{"key", change.key},
                         {"node", change.node},
                         {"result", std::string(to_string(change.result))},
                         {"message", change.message}});
  });
}

Result<std::vector<ConfigChange>> parse_changes(std::string_view json) {
  boost::system::error_code error;
  const auto value = boost::json::parse(json, error);
  const auto* rows = error ? nullptr : value.if_array();
  if (rows == nullptr) return fail(Errc::invalid_argument, "an answer that is no list");
  std::vector<ConfigChange> changes;
  for (const auto& row : *rows) {
    const auto* object = row.if_object();
    if (object == nullptr) return fail(Errc::invalid_argument, "an answer with something else in its list");
    const std::string word = text_of(*object, "result");
    const auto* result = std::find_if(std::begin(config_results), std::end(config_results),
                                      [&](ConfigResult one) { return to_string(one) == word; });
    if (result == std::end(config_results)) return fail(Errc::invalid_argument, "an unknown result " + word);
    changes.push_back(
        {text_of(*object, "key"), text_of(*object, "node"), *result, text_of(*object, "message")});
  }
  return changes;
}

std::optional<std::pair<std::string, std::string>> parse_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
  const auto trimmed = [](std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return std::string(text);
  };
  return std::pair(trimmed(word.substr(0, equals)), trimmed(word.substr(equals + 1)));
}

}  // namespace meshmq::admin
