#pragma once
// Rows on their way to the disk.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "node/store.hpp"

namespace meshmq::node {

/// One batch is under way at a time; what changes meanwhile gathers for the next, the same row once. So a
/// slow disk makes batches larger, not a queue longer: what waits is at most one version of every row. A disk
/// that refuses is tried again for ever, with a line in the log when that begins and when it ends. Thread
/// rule: one owner.
class StoreWriter {
 public:
  static constexpr Duration retry_pause = std::chrono::seconds(1);

  StoreWriter(StorePort& disk, Logger log) : disk_(disk), log_(log) {}

  /// Returns the number of this change: it is durable once durable() has reached it.
  std::uint64_t write(StoreArea area, std::string_view key, std::string value);
  std::uint64_t erase(StoreArea area, std::string_view key);

  std::uint64_t last() const { return last_; }
  std::uint64_t durable() const { return durable_; }
  /// Everything so far is on disk.
  bool idle() const { return durable_ == last_; }
  /// Changes that are not on disk yet, but for those under way.
  std::size_t waiting() const { return next_.size(); }
  /// The disk refuses: changes are kept in memory only.
  bool failing() const { return failing_; }

  /// Hands over the next batch, unless one is under way.
  void end_of_turn(Now now);
  /// Answer to StorePort::store().
  void stored(StoreOutcome outcome, Now now);

 private:
  std::uint64_t put(StoreArea area, std::string_view key, std::optional<std::string> value);

  StorePort& disk_;
  Logger log_;
  StoreBatch next_;
  std::unordered_map<std::string, std::size_t, StringHash, std::equal_to<>> places_;  ///< in next_
  std::string key_;                                                                   ///< scratch
  std::uint64_t last_ = 0;
  std::uint64_t under_way_ = 0;  ///< last_ when that batch was handed over; 0: there is none
  std::uint64_t durable_ = 0;
  bool failing_ = false;
  TimePoint not_before_{};
};

}  // namespace meshmq::node
