#pragma once
// Operators hear of what they have written when all nodes have it.

#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "cluster/replicator.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"
#include "node/shared_writer.hpp"

namespace meshmq::node {

/// A user who was added here may log in anywhere once the operator has the answer. Thread rule: one owner.
class OperatorWrites {
 public:
  OperatorWrites(const Config& config, const SharedWriter& writer, const cluster::Replicator& log,
                 ControlPorts& ports)
      : config_(config), writer_(writer), log_(log), ports_(ports) {}

  /// Grows with each row that is written here and is not a client's message.
  std::uint64_t count() const { return writer_.written(); }
  /// Ends in ControlPorts::operation_done() when all running nodes have what was written so far, or after
  /// cluster.suback_wait.
  void await(OperationId operation, Now now) {
    waiting_.push_back({operation, log_.last(), now.mono + config_.suback_wait});
  }
  void end_of_turn(Now now) {
    while (!waiting_.empty()) {
      const Waiting& front = waiting_.front();
      if (front.entry > log_.acknowledged_by_all() && front.deadline > now.mono) return;
      ports_.operation_done(front.operation, {});
      waiting_.pop_front();
    }
  }

 private:
  struct Waiting {
    OperationId operation;
    std::uint64_t entry = 0;
    TimePoint deadline;
  };

  const Config& config_;
  const SharedWriter& writer_;
  const cluster::Replicator& log_;
  ControlPorts& ports_;
  std::deque<Waiting> waiting_;
};

}  // namespace meshmq::node
