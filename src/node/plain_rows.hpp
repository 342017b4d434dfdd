#pragma once
// A table of owned rows whose keys and values mean nothing to it.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "cluster/owned_rows.hpp"

namespace meshmq::node {

using cluster::Slot;

/// Keys and values are bytes, kept as they came. Thread rule: the control thread.
class PlainRows final : public cluster::OwnedRows {
 public:
  using Rows = std::unordered_map<std::string, std::string, StringHash, std::equal_to<>>;

  /// A row is there, or there is another value in it. Called when the table is done with it.
  std::function<void(Slot owner, std::string_view key, std::string_view value)> on_set;
  /// A row was there and is not any more.
  std::function<void(Slot owner, const std::string& key, std::string value)> on_erase;

  cluster::RowChange apply(cluster::RowOwner owner, bool add, std::string_view key,
                           std::string_view value) override;
  void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const override;
  void for_each(Slot owner, const Visit& visit) const override;

  /// nullptr if there are none.
  const Rows* of(Slot owner) const;
  /// Owners that have any, each with its rows.
  std::map<Slot, Rows>::const_iterator begin() const { return rows_.begin(); }
  std::map<Slot, Rows>::const_iterator end() const { return rows_.end(); }
  /// Takes them out, without a word to on_erase.
  Rows take(Slot owner);

 private:
  std::map<Slot, Rows> rows_;
};

}  // namespace meshmq::node
