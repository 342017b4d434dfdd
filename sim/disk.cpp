#include "sim/disk.hpp"

#include <algorithm>

namespace meshmq::sim {

void Disk::write(node::StoreBatch batch, Done done) {
  pending_.push_back({std::move(batch), std::move(done)});
  const Micros wait = static_cast<Micros>(random_.below(static_cast<std::uint64_t>(2 * delay_)));
  last_ = std::max(last_ + 1, scheduler_.now_us() + wait);
  scheduler_.at(last_, [this, process = processes_] { finish_first(process); });
}

void Disk::finish_first(std::uint64_t process) {
  if (process != processes_) return;
  Pending first = std::move(pending_.front());
  pending_.pop_front();
  if (full_) return first.done({fail(Errc::io, "the disk is full"), std::move(first.batch)});
  apply(first.batch);
  first.done({});
}

void Disk::crash() {
  ++processes_;
  const std::uint64_t written = full_ ? 0 : random_.below(pending_.size() + 1);
  for (std::uint64_t i = 0; i < written; ++i) apply(pending_[i].batch);
  pending_.clear();
}

void Disk::apply(const node::StoreBatch& batch) {
  for (const node::StoreChange& change : batch) {
    if (change.value) {
      rows_[{change.area, change.key}] = *change.value;
    } else {
      rows_.erase({change.area, change.key});
    }
  }
}

}  // namespace meshmq::sim
