#pragma once
// Who has the session of a client id, as far as this node has heard.

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cluster/client_rows.hpp"

namespace meshmq::node {

using cluster::ClientKey;
using cluster::ClientRow;
using cluster::RowStamp;
using cluster::Slot;

/// Nearly every key has one holder; several only while a session moves, or after a split. Thread rule: one
/// owner.
class ClientTable {
 public:
  struct Holder {
    Slot slot;
    ClientRow row;
  };

  std::optional<ClientRow> set(ClientKey key, Slot slot, const ClientRow& row);
  std::optional<ClientRow> erase(ClientKey key, Slot slot);
  /// The newest first.
  std::vector<Holder> holders(ClientKey key) const;
  void for_each(Slot slot, const cluster::ClientRows::Visit& visit) const;
  void for_each_row(const std::function<void(ClientKey, Slot, const ClientRow&)>& visit) const {
    for (const auto& [key, holder] : rows_) visit(key, holder.slot, holder.row);
  }
  bool contains(ClientKey key) const { return rows_.contains(key); }
  bool is_contested(ClientKey key) const { return rows_.count(key) > 1; }
  std::size_t size() const { return rows_.size(); }

 private:
  std::unordered_multimap<ClientKey, Holder> rows_;
};

}  // namespace meshmq::node
