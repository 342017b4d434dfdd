#include "server/service_manager.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace meshmq::server {

bool Pulse::goes_on(const std::vector<std::uint64_t>& turns) {
  const std::vector<std::uint64_t> last = std::exchange(last_, turns);
  if (last.size() != turns.size()) return true;
  return std::equal(turns.begin(), turns.end(), last.begin(), std::not_equal_to<>());
}

ServiceManager::ServiceManager(boost::asio::io_context& io, std::function<std::vector<std::uint64_t>()> turns)
    : turns_(std::move(turns)), timer_(io) {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) > 0) interval_ = std::chrono::microseconds(microseconds / 2);
}

void ServiceManager::ready(const std::string& status) {
  ::sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
  if (interval_.count() > 0 && !std::exchange(armed_, true)) arm_watchdog();
}

void ServiceManager::reloading() {
  ::sd_notify(0, "RELOADING=1\nSTATUS=Reading the configuration");
}

void ServiceManager::stopping() {
  ::sd_notify(0, "STOPPING=1\nSTATUS=Sessions go to the other nodes or to the disk");
}

void ServiceManager::status(const std::string& text) {
  ::sd_notify(0, ("STATUS=" + text).c_str());
}

void ServiceManager::arm_watchdog() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (pulse_.goes_on(turns_())) ::sd_notify(0, "WATCHDOG=1");
    arm_watchdog();
  });
}

}  // namespace meshmq::server
