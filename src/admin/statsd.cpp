#include "admin/statsd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace meshmq::admin {

namespace {

/// What separates things in a line must not stand in them.
std::string plain(std::string text) {
  for (char& c : text) {
    if (c == ':' || c == '|' || c == '#' || c == ',' || c == '\n' || c == '@') c = '_';
  }
  return text;
}

}  // namespace

StatsdLines::StatsdLines(std::string prefix, std::string node, const std::string& tags)
    : prefix_(std::move(prefix)),
      tags_("|#node:" + plain(std::move(node)) + (tags.empty() ? "" : "," + tags)) {}

std::vector<std::string> StatsdLines::datagrams(const Counters& counters, const Counters& sizes) {
  std::vector<std::string> result;
  const auto add = [&](const std::string& name, std::uint64_t value, char type) {
    const std::string line = fmt::format("{}.{}:{}|{}{}", prefix_, name, value, type, tags_);
    if (result.empty() || result.back().size() + 1 + line.size() > datagram_bytes_max) {
      result.push_back(line);
    } else {
      result.back().append("\n").append(line);
    }
  };
  for (const auto& [name, value] : counters) {
    const std::uint64_t before = std::exchange(last_[name], value);
    if (value > before) add(name, value - before, 'c');
  }
  for (const auto& [name, value] : sizes) add(name, value, 'g');
  return result;
}

}  // namespace meshmq::admin
