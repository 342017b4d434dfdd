#pragma once
// Publishes whose acknowledgement waits for other nodes.

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "broker/ports.hpp"

namespace meshmq::node {

/// Counts for each token how many nodes still have to confirm. A token is settled when all did, or when its
/// wait is over: the publisher is never held for ever. Thread rule: one owner.
class Settling {
 public:
  explicit Settling(Duration wait) : wait_(wait) {}

  /// For what waits from now on.
  void set_wait(Duration wait) { wait_ = wait; }
  void wait_for(broker::Token token, std::uint32_t confirmations, Now now) {
    waiting_[token] = confirmations;
    deadlines_.emplace_back(now.mono + wait_, token);
  }
  /// More confirmations for a token that still waits for one.
  void add(broker::Token token, std::uint32_t confirmations) {
    const auto it = waiting_.find(token);
    if (it != waiting_.end()) it->second += confirmations;
  }
  /// Returns true if that was the last confirmation.
  bool confirm(broker::Token token) {
    const auto it = waiting_.find(token);
    if (it == waiting_.end() || --it->second > 0) return false;
    waiting_.erase(it);
    return true;
  }
  /// Tokens that have waited too long.
  std::vector<broker::Token> expire(Now now) {
    std::vector<broker::Token> late;
    while (!deadlines_.empty() &&
           (deadlines_.front().first <= now.mono || !waiting_.contains(deadlines_.front().second))) {
      if (waiting_.erase(deadlines_.front().second) > 0) late.push_back(deadlines_.front().second);
      deadlines_.pop_front();
    }
    return late;
  }
  bool idle() const { return waiting_.empty(); }

 private:
  Duration wait_;
  std::unordered_map<broker::Token, std::uint32_t> waiting_;
  std::deque<std::pair<TimePoint, broker::Token>> deadlines_;
};

}  // namespace meshmq::node
