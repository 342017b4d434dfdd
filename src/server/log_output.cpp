#include "server/log_output.hpp"

#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/line_writer.hpp"
#include "server/log_line.hpp"
#include "server/rotating_file.hpp"

namespace meshmq::server {

namespace {

constexpr std::size_t console_handler = 0;
constexpr std::size_t file_handler = 1;
constexpr std::size_t syslog_handler = 2;

int syslog_priority(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return LOG_DEBUG;
    case LogLevel::info:
      return LOG_INFO;
    case LogLevel::notice:
      return LOG_NOTICE;
    case LogLevel::warning:
      return LOG_WARNING;
    case LogLevel::error:
      return LOG_ERR;
    case LogLevel::critical:
      return LOG_CRIT;
  }
  return LOG_ERR;
}

}  // namespace

class LogOutput::Writer {
 public:
  /// A line and which handlers want it.
  struct Line {
    LogLevel level = LogLevel::warning;
    unsigned handlers = 0;
    std::string text;
  };

  explicit Writer(const LogOutputOptions& options)
      : options_(options),
        lines_([this](const Line& line) { write(line); }, [this](std::size_t count) { say_lost(count); }) {
    if (!options.file.empty()) file_.emplace(options.file, options.rotation_bytes, options.rotation_count);
  }

  Result<void> start() {
    if (file_) {
      if (auto opened = file_->open("the log file"); !opened) return opened;
    }
    if (options_.syslog) ::openlog("meshmq", LOG_PID, LOG_DAEMON);
    lines_.start();
    return {};
  }
  void put(Line line) { lines_.put(std::move(line)); }

 private:
  void write(const Line& line) {
    if ((line.handlers & 1U << console_handler) != 0) write_out(STDOUT_FILENO, line.text);
    if ((line.handlers & 1U << file_handler) != 0 && file_) file_->write(line.text);
    if ((line.handlers & 1U << syslog_handler) != 0)
      ::syslog(syslog_priority(line.level), "%.*s", static_cast<int>(line.text.size() - 1), line.text.data());
  }
  void say_lost(std::size_t count) {
    const std::string text = fmt::format("{} log lines dropped", count);
    const std::string time = log_time();
    write({LogLevel::warning, (options_.console ? 1U << console_handler : 0) | 1U << file_handler,
           options_.json ? json_line(time, LogLevel::warning, options_.node, text, {})
                         : text_line(time, LogLevel::warning, text)});
  }

  const LogOutputOptions& options_;
  std::optional<RotatingFile> file_;
  LineWriter<Line> lines_;
};

Result<std::unique_ptr<LogOutput>> LogOutput::open(LogOutputOptions options) {
  auto output = std::unique_ptr<LogOutput>(new LogOutput(options));
  output->writer_ = std::make_unique<Writer>(output->options_);
  if (auto started = output->writer_->start(); !started) return tl::unexpected<Error>(started.error());
  return output;
}

LogOutput::LogOutput(const LogOutputOptions& options)
    : options_(options), primary_(options.primary_level.value_or(options.level)), threshold_(options.level) {
  if (options.console) handlers_[console_handler].id = "console";
  if (!options.file.empty()) handlers_[file_handler].id = "file";
  if (options.syslog) handlers_[syslog_handler].id = "syslog";
  handlers_[console_handler].destination = "console";
  handlers_[file_handler].destination = options.file;
  handlers_[syslog_handler].destination = "syslog";
  for (Handler& handler : handlers_) handler.level = options.level;
  update_threshold();
}
LogOutput::~LogOutput() = default;

void LogOutput::write(LogLevel level, std::string_view text, const LogContext& about) {
  Writer::Line line{level, 0, {}};
  for (std::size_t i = 0; i < handlers_.size(); ++i) {
    const Handler& handler = handlers_[i];
    const bool wants = handler.id != nullptr && handler.started.load(std::memory_order_relaxed) &&
                       level >= handler.level.load(std::memory_order_relaxed);
    if (wants) line.handlers |= 1U << i;
  }
  if (line.handlers == 0) return;
  const std::string time = log_time();
  line.text =
      options_.json ? json_line(time, level, options_.node, text, about) : text_line(time, level, text);
  writer_->put(std::move(line));
}

void LogOutput::update_threshold() {
  LogLevel lowest = LogLevel::critical;
  for (const Handler& handler : handlers_) {
    if (handler.id != nullptr && handler.started) lowest = std::min(lowest, handler.level.load());
  }
  threshold_ = std::max(lowest, primary_.load());
}

LogOutput::Handler* LogOutput::find(std::string_view id) {
  const auto found = std::find_if(handlers_.begin(), handlers_.end(), [&](const Handler& handler) {
    return handler.id != nullptr && handler.id == id;
  });
  return found == handlers_.end() ? nullptr : found;
}

void LogOutput::set_level(LogLevel level) {
  for (Handler& handler : handlers_) handler.level = level;
  set_primary_level(level);
}

void LogOutput::set_primary_level(LogLevel level) {
  primary_ = level;
  update_threshold();
}

std::vector<admin::LogHandler> LogOutput::handlers() const {
  std::vector<admin::LogHandler> result;
  for (const Handler& handler : handlers_) {
    if (handler.id != nullptr)
      result.push_back({handler.id, handler.level, handler.destination, handler.started});
  }
  return result;
}

bool LogOutput::set_handler_level(std::string_view id, LogLevel level) {
  Handler* handler = find(id);
  if (handler == nullptr) return false;
  handler->level = level;
  update_threshold();
  return true;
}

bool LogOutput::start_handler(std::string_view id, bool on) {
  Handler* handler = find(id);
  if (handler == nullptr) return false;
  handler->started = on;
  update_threshold();
  return true;
}

}  // namespace meshmq::server
