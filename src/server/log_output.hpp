#pragma once
// Where log lines go: the console, a file that is rotated, both or nowhere.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::server {

struct LogOutputOptions {
  bool console = false;  ///< standard output
  std::string file;      ///< path; empty: none
  LogLevel level = LogLevel::warning;
  std::size_t rotation_bytes = 0;  ///< 0: the file grows for ever
  unsigned rotation_count = 1;
};

/// Lines are `2021-07-28T16:15:39.528+00:00 [error] text`. A thread of its own writes them, so that a slow
/// disk or terminal holds up nobody. Limit: `lines_max` waiting lines; what is more is dropped, and a line
/// says how many. Thread rule: any.
class LogOutput final : public LogSink {
 public:
  static constexpr std::size_t lines_max = 10'000;

  static Result<std::unique_ptr<LogOutput>> open(LogOutputOptions options);
  /// Writes what waits.
  ~LogOutput() override;

  bool enabled(LogLevel level) const override { return level >= level_.load(std::memory_order_relaxed); }
  void write(LogLevel level, std::string_view text) override;

  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

 private:
  class Writer;
  LogOutput(LogLevel level, std::unique_ptr<Writer> writer);

  std::atomic<LogLevel> level_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace meshmq::server
