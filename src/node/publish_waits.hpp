#pragma once
// Publishers that wait until what they gave to the control core is kept.

#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// A delayed message is kept when all peers have it, a retained one when the disk has it. Thread rule: one
/// owner.
class PublishWaits {
 public:
  explicit PublishWaits(ControlPorts& ports) : ports_(ports) {}

  /// Answered by DelayDone when the peers have this entry of the log, or it is too late.
  void wait_for_peers(WorkerIndex worker, Token token, std::uint64_t entry, TimePoint deadline) {
    delaying_.push_back({worker, token, entry, deadline});
  }
  void acknowledged(std::uint64_t entry, Now now) {
    while (!delaying_.empty() &&
           (delaying_.front().until <= entry || delaying_.front().deadline <= now.mono)) {
      ports_.to_worker(delaying_.front().worker, DelayDone{delaying_.front().token});
      delaying_.pop_front();
    }
  }

  /// Answered by Retained when the disk has this change.
  void wait_for_disk(WorkerIndex worker, Token token, std::uint64_t change) {
    retaining_.push_back({worker, token, change, {}});
  }
  void durable(std::uint64_t change) {
    while (!retaining_.empty() && retaining_.front().until <= change) {
      ports_.to_worker(retaining_.front().worker, Retained{retaining_.front().token});
      retaining_.pop_front();
    }
  }

 private:
  struct Waiting {
    WorkerIndex worker;
    Token token = 0;
    std::uint64_t until = 0;
    TimePoint deadline{};
  };

  ControlPorts& ports_;
  std::deque<Waiting> delaying_;
  std::deque<Waiting> retaining_;
};

}  // namespace meshmq::node
