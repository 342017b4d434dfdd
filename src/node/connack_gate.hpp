#pragma once
// Clients whose CONNACK waits until every live peer knows where their session is.

#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "cluster/replicator.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// [cluster.connack_wait] A client that leaves after CONNACK finds its session at every node. A peer that has
/// made somebody wait for all of that time is not waited for again until it has come so far: one node that
/// hangs costs the others' clients one wait, not one each. Thread rule: one owner.
class ConnackGate {
 public:
  ConnackGate(const Config& config, const cluster::Replicator& log, ControlPorts& ports)
      : config_(config), log_(log), ports_(ports) {}

  /// Its row has been written. Ends in SessionKnown.
  void wait(WorkerIndex worker, Token token, Now now) {
    waiting_.push_back({worker, token, log_.last(), now.mono + config_.connack_wait});
  }
  void end_of_turn(Now now) {
    while (!waiting_.empty()) {
      const Waiting& front = waiting_.front();
      if (front.entry > log_.acknowledged_by_all(given_up_)) {
        if (front.deadline > now.mono) return;
        given_up_ = front.entry;
      }
      ports_.to_worker(front.worker, SessionKnown{front.token});
      waiting_.pop_front();
    }
  }

 private:
  struct Waiting {
    WorkerIndex worker;
    Token token = 0;
    std::uint64_t entry = 0;
    TimePoint deadline;
  };

  const Config& config_;
  const cluster::Replicator& log_;
  ControlPorts& ports_;
  std::deque<Waiting> waiting_;
  std::uint64_t given_up_ = 0;  ///< peers that have less than this entry are not waited for
};

}  // namespace meshmq::node
