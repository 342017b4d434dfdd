#include "bench/meshmq_bench/sequence_check.hpp"

#include <algorithm>

namespace meshmq::bench {

SequenceCheck::Verdict SequenceCheck::receive(std::uint64_t sequence) {
  if (sequence < next_) return receive_old(sequence);
  if (sequence > next_) holes_.push_back(Hole{next_, sequence});
  next_ = sequence + 1;
  return Verdict::in_order;
}

SequenceCheck::Verdict SequenceCheck::receive_old(std::uint64_t sequence) {
  const auto behind = [](std::uint64_t s, const Hole& hole) { return s < hole.end; };
  const auto hole = std::upper_bound(holes_.begin(), holes_.end(), sequence, behind);
  if (hole == holes_.end() || sequence < hole->begin) return Verdict::duplicate;
  const Hole after{sequence + 1, hole->end};
  if (sequence > hole->begin) {
    hole->end = sequence;
    if (after.begin < after.end) holes_.insert(hole + 1, after);
  } else if (after.begin < after.end) {
    *hole = after;
  } else {
    holes_.erase(hole);
  }
  return Verdict::late;
}

std::uint64_t SequenceCheck::lost(std::uint64_t sent) const {
  std::uint64_t lost = sent > next_ ? sent - next_ : 0;
  for (const Hole& hole : holes_) lost += hole.end - hole.begin;
  return lost;
}

}  // namespace meshmq::bench
