#pragma once
// A last-writer-wins table of small rows: bans, users, settings and the like.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "cluster/shared_rows.hpp"

namespace meshmq::node {

/// When a row was written, by the writer's clock.
inline WallMillis written_at(cluster::RowStamp stamp) {
  return static_cast<WallMillis>(stamp.time >> 16);
}

/// An empty value is a tombstone: it stays for `tombstone_keep`, so that a node that was away cannot bring
/// the row back. Thread rule: one owner.
class LwwRows final : public cluster::SharedRows {
 public:
  static constexpr Duration tombstone_keep = std::chrono::hours(1);

  /// Called with every row that has changed; the value is empty if it is gone.
  std::function<void(std::string_view key, std::string_view value)> on_change;

  /// Whether a row has outlived itself: every node forgets it, and nobody writes a tombstone.
  std::function<bool(std::string_view value, WallMillis now)> is_over;

  bool apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) override;
  const cluster::BucketDigests& digests() const override { return digests_; }
  void for_each(const cluster::BucketSet& buckets, const Visit& visit) const override;
  void expire(WallMillis now, const Forgotten& forgotten) override;

  /// The value, or nullptr.
  const std::string* find(std::string_view key) const;
  /// Rows that are there, by key.
  void for_each_live(const std::function<void(std::string_view key, std::string_view value)>& visit) const;
  /// Those as well.
  std::size_t size() const { return live_; }

 private:
  struct Row {
    cluster::RowStamp stamp;
    std::string value;
  };
  bool is_forgotten(const Row& row, WallMillis now) const;

  std::map<std::string, Row, std::less<>> rows_;
  std::size_t live_ = 0;
  cluster::BucketDigests digests_{};
};

}  // namespace meshmq::node
