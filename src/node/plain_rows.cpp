#include "node/plain_rows.hpp"

#include <utility>

namespace meshmq::node {

namespace {

std::uint64_t digest_of(std::string_view key, std::string_view value) {
  return hash_mix(hash_bytes(key), hash_bytes(value));
}

}  // namespace

cluster::RowChange PlainRows::apply(cluster::RowOwner owner, bool add, std::string_view key,
                                    std::string_view value) {
  if (!add) {
    const auto rows = rows_.find(owner.slot);
    if (rows == rows_.end()) return {};
    const auto row = rows->second.find(key);
    if (row == rows->second.end()) return {};
    auto erased = rows->second.extract(row);
    if (rows->second.empty()) rows_.erase(rows);
    const cluster::RowChange change{.rows = -1, .digest = digest_of(key, erased.mapped())};
    if (on_erase) on_erase(owner.slot, erased.key(), std::move(erased.mapped()));
    return change;
  }
  if (key.empty() || value.empty()) return {};
  const auto [row, is_new] = rows_[owner.slot].try_emplace(std::string(key), value);
  if (!is_new && row->second == value) return {};
  const std::uint64_t before = is_new ? 0 : digest_of(key, row->second);
  row->second = value;
  if (on_set) on_set(owner.slot, key, value);
  return {.rows = is_new ? 1 : 0, .digest = before ^ digest_of(key, value)};
}

void PlainRows::for_each_owner(const std::function<void(Slot, std::uint64_t)>& visit) const {
  for (const auto& [owner, rows] : rows_) {
    for (const auto& [key, value] : rows) visit(owner, digest_of(key, value));
  }
}

void PlainRows::for_each(Slot owner, const Visit& visit) const {
  if (const Rows* rows = of(owner)) {
    for (const auto& [key, value] : *rows) visit(key, value, digest_of(key, value));
  }
}

const PlainRows::Rows* PlainRows::of(Slot owner) const {
  const auto it = rows_.find(owner);
  return it == rows_.end() ? nullptr : &it->second;
}

PlainRows::Rows PlainRows::take(Slot owner) {
  const auto it = rows_.find(owner);
  if (it == rows_.end()) return {};
  Rows rows = std::move(it->second);
  rows_.erase(it);
  return rows;
}

}  // namespace meshmq::node
