#pragma once
// Which node has the session of a client id: rows that each node writes for its own sessions.

#include <cstdint>
#include <functional>
#include <optional>

#include "base/hash.hpp"
#include "cluster/shared_rows.hpp"
#include "cluster/slot.hpp"

namespace meshmq::cluster {

/// A client id as it is replicated: 64 bits of it. Two ids of one key cost a question too many, no session.
using ClientKey = std::uint64_t;

/// The part of the sum over all rows that one row makes.
inline std::uint64_t client_row_digest(ClientKey key, RowStamp stamp) {
  return hash_mix(key, hash_mix(stamp.time, stamp.writer));
}

/// Rows of this node stand under slot 0. Thread rule: the control thread.
class ClientRows {
 public:
  virtual ~ClientRows() = default;
  /// Returns the row's earlier stamp, if there was one.
  virtual std::optional<RowStamp> set(ClientKey key, Slot slot, RowStamp stamp) = 0;
  /// Returns the stamp of the row that was erased.
  virtual std::optional<RowStamp> erase(ClientKey key, Slot slot) = 0;
  /// No order is promised; visit() must not change the rows.
  virtual void for_each(Slot slot, const std::function<void(ClientKey key, RowStamp stamp)>& visit) const = 0;
};

}  // namespace meshmq::cluster
