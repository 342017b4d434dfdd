#include "broker/timer_wheel.hpp"

#include <algorithm>

namespace meshmq::broker {

void TimerWheel::arm(ConnId conn, TimePoint at, TimePoint now) {
  const std::uint16_t bucket = bucket_of(at, now);
  if (conn.value >= links_.size()) links_.resize(conn.value + 1);
  if (links_[conn.value].bucket == bucket) return;
  unlink(conn.value);
  link(conn.value, bucket);
}

void TimerWheel::arm_no_later(ConnId conn, TimePoint at, TimePoint now) {
  if (conn.value < links_.size()) {
    const std::uint16_t armed = links_[conn.value].bucket;
    if (armed != unarmed && distance(armed) <= distance(bucket_of(at, now))) return;
  }
  arm(conn, at, now);
}

void TimerWheel::disarm(ConnId conn) {
  if (conn.value < links_.size()) unlink(conn.value);
}

void TimerWheel::expire(TimePoint now, std::vector<ConnId>& due) {
  const std::int64_t until = now.time_since_epoch() / bucket_width;
  if (!started_) return;
  // After a long silence every bucket is due once.
  current_ = std::max(current_, until - static_cast<std::int64_t>(bucket_count));
  while (current_ < until) {
    ++current_;
    const auto bucket = static_cast<std::size_t>(current_) % bucket_count;
    while (buckets_[bucket].first != none) {
      due.push_back(ConnId(buckets_[bucket].first));
      unlink(buckets_[bucket].first);
    }
  }
}

std::uint16_t TimerWheel::bucket_of(TimePoint at, TimePoint now) {
  if (!started_) {
    current_ = now.time_since_epoch() / bucket_width;
    started_ = true;
  }
  const std::int64_t rounded_up = (at.time_since_epoch() + bucket_width - Duration(1)) / bucket_width;
  const auto absolute = std::clamp<std::int64_t>(rounded_up, current_ + 1,
                                                 current_ + static_cast<std::int64_t>(bucket_count) - 1);
  return static_cast<std::uint16_t>(static_cast<std::size_t>(absolute) % bucket_count);
}

std::uint16_t TimerWheel::distance(std::uint16_t bucket) const {
  const auto current = static_cast<std::uint16_t>(static_cast<std::size_t>(current_) % bucket_count);
  return static_cast<std::uint16_t>((bucket + bucket_count - current) % bucket_count);
}

void TimerWheel::link(std::uint32_t index, std::uint16_t bucket) {
  Bucket& list = buckets_[bucket];
  links_[index] = {list.last, none, bucket};
  if (list.last == none) {
    list.first = index;
  } else {
    links_[list.last].next = index;
  }
  list.last = index;
}

void TimerWheel::unlink(std::uint32_t index) {
  Link& gone = links_[index];
  if (gone.bucket == unarmed) return;
  Bucket& list = buckets_[gone.bucket];
  if (gone.previous == none) {
    list.first = gone.next;
  } else {
    links_[gone.previous].next = gone.next;
  }
  if (gone.next == none) {
    list.last = gone.previous;
  } else {
    links_[gone.next].previous = gone.previous;
  }
  gone = Link{};
}

}  // namespace meshmq::broker
