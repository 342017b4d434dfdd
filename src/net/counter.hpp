#pragma once
// A number that one thread counts and others look at.

#include <atomic>
#include <cstdint>

namespace meshmq::net {

/// One writer, so that counting is a plain load and store; readers may be late, never wrong.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace meshmq::net
