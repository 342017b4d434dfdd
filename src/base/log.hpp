#pragma once
// The log interface. The pure rooms get a Logger handed in; what becomes of a line is the shell's affair.

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace meshmq {

enum class LogLevel { debug, info, notice, warning, error, critical };

std::string_view to_string(LogLevel level);
/// Nothing if it is the name of none.
std::optional<LogLevel> log_level_of(std::string_view name);

/// Whom and what a line is about, as far as it is about somebody. Borrowed.
struct LogContext {
  std::string_view client_id{};
  std::string_view peer{};   ///< address:port
  std::string_view topic{};  ///< or filter
};

/// Where lines go. Implementations must not call back into the caller. Thread rule: the implementation's.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view text, const LogContext& about) = 0;
  /// A line of a trace that an operator has begun; `name` is the trace's.
  virtual void trace(std::string_view /*name*/, LogLevel, std::string_view /*text*/, const LogContext&) {}
};

/// A sink that may be absent; cheap to copy. The format string is checked at compile time.
class Logger {
 public:
  Logger() = default;
  explicit Logger(LogSink* sink) : sink_(sink) {}

  template <class... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (sink_ == nullptr || !sink_->enabled(level)) return;
    sink_->write(level, fmt::format(format, std::forward<Args>(args)...), {});
  }
  /// A line about somebody: the text says it for people, the context for machines.
  template <class... Args>
  void about(const LogContext& context, LogLevel level, fmt::format_string<Args...> format,
             Args&&... args) const {
    if (sink_ == nullptr || !sink_->enabled(level)) return;
    sink_->write(level, fmt::format(format, std::forward<Args>(args)...), context);
  }
  void trace(std::string_view name, LogLevel level, std::string_view text, const LogContext& context) const {
    if (sink_ != nullptr) sink_->trace(name, level, text, context);
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
