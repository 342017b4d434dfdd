#include "server/daemon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace meshmq::server {

namespace {

void redirect(const std::string& console_file) {
  const int input = ::open("/dev/null", O_RDONLY);
  int output = ::open(console_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (output < 0) output = ::open("/dev/null", O_WRONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (input > STDERR_FILENO) ::close(input);
  if (output > STDERR_FILENO) ::close(output);
}

/// Everything until the writer closes, the first line break or the deadline; `in_time` is false for the last.
std::string read_line(int fd, std::chrono::steady_clock::time_point deadline, bool& in_time) {
  std::string line;
  in_time = true;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const int count = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
    if (count < 0 && errno == EINTR) continue;
    in_time = count > 0;
    char byte = 0;
    if (count <= 0 || ::read(fd, &byte, 1) != 1 || byte == '\n') return line;
    line += byte;
  }
}

}  // namespace

ReadyPipe::~ReadyPipe() {
  if (fd_ >= 0) ::close(fd_);
}

void ReadyPipe::say(const std::string& text) {
  if (fd_ < 0) return;
  // Nobody listens any more: then nobody needs to know.
  if (::write(fd_, text.data(), text.size()) < 0) errno = 0;
  ::close(fd_);
  fd_ = -1;
}

std::string daemonise(const std::string& console_file, std::chrono::seconds wait,
                      const std::function<int(ReadyPipe&)>& child) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  const pid_t pid = ::fork();
  if (pid < 0) return std::strerror(errno);
  if (pid == 0) {
    ::close(ends[0]);
    ::setsid();
    redirect(console_file);
    ReadyPipe pipe(ends[1]);
    std::exit(child(pipe));
  }
  ::close(ends[1]);
  bool in_time = false;
  const std::string line = read_line(ends[0], std::chrono::steady_clock::now() + wait, in_time);
  ::close(ends[0]);
  if (line == "ready") return {};
  if (!in_time)
    return "it is not ready within " + std::to_string(wait.count()) + " seconds, see " + console_file;
  ::waitpid(pid, nullptr, 0);
  return line.empty() ? "it ended without a word, see " + console_file : line;
}

}  // namespace meshmq::server
