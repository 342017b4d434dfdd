#pragma once
// A last-writer-wins table as replication sees it: opaque rows with stamps, summed up in buckets.

#include <array>
#include <bitset>
#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/hash.hpp"
#include "base/time.hpp"

namespace meshmq::cluster {

/// When and by whom a row was written; the later one wins, ties go by the writer's hash.
struct RowStamp {
  std::uint64_t time = 0;  ///< as Stamp::time
  std::uint64_t writer = 0;

  friend auto operator<=>(const RowStamp&, const RowStamp&) = default;
};

inline constexpr std::size_t shared_buckets = 256;
using BucketSet = std::bitset<shared_buckets>;
/// XOR of the hashes of (key, stamp) of all rows in a bucket: equal on nodes that hold the same rows.
using BucketDigests = std::array<std::uint64_t, shared_buckets>;

inline std::size_t bucket_of(std::string_view key) {
  return hash_bytes(key) % shared_buckets;
}
inline std::uint64_t row_digest(std::string_view key, RowStamp stamp) {
  return hash_mix(hash_bytes(key, stamp.writer), stamp.time);
}

/// Any node may write any row; every node ends up with the newest. Deleted rows stay for a while as
/// tombstones (empty value). Implemented by whoever owns the data. Thread rule: the control thread.
class SharedRows {
 public:
  virtual ~SharedRows() = default;
  /// Takes the row if it is newer than what is there. Returns true if it did.
  virtual bool apply(std::string_view key, RowStamp stamp, std::string_view value) = 0;
  virtual const BucketDigests& digests() const = 0;
  using Visit = std::function<void(std::string_view key, RowStamp stamp, std::string_view value)>;
  /// Calls visit for every row in these buckets, tombstones included.
  virtual void for_each(const BucketSet& buckets, const Visit& visit) const = 0;
  /// What people call the rows whose keys begin with this byte; empty: nothing yet.
  virtual std::string_view name_of(std::uint8_t) const { return {}; }
  /// Forgets old tombstones and rows whose time is over, and calls forgotten(key) for each.
  using Forgotten = std::function<void(std::string_view key)>;
  virtual void expire(WallMillis now, const Forgotten& forgotten) = 0;
};

}  // namespace meshmq::cluster
