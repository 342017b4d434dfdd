#pragma once
// Latencies of millions of messages in a few kilobytes.

#include <array>
#include <cstddef>
#include <cstdint>

namespace meshmq::bench {

/// Log-linear buckets as in HdrHistogram: 64 per power of two, so a quantile is at most 1.6 % too high.
/// Values are nanoseconds up to 2^42 (73 minutes); larger ones count as that. Maximum and sum are exact.
class Histogram {
 public:
  void record(std::uint64_t value) {
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
    if (value > max_) max_ = value;
  }
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  /// The value that `percent` of the recorded ones do not exceed; 0 if there are none.
  std::uint64_t percentile(double percent) const;

 private:
  static constexpr unsigned linear_bits = 6;
  static constexpr unsigned value_bits = 42;
  static constexpr std::size_t bucket_count = (value_bits - linear_bits + 1) << linear_bits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t bucket);

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace meshmq::bench
