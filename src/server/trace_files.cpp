#include "server/trace_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <utility>

#include "server/line_writer.hpp"
#include "server/log_line.hpp"
#include "server/rotating_file.hpp"

namespace meshmq::server {

namespace {

constexpr std::string_view extension = ".log";

}  // namespace

class TraceFiles::Writer {
 public:
  /// A line, or which files may stay.
  struct Line {
    std::string name;
    std::string text;
    std::vector<std::string> keep{};
  };

  Writer(std::string directory, std::size_t bytes_max)
      : directory_(std::move(directory)),
        bytes_max_(bytes_max),
        lines_([this](const Line& line) { handle(line); }, [](std::size_t) {}) {
    lines_.start();
  }

  void put(Line line) { lines_.put(std::move(line)); }

 private:
  struct File {
    int fd = -1;
    std::size_t bytes = 0;
    bool full = false;

    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
      if (fd >= 0) ::close(fd);
    }
  };

  void handle(const Line& line) {
    if (line.name.empty()) return clean(line.keep);
    File& file = files_[line.name];
    if (file.fd < 0) open(file, line.name);
    if (file.fd < 0 || file.full) return;
    file.full = file.bytes + line.text.size() > bytes_max_;
    const std::string text = file.full
                                 ? fmt::format("{} [warning] the trace is full (trace.max_file_size = {})\n",
                                               log_time(), bytes_max_)
                                 : line.text;
    write_out(file.fd, text);
    file.bytes += text.size();
  }

  void open(File& file, const std::string& name) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    const auto path = std::filesystem::path(directory_) / (name + std::string(extension));
    file.fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat status {};
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0) return;
    file.bytes = static_cast<std::size_t>(status.st_size);
    file.full = file.bytes >= bytes_max_;
  }

  void clean(const std::vector<std::string>& names) {
    const auto kept = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::erase_if(files_, [&](const auto& item) { return !kept(item.first); });
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
      const bool is_trace = entry.path().extension() == extension;
      if (is_trace && !kept(entry.path().stem().string())) std::filesystem::remove(entry.path(), error);
    }
  }

  const std::string directory_;
  const std::size_t bytes_max_;
  std::map<std::string, File> files_;
  LineWriter<Line> lines_;
};

TraceFiles::TraceFiles(std::string directory, std::string node, std::size_t bytes_max)
    : directory_(std::move(directory)),
      node_(std::move(node)),
      writer_(std::make_unique<Writer>(directory_, bytes_max)) {}
TraceFiles::~TraceFiles() = default;

void TraceFiles::write(std::string_view name, LogLevel level, std::string_view text,
                       const LogContext& about) {
  writer_->put({std::string(name), trace_line(log_time(), level, node_, text, about)});
}

void TraceFiles::keep(const std::vector<std::string>& names) {
  writer_->put({{}, {}, names});
}

std::string TraceFiles::path(std::string_view name) const {
  return (std::filesystem::path(directory_) / (std::string(name) + std::string(extension))).string();
}

std::uint64_t TraceFiles::size(std::string_view name) const {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path(name), error);
  return error ? 0 : size;
}

Result<std::string> TraceFiles::read(std::string_view name, std::uint64_t position, std::size_t count) const {
  const int fd = ::open(path(name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return std::string();
    return fail(Errc::io, std::strerror(errno));
  }
  std::string bytes(count, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(position));
  ::close(fd);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace meshmq::server
