#include "config/source.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>

#include "config/schema.hpp"

namespace meshmq::config {

namespace {

constexpr std::string_view variable_prefix = "MESHMQ_";

bool valid_key(std::string_view key) {
  if (key.empty() || key.front() == '.' || key.back() == '.' || key.find("..") != std::string_view::npos)
    return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

/// The key that a variable stands for; empty if it is no setting.
std::string key_of_variable(std::string_view name) {
  if (!name.starts_with(variable_prefix)) return {};
  name.remove_prefix(variable_prefix.size());
  if (name == "NODE_NAME") return "node.name";
  if (name == "NODE_COOKIE") return "node.cookie";
  std::string key;
  bool dots = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 2) == "__") {
      key += '.';
      dots = true;
      ++i;
    } else {
      key += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
    }
  }
  const auto is_key = [&](const auto& known) { return known.key == key; };
  const bool known = std::any_of(keys().begin(), keys().end(), is_key) ||
                     std::any_of(foreign_keys().begin(), foreign_keys().end(), is_key);
  return dots || known ? key : std::string();
}

/// A comment begins at a `#` that stands first or behind a blank: `a/#` is a topic filter.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

/// Whether the line is one that another file takes the place of; `origin` is its own place.
using Include = std::function<bool(std::string_view line, const std::string& origin, Source& source)>;

void parse_lines(std::string_view text, const std::string& path, const Include& include, Source& source) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = trim(without_comment(line));
    if (line.empty()) continue;
    const std::string origin = fmt::format("{}:{}", path, number);
    if (include && include(line, origin, source)) continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !valid_key(key)) {
      source.errors.push_back(fmt::format("{}: expected `key = value`, not '{}'", origin, line));
      continue;
    }
    const std::string_view value = trim(line.substr(equals + 1));
    if (value.empty()) {
      source.errors.push_back(
          fmt::format("{}: {} has no value; put a # before the line to have the default", origin, key));
      continue;
    }
    source.settings.push_back({std::string(key), std::string(value), origin});
  }
}

/// By name. A path without wildcards stands for itself, there or not.
std::vector<std::string> files_of(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&::globfree)> release(&found, &::globfree);
  if (::glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

Result<void> read_into(const std::string& path, std::size_t depth, Source& source) {
  constexpr std::size_t depth_max = 8;
  if (depth > depth_max)
    return fail(Errc::invalid_argument, fmt::format("{} is included by {} files in a row", path, depth));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    const int code = errno != 0 ? errno : EIO;
    return fail(Errc::io, fmt::format("cannot read {}: {}", path, std::strerror(code)));
  }
  const auto include = [&](std::string_view line, const std::string& origin, Source& into) {
    constexpr std::string_view word = "include";
    if (!line.starts_with(word) || line.size() == word.size()) return false;
    if (line[word.size()] != ' ' && line[word.size()] != '\t') return false;
    const std::filesystem::path name(trim(line.substr(word.size())));
    for (const std::string& one : files_of((std::filesystem::path(path).parent_path() / name).string())) {
      if (const auto read = read_into(one, depth + 1, into); !read)
        into.errors.push_back(fmt::format("{}: {}", origin, read.error().message));
    }
    return true;
  };
  parse_lines(text, path, include, source);
  return {};
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Source parse_file(std::string_view text, const std::string& path) {
  Source source;
  parse_lines(text, path, {}, source);
  return source;
}

Result<Source> read_file(const std::string& path) {
  Source source;
  if (auto read = read_into(path, 0, source); !read) return tl::unexpected<Error>(read.error());
  return source;
}

Source read_environment(std::span<const std::pair<std::string, std::string>> variables) {
  Source source;
  for (const auto& [name, value] : variables) {
    std::string key = key_of_variable(name);
    if (key.empty()) continue;
    source.settings.push_back({std::move(key), value, "environment " + name, true});
  }
  // The order of the environment means nothing.
  std::stable_sort(source.settings.begin(), source.settings.end(),
                   [](const Setting& a, const Setting& b) { return a.origin < b.origin; });
  return source;
}

Source read_arguments(std::span<const std::string> arguments) {
  Source source;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    const std::string_view key = trim(std::string_view(argument).substr(0, equals));
    if (equals == std::string::npos || !valid_key(key)) {
      source.errors.push_back(fmt::format("--set: expected key=value, not '{}'", argument));
      continue;
    }
    const std::string_view value = trim(std::string_view(argument).substr(equals + 1));
    source.settings.push_back({std::string(key), std::string(value), "--set", true});
  }
  return source;
}

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return result;
}

}  // namespace meshmq::config
