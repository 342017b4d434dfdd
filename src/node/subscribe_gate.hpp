#pragma once
// SUBSCRIBEs whose SUBACK waits until every live peer has their routes.

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "node/messages.hpp"

namespace meshmq::node {

/// [cluster.suback_wait] What is published anywhere after SUBACK reaches the subscriber. Thread rule: one
/// owner.
class SubscribeGate {
 public:
  /// Waits for the log's entry `entry`, until `deadline` at the latest. Both only grow.
  void wait(SubscribeRequest request, std::uint64_t entry, TimePoint deadline) {
    waiting_.push_back({std::move(request), entry, deadline});
  }
  /// Those that were let through in the turn before: whoever published a retained message before these routes
  /// were committed has told us by now, and a lookup sees it.
  std::vector<SubscribeRequest> take_ready() { return std::exchange(ready_, {}); }
  /// Lets through what all peers have, or what has waited too long. True: there is something to take in the
  /// next turn.
  [[nodiscard]] bool end_of_turn(std::uint64_t acknowledged, Now now) {
    while (!waiting_.empty()) {
      Waiting& front = waiting_.front();
      if (front.entry > acknowledged && front.deadline > now.mono) break;
      ready_.push_back(std::move(front.request));
      waiting_.pop_front();
    }
    return !ready_.empty();
  }

 private:
  struct Waiting {
    SubscribeRequest request;
    std::uint64_t entry = 0;
    TimePoint deadline;
  };

  std::deque<Waiting> waiting_;
  std::vector<SubscribeRequest> ready_;
};

}  // namespace meshmq::node
