#pragma once
// The last-writer-wins tables on disk.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/shared_rows.hpp"
#include "node/shared_tables.hpp"
#include "node/store_writer.hpp"

namespace meshmq::node {

/// Every row of every table, tombstones and stamps included, whoever wrote it: a table that is added is
/// durable without more code. Form on disk: docs/storage.md. Thread rule: one owner.
class DurableTables {
 public:
  /// `retained`: whether retained messages are kept as well (retainer.storage_type).
  DurableTables(SharedTables& tables, StoreWriter& writer, bool retained)
      : tables_(tables), writer_(writer), retained_(retained) {}

  /// A row from disk, before anything else happens. Returns its stamp, or what is wrong with it.
  Result<cluster::RowStamp> load(std::string_view key, std::string_view value);
  /// Every row once more: the disk has lost them.
  void save_all();
  /// A row has changed; the key as on the wire. Returns the number of the change, 0 if it is not kept.
  std::uint64_t save(std::string_view key, cluster::RowStamp stamp, std::string_view value);
  /// Forgets what is over, in memory and on disk.
  void expire(WallMillis now);

 private:
  bool kept(std::string_view key) const {
    return retained_ || key.empty() || key[0] != static_cast<char>(SharedTable::retained);
  }

  SharedTables& tables_;
  StoreWriter& writer_;
  bool retained_;
};

}  // namespace meshmq::node
