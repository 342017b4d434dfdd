#include "node/client_table.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::node {

std::optional<RowStamp> ClientTable::set(ClientKey key, Slot slot, RowStamp stamp) {
  const auto [first, last] = rows_.equal_range(key);
  const auto it = std::find_if(first, last, [&](const auto& row) { return row.second.slot == slot; });
  if (it != last) return std::exchange(it->second.stamp, stamp);
  rows_.emplace(key, Holder{slot, stamp});
  return std::nullopt;
}

std::optional<RowStamp> ClientTable::erase(ClientKey key, Slot slot) {
  const auto [first, last] = rows_.equal_range(key);
  const auto it = std::find_if(first, last, [&](const auto& row) { return row.second.slot == slot; });
  if (it == last) return std::nullopt;
  const RowStamp stamp = it->second.stamp;
  rows_.erase(it);
  return stamp;
}

std::vector<ClientTable::Holder> ClientTable::holders(ClientKey key) const {
  std::vector<Holder> result;
  const auto [first, last] = rows_.equal_range(key);
  for (auto it = first; it != last; ++it) result.push_back(it->second);
  std::sort(result.begin(), result.end(), [](const Holder& a, const Holder& b) { return a.stamp > b.stamp; });
  return result;
}

void ClientTable::for_each(Slot slot, const std::function<void(ClientKey key, RowStamp stamp)>& visit) const {
  for (const auto& [key, holder] : rows_) {
    if (holder.slot == slot) visit(key, holder.stamp);
  }
}

}  // namespace meshmq::node
