#pragma once
// Messages that wait for a session: its client is away, slow, or has a full window.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "broker/outgoing.hpp"
#include "broker/ring.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// Bounded by Config::queue_messages_max (zone.*.max_mqueue_len); when it is full the oldest message makes
/// room, so that a client which comes back finds the newest. Owned by one session.
class MessageQueue {
 public:
  std::size_t size() const { return ring_.size(); }
  bool empty() const { return ring_.empty(); }

  /// Returns true if the oldest message was dropped to make room. `limit` 0: none.
  [[nodiscard]] bool push(Outgoing outgoing, std::size_t limit) {
    const bool full = limit != 0 && ring_.size() >= limit;
    if (full) pop();
    if (outgoing.qos == mqtt::QoS::at_most_once) ++qos0_count_;
    ring_.push_back(std::move(outgoing));
    return full;
  }
  const Outgoing& front() { return ring_.front(); }
  Outgoing pop() {
    Outgoing outgoing = ring_.pop_front();
    if (outgoing.qos == mqtt::QoS::at_most_once) --qos0_count_;
    return outgoing;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    ring_.for_each(visit);
  }
  /// Takes out what the predicate wants, in order; the rest keeps its order.
  template <class Predicate>
  std::vector<Outgoing> take_if(Predicate&& wanted) {
    std::vector<Outgoing> taken;
    bool any = false;
    for (std::size_t i = 0; i < ring_.size() && !any; ++i) any = wanted(ring_[i]);
    if (!any) return taken;
    for (std::size_t left = ring_.size(); left > 0; --left) {
      Outgoing outgoing = pop();
      if (wanted(outgoing)) {
        taken.push_back(std::move(outgoing));
      } else {
        (void)push(std::move(outgoing), 0);
      }
    }
    return taken;
  }
  bool has_qos0() const { return qos0_count_ != 0; }

 private:
  Ring<Outgoing> ring_;
  std::size_t qos0_count_ = 0;
};

}  // namespace meshmq::broker
