#include "net/clock.hpp"

#include <chrono>

namespace meshmq::net {

Now read_clock() {
  using std::chrono::duration_cast;
  return Now{.mono = TimePoint(duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())),
             .wall = duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

}  // namespace meshmq::net
