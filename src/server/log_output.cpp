#include "server/log_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace meshmq::server {

namespace {

std::string timestamp() {
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

/// Control characters of a peer's making must not begin a line or colour a terminal.
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

void write_out(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // a log that cannot be written has no place to complain
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

class LogOutput::Writer {
 public:
  explicit Writer(LogOutputOptions options) : options_(std::move(options)) {}
  ~Writer() {
    if (thread_.joinable()) {
      {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      wake_.notify_one();
      thread_.join();
    }
    if (fd_ >= 0) ::close(fd_);
  }

  Result<void> start() {
    if (!options_.file.empty()) {
      std::error_code error;
      std::filesystem::create_directories(std::filesystem::path(options_.file).parent_path(), error);
      if (!open_file()) {
        return fail(Errc::io, "cannot write the log file " + options_.file + ": " + std::strerror(errno));
      }
    }
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void put(std::string line) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= lines_max) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(line));
    if (waiting_.size() == 1) wake_.notify_one();
  }

 private:
  bool open_file() {
    fd_ = ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat status {};
    if (fd_ >= 0 && ::fstat(fd_, &status) == 0) file_bytes_ = static_cast<std::size_t>(status.st_size);
    return fd_ >= 0;
  }

  void run() {
    std::vector<std::string> lines;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::swap(lines, waiting_);
      const std::size_t dropped = std::exchange(dropped_, 0);
      lock.unlock();
      for (const std::string& line : lines) write_line(line);
      if (dropped > 0) write_line(fmt::format("{} [warning] {} log lines dropped\n", timestamp(), dropped));
      lines.clear();
      lock.lock();
    }
  }

  void write_line(const std::string& line) {
    if (options_.console) write_out(STDOUT_FILENO, line);
    if (fd_ < 0) return;
    if (options_.rotation_bytes > 0 && file_bytes_ + line.size() > options_.rotation_bytes && file_bytes_ > 0)
      rotate();
    write_out(fd_, line);
    file_bytes_ += line.size();
  }

  /// file -> file.1 -> file.2 ...; the oldest goes.
  void rotate() {
    const auto name = [this](unsigned number) {
      return number == 0 ? options_.file : fmt::format("{}.{}", options_.file, number);
    };
    ::close(fd_);
    ::unlink(name(options_.rotation_count - 1).c_str());
    for (unsigned number = options_.rotation_count - 1; number > 0; --number) {
      std::rename(name(number - 1).c_str(), name(number).c_str());
    }
    file_bytes_ = 0;
    open_file();
  }

  const LogOutputOptions options_;
  int fd_ = -1;
  std::size_t file_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> waiting_;
  std::size_t dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<LogOutput>> LogOutput::open(LogOutputOptions options) {
  const LogLevel level = options.level;
  auto writer = std::make_unique<Writer>(std::move(options));
  if (auto started = writer->start(); !started) return tl::unexpected<Error>(started.error());
  return std::unique_ptr<LogOutput>(new LogOutput(level, std::move(writer)));
}

LogOutput::LogOutput(LogLevel level, std::unique_ptr<Writer> writer)
    : level_(level), writer_(std::move(writer)) {}
LogOutput::~LogOutput() = default;

void LogOutput::write(LogLevel level, std::string_view text) {
  writer_->put(fmt::format("{} [{}] {}\n", timestamp(), to_string(level), one_line(text)));
}

}  // namespace meshmq::server
