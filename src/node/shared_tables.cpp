#include "node/shared_tables.hpp"

namespace meshmq::node {

std::string SharedTables::key_of(SharedTable table, std::string_view key) {
  std::string result(1, static_cast<char>(table));
  return result.append(key);
}

bool SharedTables::apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) {
  if (!load(key, stamp, value)) return false;
  if (on_row) on_row(key, stamp, value);
  return true;
}

bool SharedTables::load(std::string_view key, cluster::RowStamp stamp, std::string_view value) {
  if (key.empty()) return false;
  const auto id = static_cast<std::uint8_t>(key[0]);
  const auto known = tables_.find(id);
  cluster::SharedRows& rows = known != tables_.end() ? *known->second : unknown_[id];
  return rows.apply(key.substr(1), stamp, value);
}

const cluster::BucketDigests& SharedTables::digests() const {
  digests_ = {};
  const auto add = [this](const cluster::SharedRows& rows) {
    const cluster::BucketDigests& sums = rows.digests();
    for (std::size_t i = 0; i < sums.size(); ++i) digests_[i] ^= sums[i];
  };
  for (const auto& [id, rows] : tables_) add(*rows);
  for (const auto& [id, rows] : unknown_) add(rows);
  return digests_;
}

std::string_view SharedTables::name_of(std::uint8_t table) const {
  switch (static_cast<SharedTable>(table)) {
    case SharedTable::retained:
      return "retained messages";
    case SharedTable::applications:
      return "applications";
    case SharedTable::administrators:
      return "administrators";
    case SharedTable::settings:
      return "settings";
    case SharedTable::users:
      return "users";
    case SharedTable::scram_users:
      return "users of SCRAM";
    case SharedTable::rules:
      return "rules";
    case SharedTable::bans:
      return "bans";
    case SharedTable::delayed:
      return "delayed messages";
    case SharedTable::traces:
      return "traces";
    case SharedTable::topic_metrics:
      return "counted topics";
  }
  return {};
}

void SharedTables::for_each(const cluster::BucketSet& buckets, const Visit& visit) const {
  std::string prefixed;
  const auto visit_table = [&](std::uint8_t id, const cluster::SharedRows& rows) {
    rows.for_each(buckets, [&](std::string_view key, cluster::RowStamp stamp, std::string_view value) {
      prefixed.assign(1, static_cast<char>(id)).append(key);
      visit(prefixed, stamp, value);
    });
  };
  for (const auto& [id, rows] : tables_) visit_table(id, *rows);
  for (const auto& [id, rows] : unknown_) visit_table(id, rows);
}

void SharedTables::expire(WallMillis now, const Forgotten& forgotten) {
  std::string prefixed;
  const auto expire_table = [&](std::uint8_t id, cluster::SharedRows& rows) {
    rows.expire(now, [&](std::string_view key) {
      prefixed.assign(1, static_cast<char>(id)).append(key);
      forgotten(prefixed);
    });
  };
  for (auto& [id, rows] : tables_) expire_table(id, *rows);
  for (auto& [id, rows] : unknown_) expire_table(id, rows);
}

}  // namespace meshmq::node
