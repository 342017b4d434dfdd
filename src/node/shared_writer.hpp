#pragma once
// Writing rows of the last-writer-wins tables, so that all nodes get them.

#include <string_view>

#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"

namespace meshmq::node {

/// Thread rule: one owner.
class SharedWriter {
 public:
  explicit SharedWriter(cluster::Cluster& cluster) : cluster_(cluster) {}

  /// Later than every stamp that this node has seen.
  cluster::RowStamp stamp(Now now) { return cluster_.row_stamp(now); }
  /// A row that its table has taken already.
  void replicate(SharedTable table, std::string_view key, cluster::RowStamp stamp, std::string_view value) {
    cluster_.replicator().append_shared(SharedTables::key_of(table, key), stamp, value);
  }
  /// Both; an empty value deletes the row.
  void write(SharedTable table, LwwRows& rows, std::string_view key, std::string_view value, Now now) {
    const cluster::RowStamp written = stamp(now);
    rows.apply(key, written, value);
    replicate(table, key, written, value);
  }

 private:
  cluster::Cluster& cluster_;
};

}  // namespace meshmq::node
