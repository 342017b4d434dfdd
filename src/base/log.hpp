#pragma once
// The log interface. The pure rooms get a Logger handed in; what becomes of a line is the shell's affair.

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace meshmq {

enum class LogLevel { debug, info, notice, warning, error, critical };

std::string_view to_string(LogLevel level);

/// Where lines go. Implementations must not call back into the caller. Thread rule: the implementation's.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view text) = 0;
};

/// A sink that may be absent; cheap to copy. The format string is checked at compile time.
class Logger {
 public:
  Logger() = default;
  explicit Logger(LogSink* sink) : sink_(sink) {}

  template <class... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (sink_ == nullptr || !sink_->enabled(level)) return;
    sink_->write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::warning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::error, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void critical(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::critical, format, std::forward<Args>(args)...);
  }

 private:
  LogSink* sink_ = nullptr;
};

}  // namespace meshmq
