#pragma once
// How long something takes, counted in fixed buckets.

#include <array>
#include <cstddef>
#include <cstdint>

namespace meshmq {

/// Bounds as Prometheus wants them: a bucket holds what took at most so long, the last one everything else.
/// Costs a few compares; no memory is allocated.
class Histogram {
 public:
  static constexpr std::array<std::uint64_t, 16> bounds_us = {
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,     25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000, 60'000'000};

  void add(std::uint64_t us, std::uint64_t times = 1) {
    std::size_t i = 0;
    while (i < bounds_us.size() && us > bounds_us[i]) ++i;
    counts_[i] += times;
    sum_us_ += us * times;
  }
  /// Of a clock that counts milliseconds: in the middle of what it cannot tell apart. A clock that was set
  /// back counts as nothing at all.
  void add_ms(std::int64_t ms, std::uint64_t times = 1) {
    add(ms < 0 ? 0 : static_cast<std::uint64_t>(ms) * 1000 + 500, times);
  }
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_us_ += other.sum_us_;
  }

  /// One for each bound, and the rest.
  const std::array<std::uint64_t, bounds_us.size() + 1>& counts() const { return counts_; }
  std::uint64_t sum_us() const { return sum_us_; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<std::uint64_t, bounds_us.size() + 1> counts_{};
  std::uint64_t sum_us_ = 0;
};

}  // namespace meshmq
