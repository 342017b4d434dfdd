#pragma once
// Clients whose CONNACK waits until every live peer knows where their session is.

#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "cluster/client_rows.hpp"
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
  struct Client {
    WorkerIndex worker;
    Token token = 0;
    cluster::ClientKey key = 0;
  };

  ConnackGate(const Config& config, const cluster::Replicator& log, ControlPorts& ports)
      : config_(config), log_(log), ports_(ports) {}

  /// Its session's row has been written. Ends in SessionKnown.
  void wait(const Client& client, Now now) {
    waiting_.push_back({client, log_.last(), now.mono + config_.connack_wait});
  }
  bool waits(cluster::ClientKey key) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const Waiting& waiting) { return waiting.client.key == key; });
  }
  /// The row has been written again.
  void wait_anew(cluster::ClientKey key, Now now) {
    const auto same = std::stable_partition(
        waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) { return waiting.client.key != key; });
    for (auto it = same; it != waiting_.end(); ++it)
      *it = {it->client, log_.last(), now.mono + config_.connack_wait};
  }
  void end_of_turn(Now now) {
    while (!waiting_.empty()) {
      const Waiting& front = waiting_.front();
      if (front.entry > log_.acknowledged_by_all(given_up_)) {
        if (front.deadline > now.mono) return;
        given_up_ = front.entry;
      }
      ports_.to_worker(front.client.worker, SessionKnown{front.client.token});
      waiting_.pop_front();
    }
  }

 private:
  /// Entries and deadlines only grow.
  struct Waiting {
    Client client;
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
