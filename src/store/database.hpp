#pragma once
// A node's database: rows in areas, batches that are written whole.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/result.hpp"
#include "node/store.hpp"

namespace meshmq::store {

/// Whether a write has reached the medium when it returns. Without, it survives the end of the process, not
/// that of the machine.
enum class Sync : std::uint8_t { no, yes };

/// RocksDB in a directory of its own, with one column family for each area. Owned by one thread at a time.
/// RocksDB's headers are known to database.cpp only. Limits: 32 MB of memory for what is not in files yet,
/// 8 MB of cache.
class Database {
 public:
  /// Makes one if there is none. Errc::malformed: it is damaged (set_aside() makes room for a new one);
  /// Errc::unsupported: a later version wrote it; Errc::refused: it is another node's; Errc::io: the disk
  /// says no. The text is for the operator.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const std::string& node);
  /// Renames a damaged one; returns its new path.
  static Result<std::string> set_aside(const std::string& path);

  ~Database();

  /// Calls visit(key, value) for all rows of the area, by key. Errc::malformed: what comes behind the last
  /// one visited cannot be read.
  Result<void> for_each(node::StoreArea area,
                        const std::function<void(std::string_view key, std::string_view value)>& visit) const;
  /// The batches in order. A failure leaves the first of them written, and the one after those perhaps in
  /// part.
  Result<void> write(std::span<const node::StoreBatch> batches, Sync sync);
  /// What was written without Sync::yes.
  Result<void> sync();

 private:
  struct Rocks;
  explicit Database(std::unique_ptr<Rocks> rocks);

  std::unique_ptr<Rocks> rocks_;
};

}  // namespace meshmq::store
