#include "net/clock.hpp"

#include <chrono>

namespace meshmq::net {

Now read_clock() {
  using std::chrono::duration_cast;
  return Now{.mono = TimePoint(duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())),
             .wall = duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

std::uint64_t monotonic_us() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace meshmq::net
