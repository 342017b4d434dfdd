#include "server/rotating_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace meshmq::server {

void write_out(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

RotatingFile::~RotatingFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> RotatingFile::open(std::string_view what) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  if (open_file()) return {};
  return fail(Errc::io, fmt::format("cannot write {} {}: {}", what, path_, std::strerror(errno)));
}

bool RotatingFile::open_file() {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  struct stat status {};
  if (fd_ >= 0 && ::fstat(fd_, &status) == 0) bytes_ = static_cast<std::size_t>(status.st_size);
  return fd_ >= 0;
}

void RotatingFile::write(std::string_view line) {
  if (fd_ < 0) return;
  if (bytes_max_ > 0 && bytes_ + line.size() > bytes_max_ && bytes_ > 0) rotate();
  write_out(fd_, line);
  bytes_ += line.size();
}

void RotatingFile::rotate() {
  const auto name = [this](unsigned number) {
    return number == 0 ? path_ : fmt::format("{}.{}", path_, number);
  };
  ::close(fd_);
  ::unlink(name(count_ - 1).c_str());
  for (unsigned number = count_ - 1; number > 0; --number) {
    std::rename(name(number - 1).c_str(), name(number).c_str());
  }
  bytes_ = 0;
  open_file();
}

}  // namespace meshmq::server
