#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/schema.hpp"
#include "config/source.hpp"
#include "config/translation.hpp"
#include "config/value.hpp"

namespace meshmq::config {

namespace {

constexpr std::size_t include_depth_max = 8;
constexpr std::string_view include_word = "include";

/// Keys of the plugins that 4.3 ships, by their beginning.
constexpr std::pair<std::string_view, std::string_view> plugins[] = {
    {"auth.http.", "emqx_auth_http"},
    {"auth.jwt.", "emqx_auth_jwt"},
    {"auth.ldap.", "emqx_auth_ldap"},
    {"auth.mongo.", "emqx_auth_mongo"},
    {"auth.mysql.", "emqx_auth_mysql"},
    {"auth.pgsql.", "emqx_auth_pgsql"},
    {"auth.redis.", "emqx_auth_redis"},
    {"bridge.", "emqx_bridge_mqtt"},
    {"coap.", "emqx_coap"},
    {"lwm2m.", "emqx_lwm2m"},
    {"mqtt.sn.", "emqx_sn"},
    {"exhook.", "emqx_exhook"},
    {"exproto.", "emqx_exproto"},
    {"stomp.", "emqx_stomp"},
    {"web.hook.", "emqx_web_hook"},
    {"lua.hook.", "emqx_lua_hook"},
    {"rule_engine.", "emqx_rule_engine"},
    {"psk.file.", "emqx_psk_file"},
};
/// Those whose keys are ours; the first three are loaded where nobody has changed that.
constexpr std::string_view plugins_taken_over[] = {"emqx_management", "emqx_dashboard", "emqx_retainer",
                                                   "emqx_prometheus", "emqx_auth_mnesia"};

class EmqxTranslator {
 public:
  explicit EmqxTranslator(const ReadText& read) : read_(read) {}

  Translation run(const std::string& path) {
    result_.text = fmt::format("## Translated from {}, of EMQ X 4.3.\n\n", path);
    file(path, 0);
    plugin_files(path);
    // The last of duplicates wins there as here; each is written once.
    for (const Setting& setting : settings_) {
      if (last_.at(setting.key) == &setting) translate(setting);
    }
    return std::move(result_);
  }

 private:
  void file(const std::string& path, std::size_t depth) {
    const auto text = read_(path);
    if (!text) return result_.errors.push_back(text.error().message);
    lines(path, *text, depth);
  }

  void lines(const std::string& path, std::string_view text, std::size_t depth) {
    std::string plain;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      // Lines keep their numbers.
      if (!include(line, path, depth)) plain.append(line);
      plain += '\n';
    }
    Source source = parse_file(plain, path);
    for (std::string& error : source.errors) result_.errors.push_back(std::move(error));
    for (Setting& setting : source.settings) {
      settings_.push_back(std::move(setting));
      last_[settings_.back().key] = &settings_.back();
    }
  }

  /// Each plugin that is loaded has a file of its own, which counts as the others do.
  void plugin_files(const std::string& path) {
    if (!last_.contains("plugins.etc_dir")) return;
    const std::string directory = last_.at("plugins.etc_dir")->value;
    for (const std::string& plugin : loaded_plugins(path)) {
      const std::filesystem::path name = std::filesystem::path(directory) / (plugin + ".conf");
      const auto place = readable(path, name);
      if (place) {
        file(*place, 0);
      } else if (is_taken_over(plugin)) {
        result_.notes.push_back(
            fmt::format("{}: cannot read {}, which may say more", path, name.lexically_normal().string()));
      }
    }
  }

  std::vector<std::string> loaded_plugins(const std::string& path) {
    const auto list = last_.find("plugins.loaded_file");
    const auto place = list == last_.end() ? std::nullopt : readable(path, list->second->value);
    if (!place) return {std::begin(plugins_taken_over), std::begin(plugins_taken_over) + 3};
    // {emqx_dashboard, true}.
    std::vector<std::string> names;
    const std::string text = read_(*place).value_or("");
    for (std::size_t at = text.find("emqx_"); at != std::string::npos; at = text.find("emqx_", at)) {
      const std::size_t end = std::min(text.find_first_of(",. \t\r\n}", at), text.size());
      const std::string_view behind = std::string_view(text).substr(end, text.find('.', end) - end);
      if (behind.find("false") == std::string_view::npos) names.push_back(text.substr(at, end - at));
      at = end;
    }
    return names;
  }

  static bool is_taken_over(std::string_view plugin) {
    return std::find(std::begin(plugins_taken_over), std::end(plugins_taken_over), plugin) !=
           std::end(plugins_taken_over);
  }

  /// Relative names are below the directory in which `etc` is.
  std::optional<std::string> readable(const std::string& from, const std::filesystem::path& name) const {
    const std::filesystem::path here = std::filesystem::path(from).parent_path();
    for (const auto& place : {here.parent_path() / name, here / name}) {
      if (const std::string text = place.lexically_normal().string(); read_(text)) return text;
    }
    return std::nullopt;
  }

  bool include(std::string_view line, const std::string& from, std::size_t depth) {
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(begin);
    if (!line.starts_with(include_word) || line.size() == include_word.size()) return false;
    if (line[include_word.size()] != ' ' && line[include_word.size()] != '\t') return false;
    line.remove_prefix(include_word.size());
    constexpr std::string_view around = " \t\r\"'";
    const std::size_t first = line.find_first_not_of(around);
    if (first == std::string_view::npos) return false;
    const std::filesystem::path name(line.substr(first, line.find_last_not_of(around) - first + 1));
    const std::filesystem::path beside = std::filesystem::path(from).parent_path() / name.filename();
    if (depth == include_depth_max) {
      result_.errors.push_back(fmt::format("{}: includes {} levels of files", from, depth));
    } else {
      file(name.is_absolute() ? name.string() : beside.string(), depth + 1);
    }
    return true;
  }

  void translate(const Setting& setting) {
    const auto is_key = [&](const auto& known) { return matches(known.key, setting.key); };
    const auto key = std::find_if(keys().begin(), keys().end(), is_key);
    if (key != keys().end()) return take(*key, setting);
    const auto foreign = std::find_if(foreign_keys().begin(), foreign_keys().end(), is_key);
    if (foreign != foreign_keys().end()) return leave_out(*foreign, setting);
    const auto plugin = std::find_if(std::begin(plugins), std::end(plugins),
                                     [&](const auto& one) { return setting.key.starts_with(one.first); });
    if (plugin == std::end(plugins)) return note(setting, "is no key of EMQ X 4.3 that MeshMQ knows");
    note(setting, fmt::format("belongs to the plugin {}, which has no counterpart", plugin->second));
  }

  void take(const Key& key, const Setting& setting) {
    if (const auto value = parse_value(key.type, setting.value, key.range, key.words); !value)
      return note(setting, "is left out: expected " + value.error().message);
    result_.text += fmt::format("{} = {}\n", setting.key, setting.value);
  }

  void leave_out(const ForeignKey& key, const Setting& setting) {
    if (!key.same.empty() && setting.value == key.same) return;
    if (key.refuse_others) return note(setting, "has no counterpart, and what it shuts out would be let in");
    note(setting,
         key.reason == ForeignKey::Reason::not_here ? "means nothing here" : "has no counterpart yet");
  }

  void note(const Setting& setting, std::string_view what) {
    result_.notes.push_back(fmt::format("{}: {} = {} {}", setting.origin, setting.key, setting.value, what));
  }

  const ReadText& read_;
  Translation result_;
  std::deque<Setting> settings_;
  std::map<std::string, const Setting*> last_;
};

}  // namespace

Translation translate_emqx(const std::string& path, const ReadText& read) {
  return EmqxTranslator(read).run(path);
}

}  // namespace meshmq::config
