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

/// What a node says of a session that it has.
struct ClientRow {
  RowStamp stamp;  ///< of its last CONNECT; the newest session of an id is the one that counts
  /// A clean start: sessions of this id with an earlier time are over, wherever they are.
  std::uint64_t void_before = 0;

  friend bool operator==(const ClientRow&, const ClientRow&) = default;
};

/// The part of the sum over all rows that one row makes.
inline std::uint64_t client_row_digest(ClientKey key, const ClientRow& row) {
  return hash_mix(key, hash_mix(row.stamp.time, hash_mix(row.stamp.writer, row.void_before)));
}

/// Rows of this node stand under slot 0. Thread rule: the control thread.
class ClientRows {
 public:
  virtual ~ClientRows() = default;
  /// Returns the earlier row, if there was one.
  virtual std::optional<ClientRow> set(ClientKey key, Slot slot, const ClientRow& row) = 0;
  /// Returns the row that was erased.
  virtual std::optional<ClientRow> erase(ClientKey key, Slot slot) = 0;
  using Visit = std::function<void(ClientKey key, const ClientRow& row)>;
  virtual void for_each_row(
      const std::function<void(ClientKey key, Slot slot, const ClientRow& row)>& visit) const = 0;
  /// No order is promised; visit() must not change the rows.
  virtual void for_each(Slot slot, const Visit& visit) const = 0;
};

}  // namespace meshmq::cluster
