#pragma once
// What is remembered of a split that was healed.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace meshmq::cluster {

/// What one node got from the others.
struct Merged {
  std::uint64_t rows = 0;         ///< routes, groups, sessions of others that changed here
  std::uint64_t shared_rows = 0;  ///< retained messages and other last-writer-wins rows that were newer
  std::uint64_t sessions = 0;     ///< clients that had a session on both sides

  friend bool operator==(const Merged&, const Merged&) = default;
};

struct HealRecord {
  std::uint64_t id = 0;
  std::string coordinator;
  WallMillis split_at = 0;
  WallMillis met_at = 0;
  WallMillis healed_at = 0;  ///< 0: not over
  /// The SplitView: the different lists of running nodes that there were, the longest first; of equally long
  /// ones that with the oldest node.
  std::vector<std::vector<std::string>> views{};
  std::map<std::string, Merged> merged{};

  friend bool operator==(const HealRecord&, const HealRecord&) = default;
};

}  // namespace meshmq::cluster
