#pragma once
// A node's disk: it outlives the node's process, is slow at times, full at others, and a crash costs it what
// it had not confirmed.

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "node/store.hpp"
#include "sim/scheduler.hpp"

namespace meshmq::sim {

class Disk {
 public:
  using Rows = std::map<std::pair<node::StoreArea, std::string>, std::string>;
  using Done = std::function<void(node::StoreOutcome)>;

  Disk(Scheduler& scheduler, Random& random) : scheduler_(scheduler), random_(random) {}

  /// `done` comes later, in order, unless the process has died by then.
  void write(node::StoreBatch batch, Done done);
  /// The process is gone: of what it had handed over, the first few batches are written, or all, or none.
  void crash();
  const Rows& rows() const { return rows_; }
  /// A write takes so long, on the average.
  void set_delay(Micros delay) { delay_ = delay; }
  /// Writes fail.
  void set_full(bool full) { full_ = full; }

 private:
  struct Pending {
    node::StoreBatch batch;
    Done done;
  };
  void finish_first(std::uint64_t process);
  void apply(const node::StoreBatch& batch);

  Scheduler& scheduler_;
  Random& random_;
  Rows rows_;
  std::deque<Pending> pending_;
  std::uint64_t processes_ = 0;  ///< that have died
  Micros delay_ = 1_ms;
  Micros last_ = 0;
  bool full_ = false;
};

}  // namespace meshmq::sim
