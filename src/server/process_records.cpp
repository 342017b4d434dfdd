#include "server/process_records.hpp"

#include <filesystem>

namespace meshmq::server {

namespace {

/// A file beside the log.
std::string log_path(const config::Config& config, const std::string& name) {
  return (std::filesystem::path(config.data_dir) / config.log.dir / name).string();
}

}  // namespace

ProcessRecords::ProcessRecords(LogOutput& log, const config::Config& config)
    : log_(log),
      traces_(log_path(config, "trace"), config.node.name, config.trace_bytes_max),
      audit_([this](const std::string& line) { audit_file_->write(line); },
             [this](std::size_t count) {
               Logger(&log_).error("{} lines of the audit log are lost: the disk does not keep up", count);
             }) {
  log_.attach([this](std::string_view name, LogLevel level, std::string_view text, const LogContext& about) {
    traces_.write(name, level, text, about);
  });
}

ProcessRecords::~ProcessRecords() {
  log_.attach({});
}

Result<std::unique_ptr<ProcessRecords>> ProcessRecords::open(LogOutput& log, const config::Config& config) {
  auto records = std::unique_ptr<ProcessRecords>(new ProcessRecords(log, config));
  if (!config.audit.on || config.audit.file.empty()) return records;
  records->audit_file_ = std::make_unique<RotatingFile>(log_path(config, config.audit.file),
                                                        config.log.rotation ? config.log.rotation_bytes : 0,
                                                        config.log.rotation_count);
  if (auto opened = records->audit_file_->open("the audit log"); !opened)
    return tl::unexpected<Error>(std::move(opened.error()));
  records->audit_.start();
  return records;
}

void ProcessRecords::write_audit(const std::string& line) {
  if (audit_file_) audit_.put(line);
}

}  // namespace meshmq::server
