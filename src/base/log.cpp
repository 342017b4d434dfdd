#include "base/log.hpp"

namespace meshmq {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::notice:
      return "notice";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
    case LogLevel::critical:
      return "critical";
  }
  return "unknown";
}

std::optional<LogLevel> log_level_of(std::string_view name) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::warning,
                               LogLevel::error, LogLevel::critical}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

}  // namespace meshmq
