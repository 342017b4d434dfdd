#include "config/layers.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "config/schema.hpp"

namespace meshmq::config {

namespace {

bool names_listener(std::string_view key) {
  for (const std::string_view pattern :
       {"listener.tcp.*", "listener.ssl.*", "listener.ws.*", "listener.wss.*", "listener.unix.*"}) {
    if (matches(pattern, key)) return true;
  }
  return false;
}

void add(Merged& merged, const Source& source) {
  merged.errors.insert(merged.errors.end(), source.errors.begin(), source.errors.end());
  for (const Setting& setting : source.settings) {
    merged.listener_named = merged.listener_named || names_listener(setting.key);
    merged.dashboard_named = merged.dashboard_named || setting.key == "dashboard.listener.http";
    if (setting.value.empty()) {
      merged.settings.erase(setting.key);
    } else {
      merged.settings[setting.key] = setting;
    }
  }
}

Source source_of(const Values& values, std::string_view origin) {
  Source source;
  for (const auto& [key, value] : values) source.settings.push_back({key, value, std::string(origin)});
  return source;
}

Result<Values> read_values(const std::filesystem::path& path) {
  Values values;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return values;
  auto source = read_file(path.string());
  if (!source) return tl::unexpected<Error>(std::move(source.error()));
  if (!source->errors.empty()) return fail(Errc::invalid_argument, source->errors.front());
  for (const Setting& setting : source->settings) values[setting.key] = setting.value;
  return values;
}

std::string data_dir(const Merged& merged) {
  const auto setting = merged.settings.find("node.data_dir");
  if (setting != merged.settings.end()) return setting->second.value;
  return std::string(find_key("node.data_dir")->fallback);
}

}  // namespace

Layers read_layers(const Request& request) {
  Layers layers;
  if (request.file) {
    auto source = read_file(*request.file);
    if (source) {
      layers.file = std::move(*source);
    } else {
      layers.file.errors.push_back(source.error().message);
    }
  }
  layers.saved = request.saved;
  layers.environment = read_environment(request.environment);
  layers.arguments = read_arguments(request.arguments);
  return layers;
}

Result<Saved> read_saved(const Request& request) {
  const std::filesystem::path directory = data_dir(merge(read_layers(request)));
  auto cluster = read_values(directory / Saved::cluster_file);
  if (!cluster) return tl::unexpected<Error>(std::move(cluster.error()));
  auto node = read_values(directory / Saved::node_file);
  if (!node) return tl::unexpected<Error>(std::move(node.error()));
  return Saved{.cluster = std::move(*cluster), .node = std::move(*node)};
}

std::string format_saved(const Values& values) {
  std::string text = "## Written by `meshmq_ctl conf set`; read after the configuration file.\n";
  for (const auto& [key, value] : values) text += fmt::format("{} = {}\n", key, value);
  return text;
}

bool can_be_saved(std::string_view key, std::string_view value) {
  const Source read = parse_file(fmt::format("{} = {}\n", key, value), "");
  return read.errors.empty() && read.settings.size() == 1 && read.settings[0].key == key &&
         read.settings[0].value == value;
}

Merged merge(const Layers& layers) {
  Merged merged;
  add(merged, layers.file);
  add(merged, source_of(layers.saved.cluster, "conf set --cluster"));
  add(merged, source_of(layers.saved.node, "conf set"));
  add(merged, layers.environment);
  add(merged, layers.arguments);
  return merged;
}

}  // namespace meshmq::config
