#pragma once
// Time as the pure rooms see it: a value that the shell hands in. Nothing here can read a clock.

#include <chrono>
#include <cstdint>

namespace meshmq {

using Duration = std::chrono::milliseconds;

/// A clock without now(): the tag of monotonic time points. The shell reads the real clock, the simulator its
/// own.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};

/// Monotonic milliseconds since an arbitrary start; comparable within one process only.
using TimePoint = MonotonicClock::time_point;

/// Milliseconds since 1970-01-01 UTC, as people and other machines count. May jump.
using WallMillis = std::int64_t;

/// Both readings of one moment; handed to every event.
struct Now {
  TimePoint mono;
  WallMillis wall = 0;
};

}  // namespace meshmq
