#include "node/client_table.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::node {

std::optional<ClientRow> ClientTable::set(ClientKey key, Slot slot, const ClientRow& row) {
  const auto [first, last] = rows_.equal_range(key);
  const auto it = std::find_if(first, last, [&](const auto& item) { return item.second.slot == slot; });
  if (it != last) return std::exchange(it->second.row, row);
  rows_.emplace(key, Holder{slot, row});
  return std::nullopt;
}

std::optional<ClientRow> ClientTable::erase(ClientKey key, Slot slot) {
  const auto [first, last] = rows_.equal_range(key);
  const auto it = std::find_if(first, last, [&](const auto& item) { return item.second.slot == slot; });
  if (it == last) return std::nullopt;
  const ClientRow row = it->second.row;
  rows_.erase(it);
  return row;
}

std::vector<ClientTable::Holder> ClientTable::holders(ClientKey key) const {
  std::vector<Holder> result;
  const auto [first, last] = rows_.equal_range(key);
  for (auto it = first; it != last; ++it) result.push_back(it->second);
  std::sort(result.begin(), result.end(),
            [](const Holder& a, const Holder& b) { return a.row.stamp > b.row.stamp; });
  return result;
}

void ClientTable::for_each(Slot slot, const cluster::ClientRows::Visit& visit) const {
  for (const auto& [key, holder] : rows_) {
    if (holder.slot == slot) visit(key, holder.row);
  }
}

}  // namespace meshmq::node
