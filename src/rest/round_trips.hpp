#pragma once
// How long a question to each other node takes, there and back.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/time.hpp"

namespace meshmq::rest {

class Office;

/// Measured while somebody looks. Thread rule: one owner.
class RoundTrips {
 public:
  /// Nodes are not asked more often.
  static constexpr Duration interval = std::chrono::seconds(1);
  /// Larger clusters see the links to their first nodes only.
  static constexpr std::size_t nodes_max = 32;

  /// Asks the running nodes; `office` must outlive the answers.
  void measure(Office& office, Now now);
  /// Microseconds, as far as they are known, of nodes that run.
  std::map<std::string, std::uint64_t> known(const Office& office) const;

 private:
  std::map<std::string, std::uint64_t> microseconds_;
  TimePoint asked_{};
};

}  // namespace meshmq::rest
