#include "server/log_line.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace meshmq::server {

namespace {

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

std::string log_time() {
  using namespace std::chrono;
  const auto now = system_clock::now().time_since_epoch();
  const std::time_t seconds = duration_cast<std::chrono::seconds>(now).count();
  std::tm local{};
  localtime_r(&seconds, &local);
  const long minutes_east = local.tm_gmtoff / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", local.tm_year + 1900,
                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                     duration_cast<milliseconds>(now).count() % 1000, minutes_east < 0 ? '-' : '+',
                     std::abs(minutes_east) / 60, std::abs(minutes_east) % 60);
}

std::string text_line(std::string_view time, LogLevel level, std::string_view text) {
  return fmt::format("{} [{}] {}\n", time, to_string(level), one_line(text));
}

std::string trace_line(std::string_view time, LogLevel level, std::string_view node, std::string_view text,
                       const LogContext& about) {
  std::string whom(about.client_id);
  if (!about.peer.empty()) whom.append("@").append(about.peer);
  if (!about.topic.empty()) whom.append(" ").append(about.topic);
  return fmt::format("{} [{}] {} {}: {}\n", time, to_string(level), node, one_line(whom), one_line(text));
}

std::string json_line(std::string_view time, LogLevel level, std::string_view node, std::string_view text,
                      const LogContext& about) {
  std::vector<std::pair<std::string, Json>> members = {
      {"time", time}, {"level", to_string(level)}, {"node", node}, {"msg", text}};
  if (!about.client_id.empty()) members.emplace_back("clientid", about.client_id);
  if (!about.peer.empty()) members.emplace_back("peername", about.peer);
  if (!about.topic.empty()) members.emplace_back("topic", about.topic);
  return Json::object(members).text() + "\n";
}

}  // namespace meshmq::server
