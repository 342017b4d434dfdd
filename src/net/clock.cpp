#include "net/clock.hpp"

#include <chrono>

namespace meshmq::net {

using std::chrono::duration_cast;

std::uint64_t monotonic_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(duration_cast<std::chrono::microseconds>(now).count());
}

Now read_clock_finely(std::uint64_t& mono_us) {
  mono_us = monotonic_us();
  return Now{.mono = TimePoint(Duration(mono_us / 1000)),
             .wall = duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

Now read_clock() {
  std::uint64_t ignored = 0;
  return read_clock_finely(ignored);
}

}  // namespace meshmq::net
