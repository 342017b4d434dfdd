#pragma once
// The last-writer-wins tables of a node side by side, as replication sees them: one.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/shared_rows.hpp"
#include "node/lww_rows.hpp"

namespace meshmq::node {

/// Numbered on the wire and on disk: never given to another table.
enum class SharedTable : std::uint8_t {
  retained = 1,
  users = 2,
  scram_users = 3,
  rules = 4,
  bans = 5,
  delayed = 8,
  applications = 9,
  administrators = 10,
  settings = 11,
  traces = 14,
  topic_metrics = 15,
};

/// A row's key on the wire is its table's number (u8) and its key there. Rows of tables that this version
/// does not know are kept and passed on: a node of a later version finds them again. Thread rule: one owner.
class SharedTables final : public cluster::SharedRows {
 public:
  /// `rows` must outlive this object.
  void add(SharedTable table, cluster::SharedRows& rows) {
    tables_[static_cast<std::uint8_t>(table)] = &rows;
  }

  static std::string key_of(SharedTable table, std::string_view key);

  /// Called with every row that apply() has taken; the key as on the wire.
  Visit on_row;

  bool apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) override;
  const cluster::BucketDigests& digests() const override;
  void for_each(const cluster::BucketSet& buckets, const Visit& visit) const override;
  std::string_view name_of(std::uint8_t table) const override;
  void expire(WallMillis now, const Forgotten& forgotten) override;
  /// As apply(), for a row that was kept on disk: on_row is not called.
  bool load(std::string_view key, cluster::RowStamp stamp, std::string_view value);

 private:
  std::map<std::uint8_t, cluster::SharedRows*> tables_;
  std::map<std::uint8_t, LwwRows> unknown_;
  mutable cluster::BucketDigests digests_{};
};

}  // namespace meshmq::node
