#pragma once
// What systemd, or whoever else sets NOTIFY_SOCKET, is told of this process: sd_notify(3).

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace meshmq::server {

/// Whether threads go on: each has a number that grows while it does. Thread rule: one owner.
class Pulse {
 public:
  /// True if every number has changed since the last call; the first call has nothing to compare with.
  bool goes_on(const std::vector<std::uint64_t>& turns);

 private:
  std::vector<std::uint64_t> last_;
};

/// Says nothing if nobody listens. The watchdog (WatchdogSec=) is fed from the control thread's loop, and
/// only while all workers go on: a stalled thread of either kind ends in a restart by the service manager.
/// Thread rule: one owner, the control thread.
class ServiceManager {
 public:
  /// `turns` of the workers; called on the control thread. They must grow several times in half the
  /// watchdog's time.
  ServiceManager(boost::asio::io_context& io, std::function<std::vector<std::uint64_t>()> turns);

  /// Clients are accepted, or are again after reloading().
  void ready(const std::string& status);
  void reloading();
  void stopping();
  /// For `systemctl status`.
  void status(const std::string& text);

 private:
  void arm_watchdog();

  std::function<std::vector<std::uint64_t>()> turns_;
  boost::asio::steady_timer timer_;
  std::chrono::microseconds interval_{0};  ///< 0: there is no watchdog
  Pulse pulse_;
  bool armed_ = false;
};

}  // namespace meshmq::server
