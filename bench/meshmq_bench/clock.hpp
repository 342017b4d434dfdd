#pragma once
// The one clock of a run. Comparable between processes of one machine, so publisher and subscriber may be
// two.

#include <time.h>

#include <cstdint>

namespace meshmq::bench {

using Nanos = std::uint64_t;

inline constexpr Nanos nanos_per_second = 1'000'000'000;

inline Nanos now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Nanos>(now.tv_sec) * nanos_per_second + static_cast<Nanos>(now.tv_nsec);
}

inline double to_seconds(Nanos ns) {
  return static_cast<double>(ns) / static_cast<double>(nanos_per_second);
}

}  // namespace meshmq::bench
