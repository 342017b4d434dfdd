#pragma once
// `max_conn_rate`: how many connections a listener accepts per second, on all threads together.

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "base/time.hpp"

namespace meshmq::net {

/// A bucket that fills with `rate` tokens a second and holds one second's worth. Thread rule: any; a lock per
/// accepted connection is nothing beside the connection itself.
class AcceptRate {
 public:
  /// 0: no limit.
  explicit AcceptRate(std::uint32_t rate) : rate_(rate), millitokens_(capacity()) {}

  bool take(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (rate_ == 0) return true;
    const std::int64_t passed = std::clamp<std::int64_t>((now - last_).count(), 0, 1000);
    last_ = std::max(last_, now);
    millitokens_ = std::min(capacity(), millitokens_ + passed * rate_);
    if (millitokens_ < 1000) return false;
    millitokens_ -= 1000;
    return true;
  }
  void give_back() {
    const std::lock_guard lock(mutex_);
    millitokens_ = std::min(capacity(), millitokens_ + 1000);
  }
  /// How long to wait after take() has said no.
  Duration pause() {
    const std::lock_guard lock(mutex_);
    return Duration(std::clamp<std::int64_t>(1000 / std::max(rate_, 1U), 5, 1000));
  }
  /// Another rate, from now on.
  void set(std::uint32_t rate) {
    const std::lock_guard lock(mutex_);
    rate_ = rate;
    millitokens_ = std::min(capacity(), millitokens_);
  }

 private:
  std::int64_t capacity() const { return std::int64_t{rate_} * 1000; }

  std::mutex mutex_;
  std::uint32_t rate_;
  std::int64_t millitokens_;
  TimePoint last_{};
};

}  // namespace meshmq::net
