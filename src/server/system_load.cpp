#include "server/system_load.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace meshmq::server {

namespace {

/// The next number of the line; false at its end.
bool take_number(std::string_view& line, std::uint64_t& number) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return true;
}

/// What stands behind `name` at the beginning of a line, up to its end.
std::string_view line_behind(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(name)) return line.substr(name.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

std::uint64_t kilobytes(std::string_view meminfo, std::string_view name) {
  std::string_view line = line_behind(meminfo, name);
  std::uint64_t number = 0;
  return take_number(line, number) ? number * 1024 : 0;
}

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

admin::SystemLoad parse_system_load(std::string_view stat, std::string_view meminfo) {
  admin::SystemLoad load;
  std::string_view line = line_behind(stat, "cpu ");
  // user nice system idle iowait irq softirq steal; guests' time is part of the first two
  std::uint64_t ticks = 0;
  for (int field = 0; field < 8 && take_number(line, ticks); ++field) {
    load.cpu_ticks += ticks;
    if (field != 3 && field != 4) load.cpu_busy_ticks += ticks;
  }
  load.memory_bytes = kilobytes(meminfo, "MemTotal:");
  load.memory_available_bytes = kilobytes(meminfo, "MemAvailable:");
  return load;
}

admin::SystemLoad read_system_load() {
  return parse_system_load(read_file("/proc/stat"), read_file("/proc/meminfo"));
}

}  // namespace meshmq::server
