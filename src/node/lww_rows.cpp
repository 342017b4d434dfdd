#include "node/lww_rows.hpp"

namespace meshmq::node {

bool LwwRows::apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) {
  std::uint64_t& digest = digests_[cluster::bucket_of(key)];
  auto it = rows_.find(key);
  if (it == rows_.end()) {
    it = rows_.emplace(std::string(key), Row{}).first;
  } else if (stamp <= it->second.stamp) {
    return false;
  } else {
    digest ^= cluster::row_digest(key, it->second.stamp);
    live_ -= it->second.value.empty() ? 0 : 1;
  }
  digest ^= cluster::row_digest(key, stamp);
  live_ += value.empty() ? 0 : 1;
  it->second = {stamp, std::string(value)};
  if (on_change) on_change(it->first, it->second.value);
  return true;
}

void LwwRows::for_each(const cluster::BucketSet& buckets, const Visit& visit) const {
  for (const auto& [key, row] : rows_) {
    if (buckets[cluster::bucket_of(key)]) visit(key, row.stamp, row.value);
  }
}

const std::string* LwwRows::find(std::string_view key) const {
  const auto it = rows_.find(key);
  return it == rows_.end() || it->second.value.empty() ? nullptr : &it->second.value;
}

void LwwRows::for_each_live(
    const std::function<void(std::string_view key, std::string_view value)>& visit) const {
  for (const auto& [key, row] : rows_) {
    if (!row.value.empty()) visit(key, row.value);
  }
}

bool LwwRows::is_forgotten(const Row& row, WallMillis now) const {
  if (row.value.empty()) return written_at(row.stamp) + tombstone_keep.count() <= now;
  return is_over && is_over(row.value, now);
}

void LwwRows::expire(WallMillis now, const Forgotten& forgotten) {
  std::erase_if(rows_, [&](const auto& item) {
    const Row& row = item.second;
    if (!is_forgotten(row, now)) return false;
    if (!row.value.empty()) {
      --live_;
      if (on_change) on_change(item.first, {});
    }
    digests_[cluster::bucket_of(item.first)] ^= cluster::row_digest(item.first, row.stamp);
    forgotten(item.first);
    return true;
  });
}

}  // namespace meshmq::node
