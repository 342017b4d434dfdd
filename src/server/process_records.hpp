#pragma once
// What the process writes down besides its data: log, traces, audit log.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/records.hpp"
#include "config/config.hpp"
#include "server/line_writer.hpp"
#include "server/log_output.hpp"
#include "server/rotating_file.hpp"
#include "server/trace_files.hpp"

namespace meshmq::server {

/// Thread rule: one owner; lines of traces come from any thread.
class ProcessRecords final : public admin::Records {
 public:
  /// Fails if the audit log cannot be written. `log` must outlive it, and whoever writes traces must not.
  static Result<std::unique_ptr<ProcessRecords>> open(LogOutput& log, const config::Config& config);
  ~ProcessRecords() override;

  std::vector<admin::LogHandler> log_handlers() const override { return log_.handlers(); }
  void set_primary_level(LogLevel level) override { log_.set_primary_level(level); }
  bool set_handler_level(std::string_view id, LogLevel level) override {
    return log_.set_handler_level(id, level);
  }
  bool start_handler(std::string_view id, bool on) override { return log_.start_handler(id, on); }
  std::string trace_path(std::string_view name) const override { return traces_.path(name); }
  std::uint64_t trace_bytes(std::string_view name) const override { return traces_.size(name); }
  Result<std::string> read_trace(std::string_view name, std::uint64_t position,
                                 std::size_t count) const override {
    return traces_.read(name, position, count);
  }
  void write_audit(const std::string& line) override;

  /// Those of other traces go.
  void keep_traces(const std::vector<std::string>& names) { traces_.keep(names); }

 private:
  ProcessRecords(LogOutput& log, const config::Config& config);

  LogOutput& log_;
  TraceFiles traces_;
  std::unique_ptr<RotatingFile> audit_file_;  ///< nullptr: there is none
  LineWriter<std::string> audit_;
};

}  // namespace meshmq::server
