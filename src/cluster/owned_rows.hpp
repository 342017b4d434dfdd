#pragma once
// A table of rows that each belong to one node, as replication sees it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cluster/slot.hpp"

namespace meshmq::cluster {

/// A node's own rows.
inline constexpr Slot own_slot(0);

/// What a change did to the sums by which an origin and its replicas compare themselves.
struct RowChange {
  int rows = 0;
  std::uint64_t digest = 0;  ///< to be mixed in by XOR
  bool routes = false;       ///< the route table wants to be committed

  bool nothing() const { return rows == 0 && digest == 0; }
};

/// Whose row it is. The node itself stands under slot 0, whatever workers it has.
struct RowOwner {
  Slot slot;
  std::string_view node;
};

/// Only the owner writes a row; everybody else has a copy, which goes when the owner is no member any more.
/// Keys and values are bytes whose meaning the table alone knows. Thread rule: the control thread.
class OwnedRows {
 public:
  virtual ~OwnedRows() = default;
  /// Sets a row, or erases it (`add` false, `value` empty). What makes no sense, or is so already, changes
  /// nothing.
  virtual RowChange apply(RowOwner owner, bool add, std::string_view key, std::string_view value) = 0;
  using Visit = std::function<void(std::string_view key, std::string_view value, std::uint64_t digest)>;
  /// Visits every row with its owner.
  virtual void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const = 0;
  /// All rows of one owner. No order is promised; visit() must not change the table.
  virtual void for_each(Slot owner, const Visit& visit) const = 0;
};

}  // namespace meshmq::cluster
