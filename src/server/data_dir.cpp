#include "server/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace meshmq::server {

namespace {

constexpr const char* lock_name = "meshmq.lock";

tl::unexpected<Error> system_failure(std::string what) {
  return fail(Errc::io, std::move(what) + ": " + std::strerror(errno));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Locks that belong to the open file, not to the process: nobody loses one by closing another descriptor,
/// and whether one is held can be asked without taking it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

long pid_in(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  long pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return pid;
}

Result<void> sync_directory(const std::filesystem::path& path) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return system_failure("cannot sync " + path.string());
  return {};
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Errc::io, "cannot make the data directory " + path + ": " + error.message());
  const std::string lock_path = path + "/" + lock_name;
  Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.get() < 0) return system_failure("cannot use the data directory " + path);
  struct flock whole = whole_file();
  if (::fcntl(lock.get(), F_OFD_SETLK, &whole) != 0) {
    return fail(
        Errc::already_exists,
        fmt::format("the data directory {} is in use by process {}: every node needs its own (node.data_dir)",
                    path, pid_in(lock.get())));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    return system_failure("cannot write " + lock_path);
  }
  return DataDir(path, lock.release());
}

long DataDir::holder(const std::string& path) {
  const Fd lock(::open((path + "/" + lock_name).c_str(), O_RDWR | O_CLOEXEC));
  if (lock.get() < 0) return 0;
  struct flock whole = whole_file();
  const bool held = ::fcntl(lock.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  return held ? pid_in(lock.get()) : 0;
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDir::~DataDir() {
  // The lock file stays: to unlink it would race with whoever is about to lock it.
  if (lock_ >= 0) ::close(lock_);
}

Result<std::string> DataDir::read(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  if (!std::filesystem::exists(path)) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) return system_failure("cannot read " + path);
  return content;
}

Result<void> DataDir::replace(const std::string& name, std::string_view content, unsigned mode) const {
  return replace_file(path_ + "/" + name, content, mode);
}

void DataDir::remove(const std::string& name) const {
  ::unlink((path_ + "/" + name).c_str());
}

Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = path + ".new";
  {
    const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0 || ::fchmod(file.get(), mode) != 0 || !write_all(file.get(), content) ||
        ::fsync(file.get()) != 0) {
      return system_failure("cannot write " + temporary);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_failure("cannot replace " + path);
  const auto directory = std::filesystem::path(path).parent_path();
  return sync_directory(directory.empty() ? "." : directory);
}

}  // namespace meshmq::server
