#pragma once
// How far a publisher may run ahead of its receivers.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace meshmq::bench {

/// A ring of receipt counts, one per message on its way. A message leaves the window when every receiver has
/// it, so no receiver is ever more than `size` messages behind and a broker's queues stay short: the run
/// measures throughput, not how queues overflow. Thread rule: open() belongs to the publisher, received() to
/// anybody.
class DeliveryWindow {
 public:
  DeliveryWindow(std::size_t size, std::uint32_t receivers)
      : size_(size), receivers_(receivers), receipts_(new std::atomic<std::uint32_t>[size]()) {}

  /// Whether message `sequence` may be sent.
  bool open(std::uint64_t sequence) {
    while (oldest_ < sequence && slot(oldest_).load(std::memory_order_acquire) == receivers_) {
      slot(oldest_).store(0, std::memory_order_relaxed);
      ++oldest_;
    }
    return sequence - oldest_ < size_;
  }

  /// One receiver has it for the first time. True if it was the last of them.
  bool received(std::uint64_t sequence) {
    return slot(sequence).fetch_add(1, std::memory_order_release) + 1 == receivers_;
  }

 private:
  std::atomic<std::uint32_t>& slot(std::uint64_t sequence) { return receipts_[sequence % size_]; }

  std::size_t size_;
  std::uint32_t receivers_;
  std::uint64_t oldest_ = 0;  ///< first message that somebody may still wait for
  std::unique_ptr<std::atomic<std::uint32_t>[]> receipts_;
};

}  // namespace meshmq::bench
