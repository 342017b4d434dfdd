#pragma once
// The origin log: the numbered history of one node's own rows, of which that node is the only writer.

#include <cstdint>
#include <deque>
#include <string>

#include "base/assert.hpp"

namespace meshmq::cluster {

/// One change of a row. Tables are numbered by the wire protocol.
struct LogEntry {
  enum class Table : std::uint8_t {
    routes = 1,
    shared = 2,  ///< rows of the shared tables that this node has written: SharedRows
    clients = 3,
    groups = 4,
    wills = 5,
    exclusive = 6,  ///< who has which exclusive subscription
  };

  Table table = Table::routes;
  bool add = true;
  std::string key;
  std::string value;

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

/// Entries are numbered from 1. Only the newest `entries_max`, and not more than `bytes_max` of them, are
/// kept; who needs older ones gets a snapshot. Thread rule: one owner.
class OriginLog {
 public:
  static constexpr std::size_t bytes_max = 64 * 1024 * 1024;

  explicit OriginLog(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Returns the number of the new entry.
  std::uint64_t append(LogEntry entry) {
    bytes_ += size_of(entry);
    entries_.push_back(std::move(entry));
    while (entries_.size() > entries_max_ || (bytes_ > bytes_max && entries_.size() > 1)) {
      bytes_ -= size_of(entries_.front());
      entries_.pop_front();
      ++first_;
    }
    return last();
  }
  /// Number of the newest entry; 0 if there never was one.
  std::uint64_t last() const { return first_ + entries_.size() - 1; }
  /// True if everything after `seq` is still here.
  bool holds_after(std::uint64_t seq) const { return seq + 1 >= first_ && seq <= last(); }
  const LogEntry& at(std::uint64_t seq) const {
    MESHMQ_ASSERT(seq >= first_ && seq <= last(), "entry is not in the log");
    return entries_[seq - first_];
  }

  static std::size_t size_of(const LogEntry& entry) { return entry.key.size() + entry.value.size(); }

 private:
  std::size_t entries_max_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 1;
  std::deque<LogEntry> entries_;
};

}  // namespace meshmq::cluster
