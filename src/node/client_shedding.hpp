#pragma once
// Sends clients away, so many per second, evenly from all workers of the node.

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "base/time.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Asks the workers in rounds; each round's answers say how many clients are left. Thread rule: one owner.
class ClientShedding {
 public:
  static constexpr Duration round_interval = std::chrono::milliseconds(200);

  ClientShedding(std::uint16_t workers, ControlPorts& ports)
      : ports_(ports), connections_(workers), sessions_(workers) {}

  /// Begins to count; nobody is sent away before allow().
  void begin(std::size_t rate, Now now);
  /// Everybody may stay, and come.
  void end();
  bool on() const { return on_; }
  /// Up to so many clients may be sent away from now on; whether new ones are refused.
  void allow(std::size_t count, bool turn_away) {
    allowance_ = count;
    turn_away_ = turn_away;
  }
  void handle(const SentAway& m);
  void tick(Now now);

  /// All workers have said how many clients they have.
  bool counted() const { return on_ && uncounted_.empty(); }
  std::size_t connections() const;
  std::size_t sessions() const;
  /// Sent away since begin().
  std::size_t sent() const { return sent_; }
  std::size_t rate() const { return rate_; }

 private:
  void ask(std::size_t quota);

  ControlPorts& ports_;
  std::vector<std::size_t> connections_;  ///< by worker, as it said last
  std::vector<std::size_t> sessions_;
  std::set<std::uint16_t> uncounted_;
  std::set<std::uint16_t> asked_;
  bool on_ = false;
  bool turn_away_ = false;
  std::size_t rate_ = 0;
  std::size_t allowance_ = 0;
  std::size_t sent_ = 0;
  double credit_ = 0;  ///< clients that the rate allows by now
  TimePoint last_{};
};

}  // namespace meshmq::node
