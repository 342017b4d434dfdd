#pragma once
// Virtual time: the only clock of the simulation.

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace meshmq::sim {

/// Microseconds since the start of the run.
using Micros = std::int64_t;

constexpr Micros operator""_ms(unsigned long long v) {
  return static_cast<Micros>(v) * 1000;
}
constexpr Micros operator""_s(unsigned long long v) {
  return static_cast<Micros>(v) * 1'000'000;
}

/// Runs actions in order of time; equal times in order of scheduling, so that a seed replays exactly.
class Scheduler {
 public:
  using Action = std::function<void()>;

  void at(Micros when, Action action) {
    events_.push({when < now_ ? now_ : when, next_++, std::move(action)});
  }
  void after(Micros delay, Action action) { at(now_ + delay, std::move(action)); }

  void run_until(Micros end) {
    while (!events_.empty() && events_.top().when <= end) {
      // The queue gives out const references only; the action is moved out of an element about to be popped.
      Event event = std::move(const_cast<Event&>(events_.top()));
      events_.pop();
      now_ = event.when;
      ++executed_;
      event.action();
    }
    now_ = end;
  }

  Micros now_us() const { return now_; }
  Now now() const { return {TimePoint(Duration(1'000'000 + now_ / 1000)), 1'700'000'000'000 + now_ / 1000}; }
  std::uint64_t executed() const { return executed_; }

 private:
  struct Event {
    Micros when;
    std::uint64_t order;
    Action action;
    bool operator<(const Event& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  std::priority_queue<Event> events_;
  Micros now_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t executed_ = 0;
};

}  // namespace meshmq::sim
