#include "bench/meshmq_bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace meshmq::bench {

// Below 2^linear_bits every value has its own bucket; above, the highest linear_bits + 1 bits name it.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  value = std::min(value, (std::uint64_t{1} << value_bits) - 1);
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= linear_bits + 1) return static_cast<std::size_t>(value);
  const unsigned shift = width - linear_bits - 1;
  return (std::size_t{shift} << linear_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::highest_of(std::size_t bucket) {
  if (bucket < std::size_t{2} << linear_bits) return bucket;
  const std::size_t shift = (bucket >> linear_bits) - 1;
  const std::uint64_t top = bucket - (shift << linear_bits);
  return ((top + 1) << shift) - 1;
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::percentile(double percent) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i];
    if (seen != 0 && seen >= rank) return std::min(highest_of(i), max_);
  }
  return 0;
}

}  // namespace meshmq::bench
