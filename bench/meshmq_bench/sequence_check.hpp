#pragma once
// What one receiver got of one sender: nothing lost, doubled or out of order?

#include <cstdint>
#include <vector>

namespace meshmq::bench {

/// Sequence numbers count from 0. Holes are remembered as ranges, so a late message is told from a doubled
/// one.
class SequenceCheck {
 public:
  enum class Verdict : std::uint8_t { in_order, late, duplicate };

  Verdict receive(std::uint64_t sequence);
  /// Messages of the `sent` first ones that never came.
  std::uint64_t lost(std::uint64_t sent) const;

 private:
  struct Hole {
    std::uint64_t begin;
    std::uint64_t end;
  };

  Verdict receive_old(std::uint64_t sequence);

  std::uint64_t next_ = 0;
  std::vector<Hole> holes_;  ///< ascending
};

}  // namespace meshmq::bench
