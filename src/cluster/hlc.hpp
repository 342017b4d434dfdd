#pragma once
// Hybrid logical clock: orders changes of last-writer-wins rows across nodes, close to wall time, never
// backwards.

#include <compare>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace meshmq::cluster {

/// When and by whom a row was written. Unique: a node never makes the same stamp twice; ties go by the
/// writer's name.
struct Stamp {
  /// Wall milliseconds << 16 | counter.
  std::uint64_t time = 0;
  std::string writer;

  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

/// One node's clock. A wall clock that steps back or a peer from the future only makes the counter run ahead.
class HybridClock {
 public:
  explicit HybridClock(std::string self) : self_(std::move(self)) {}

  /// A stamp later than every one made or seen so far.
  Stamp next(WallMillis wall) {
    const std::uint64_t physical = wall <= 0 ? 0 : static_cast<std::uint64_t>(wall) << 16;
    last_ = physical > last_ ? physical : last_ + 1;
    return {last_, self_};
  }
  /// Call for every stamp that comes from outside.
  void observe(const Stamp& stamp) {
    if (stamp.time > last_) last_ = stamp.time;
  }

 private:
  std::string self_;
  std::uint64_t last_ = 0;
};

}  // namespace meshmq::cluster
