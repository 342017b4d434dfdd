#pragma once
// Where log lines go: the console, a file that is rotated, syslog, or nowhere.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/records.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::server {

struct LogOutputOptions {
  bool console = false;                        ///< standard output
  std::string file{};                          ///< path; empty: none
  bool syslog = false;                         ///< of the system: syslogd or journald
  LogLevel level = LogLevel::warning;          ///< of the handlers
  std::optional<LogLevel> primary_level = {};  ///< for all of them; missing: the same
  bool json = false;
  std::string node{};              ///< its name, in JSON
  std::size_t rotation_bytes = 0;  ///< 0: the file grows for ever
  unsigned rotation_count = 1;
};

/// Lines are `2021-07-28T16:15:39.528+00:00 [error] text`, or objects. A thread of its own writes them; what
/// it cannot keep up with is dropped, and a line says how many. Thread rule: any; attach() before others
/// write.
class LogOutput final : public LogSink {
 public:
  static Result<std::unique_ptr<LogOutput>> open(LogOutputOptions options);
  /// Writes what waits.
  ~LogOutput() override;

  bool enabled(LogLevel level) const override { return level >= threshold_.load(std::memory_order_relaxed); }
  void write(LogLevel level, std::string_view text, const LogContext& about) override;
  void trace(std::string_view name, LogLevel level, std::string_view text, const LogContext& about) override {
    if (on_trace_) on_trace_(name, level, text, about);
  }

  /// Who keeps traces.
  using Trace = std::function<void(std::string_view, LogLevel, std::string_view, const LogContext&)>;
  void attach(Trace trace) { on_trace_ = std::move(trace); }

  LogLevel level() const { return primary_.load(std::memory_order_relaxed); }
  /// Of everything.
  void set_level(LogLevel level);
  void set_primary_level(LogLevel level);
  std::vector<admin::LogHandler> handlers() const;
  /// False: there is no such handler.
  bool set_handler_level(std::string_view id, LogLevel level);
  bool start_handler(std::string_view id, bool on);

 private:
  class Writer;
  struct Handler {
    const char* id = nullptr;  ///< nullptr: there is none
    std::string destination{};
    std::atomic<LogLevel> level{LogLevel::warning};
    std::atomic<bool> started{true};
  };

  explicit LogOutput(const LogOutputOptions& options);
  void update_threshold();
  Handler* find(std::string_view id);

  const LogOutputOptions options_;
  std::atomic<LogLevel> primary_;
  std::atomic<LogLevel> threshold_;  ///< lines below it go nowhere
  std::array<Handler, 3> handlers_;
  Trace on_trace_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace meshmq::server
