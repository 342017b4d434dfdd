#pragma once
// A process in the background that tells its parent when it is ready.

#include <chrono>
#include <functional>
#include <string>

namespace meshmq::server {

/// What the child says, once.
class ReadyPipe {
 public:
  explicit ReadyPipe(int fd) : fd_(fd) {}
  ReadyPipe(const ReadyPipe&) = delete;
  ReadyPipe& operator=(const ReadyPipe&) = delete;
  ~ReadyPipe();
  void ready() { say("ready\n"); }
  /// A line for the operator.
  void failed(const std::string& why) { say(why + "\n"); }

 private:
  void say(const std::string& text);
  int fd_;
};

/// Runs `child` in a process of its own session, its output appended to `console_file`. Call before any
/// thread is made. Returns in the parent: an empty text when the child said ready(), otherwise why there is
/// no child.
std::string daemonise(const std::string& console_file, std::chrono::seconds wait,
                      const std::function<int(ReadyPipe&)>& child);

}  // namespace meshmq::server
