#pragma once
// Values on their way to another thread, in batches.

#include <atomic>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace meshmq::net {

/// Many senders, one receiver. A batch is appended in one short critical section, the receiver takes
/// everything in another; both swap vectors, so that memory circulates. Batches of one sender stay in order.
/// Says nothing to the receiver: see Doorbell. Unbounded by itself: see MailboxLoad.
template <class T>
class Mailbox {
 public:
  /// Any thread. Leaves `batch` empty.
  void put(std::vector<T>& batch) {
    if (batch.empty()) return;
    const std::lock_guard lock(mutex_);
    if (closed_) return batch.clear();
    if (inbox_.empty()) {
      std::swap(inbox_, batch);
    } else {
      inbox_.insert(inbox_.end(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
      batch.clear();
    }
    waiting_.store(true);
  }
  void put(T value) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    inbox_.push_back(std::move(value));
    waiting_.store(true);
  }

  /// Receiver. Replaces `out`, which must be empty, by everything that waits.
  void take(std::vector<T>& out) {
    if (!waiting()) return;
    const std::lock_guard lock(mutex_);
    std::swap(inbox_, out);
    waiting_.store(false, std::memory_order_relaxed);
  }
  /// Receiver. Drops what waits and what comes from now on.
  void close() {
    std::vector<T> dropped;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    std::swap(inbox_, dropped);
    waiting_.store(false, std::memory_order_relaxed);
  }
  /// Receiver.
  bool waiting() const { return waiting_.load(); }

 private:
  std::mutex mutex_;
  std::vector<T> inbox_;
  bool closed_ = false;
  std::atomic<bool> waiting_{false};
};

/// When senders of messages to a worker are told to pause their publishers. Soft: nothing is dropped.
struct MailboxLimits {
  std::size_t messages_max = 16 * 1024;      ///< node.mailbox_messages
  std::size_t bytes_max = 16 * 1024 * 1024;  ///< node.mailbox_bytes
};

/// How much a mailbox holds, what its receiver has taken but not yet worked on included. Thread rule: any.
class MailboxLoad {
 public:
  explicit MailboxLoad(const MailboxLimits& limits) : limits_(limits) {}

  void add(std::size_t messages, std::size_t bytes) {
    messages_.fetch_add(messages, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void remove(std::size_t messages, std::size_t bytes) {
    messages_.fetch_sub(messages, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  /// Above the limit, with that much more.
  bool high(std::size_t messages, std::size_t bytes) const {
    return messages_.load(std::memory_order_relaxed) + messages > limits_.messages_max ||
           bytes_.load(std::memory_order_relaxed) + bytes > limits_.bytes_max;
  }
  /// Below half of it: those who were told to pause may go on.
  bool low() const {
    return messages_.load(std::memory_order_relaxed) <= limits_.messages_max / 2 &&
           bytes_.load(std::memory_order_relaxed) <= limits_.bytes_max / 2;
  }
  std::size_t messages() const { return messages_.load(std::memory_order_relaxed); }

 private:
  MailboxLimits limits_;
  std::atomic<std::size_t> messages_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace meshmq::net
