#include "node/will_rows.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

std::uint64_t digest_of(std::string_view client_id, std::string_view value) {
  return hash_mix(hash_bytes(client_id), hash_bytes(value));
}

}  // namespace

std::string encode_will(const LeftWill& will) {
  std::string value;
  ByteWriter w(value);
  w.u32(will.delay_s);
  w.u64(static_cast<std::uint64_t>(will.detached_at));
  will.message->encode(value);
  return value;
}

std::optional<LeftWill> decode_will(std::string_view value) {
  ByteReader r(value);
  LeftWill will{.message = {}, .delay_s = r.u32(), .detached_at = static_cast<WallMillis>(r.u64())};
  auto message = mqtt::Message::decode(r.rest());
  if (!r.ok() || !message) return std::nullopt;
  will.message = std::move(*message);
  return will;
}

cluster::RowChange WillRows::apply(cluster::RowOwner owner, bool add, std::string_view key,
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
  if (is_new) return {.rows = 1, .digest = digest_of(key, value)};
  if (row->second == value) return {};
  const std::uint64_t before = digest_of(key, row->second);
  row->second = value;
  return {.rows = 0, .digest = before ^ digest_of(key, value)};
}

void WillRows::for_each_owner(const std::function<void(Slot, std::uint64_t)>& visit) const {
  for (const auto& [owner, rows] : rows_) {
    for (const auto& [client_id, value] : rows) visit(owner, digest_of(client_id, value));
  }
}

void WillRows::for_each(Slot owner, const Visit& visit) const {
  if (const Rows* rows = of(owner)) {
    for (const auto& [client_id, value] : *rows) visit(client_id, value, digest_of(client_id, value));
  }
}

const WillRows::Rows* WillRows::of(Slot owner) const {
  const auto it = rows_.find(owner);
  return it == rows_.end() ? nullptr : &it->second;
}

WillRows::Rows WillRows::take(Slot owner) {
  const auto it = rows_.find(owner);
  if (it == rows_.end()) return {};
  Rows rows = std::move(it->second);
  rows_.erase(it);
  return rows;
}

}  // namespace meshmq::node
