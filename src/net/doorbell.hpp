#pragma once
// Wakes a thread that sleeps, and only then: a wake costs microseconds, a look at a flag does not.

#include <atomic>
#include <functional>
#include <utility>

namespace meshmq::net {

/// Protocol of the one receiver:  lie_down(); if (mailboxes are empty) sleep; get_up();  and of every sender:
/// put something into a mailbox, then ring(). Whatever the interleaving, either the sender sees the receiver
/// lying down or the receiver sees the mail: both sides store first and load second, in the single order of
/// seq_cst operations.
class Doorbell {
 public:
  /// `wake` is called by senders, must make the receiver's sleep return (now or the next time) and be
  /// thread-safe.
  explicit Doorbell(std::function<void()> wake) : wake_(std::move(wake)) {}

  void lie_down() { asleep_.store(true); }
  void get_up() { asleep_.store(false, std::memory_order_relaxed); }

  void ring() {
    if (asleep_.load() && asleep_.exchange(false)) wake_();
  }

 private:
  std::function<void()> wake_;
  std::atomic<bool> asleep_{false};
};

}  // namespace meshmq::net
