#pragma once
// Writing rows of the last-writer-wins tables, so that all nodes and the disk get them.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/durable_tables.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"

namespace meshmq::node {

/// Thread rule: one owner.
class SharedWriter {
 public:
  SharedWriter(cluster::Cluster& cluster, DurableTables& durable) : cluster_(cluster), durable_(durable) {}

  /// Later than every stamp that this node has seen.
  cluster::RowStamp stamp(Now now) { return cluster_.row_stamp(now); }
  /// A row that its table has taken already. Returns the number of its change for the disk, as
  /// DurableTables::save().
  std::uint64_t replicate(SharedTable table, std::string_view key, cluster::RowStamp stamp,
                          std::string_view value) {
    const std::string prefixed = SharedTables::key_of(table, key);
    cluster_.replicator().append_shared(prefixed, stamp, value);
    return durable_.save(prefixed, stamp, value);
  }
  /// Both; an empty value deletes the row.
  void write(SharedTable table, LwwRows& rows, std::string_view key, std::string_view value, Now now) {
    const cluster::RowStamp written = stamp(now);
    rows.apply(key, written, value);
    replicate(table, key, written, value);
    if (table != SharedTable::delayed) ++written_;
  }
  /// How often write() was called, for other rows than messages.
  std::uint64_t written() const { return written_; }

 private:
  cluster::Cluster& cluster_;
  DurableTables& durable_;
  std::uint64_t written_ = 0;
};

}  // namespace meshmq::node
