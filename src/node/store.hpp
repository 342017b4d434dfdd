#pragma once
// What a node keeps on disk, as its pure part sees it: ordered writes that are confirmed later.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace meshmq::node {

/// Kinds of rows that the disk keeps apart. Numbered on disk.
enum class StoreArea : std::uint8_t {
  rows = 0,      ///< of the last-writer-wins tables: DurableTables
  sessions = 1,  ///< of clients: StoredSessions
};

/// One row written, or erased if there is no value.
struct StoreChange {
  StoreArea area = StoreArea::rows;
  std::string key;
  std::optional<std::string> value{};

  friend bool operator==(const StoreChange&, const StoreChange&) = default;
};

/// Written whole, after all batches before it: a crash loses a number of the last ones, none that was
/// confirmed. How much a loss of power may take is the setting node.store_sync.
using StoreBatch = std::vector<StoreChange>;

/// What became of a batch. One that failed comes back, and nothing of it need be on disk.
struct StoreOutcome {
  Result<void> result{};
  StoreBatch unwritten{};
};

/// The way to the disk. Never calls back from within a call.
class StorePort {
 public:
  virtual ~StorePort() = default;
  /// Hands a batch over. Answered by Control::stored(), in order.
  virtual void store(StoreBatch batch) = 0;
};

}  // namespace meshmq::node
