#pragma once
// What a node writes down: its log, traces, and what operators have done.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::admin {

/// Where lines of the log go.
struct LogHandler {
  std::string id;  ///< console, file, syslog
  LogLevel level = LogLevel::warning;
  std::string destination;  ///< console, syslog or a path
  bool started = true;
};

/// Implemented by the server. Called on the control thread.
class Records {
 public:
  virtual ~Records() = default;

  // --- the log: a line is written if its level passes the primary one and that of a handler
  virtual std::vector<LogHandler> log_handlers() const = 0;
  virtual void set_primary_level(LogLevel level) = 0;
  /// False: there is no such handler.
  virtual bool set_handler_level(std::string_view id, LogLevel level) = 0;
  virtual bool start_handler(std::string_view id, bool on) = 0;

  // --- traces
  /// Where a trace is written on this node.
  virtual std::string trace_path(std::string_view name) const = 0;
  virtual std::uint64_t trace_bytes(std::string_view name) const = 0;
  /// Up to `count` bytes from there on; fewer at the end.
  virtual Result<std::string> read_trace(std::string_view name, std::uint64_t position,
                                         std::size_t count) const = 0;

  /// Keeps a line of the audit log.
  virtual void write_audit(const std::string& line) = 0;
};

}  // namespace meshmq::admin
