#pragma once
// Values of configuration keys that hold on all nodes.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"
#include "node/shared_writer.hpp"

namespace meshmq::node {

/// A last-writer-wins table that every node has: a node that was away gets what was set meanwhile. What keys
/// and values mean is for the owner of the node to know. Thread rule: one owner.
class SharedSettings {
 public:
  SharedSettings(SharedTables& shared, SharedWriter& writer) : writer_(writer) {
    shared.add(SharedTable::settings, rows_);
    rows_.on_change = [this](std::string_view key, std::string_view) { changed_.emplace(key); };
  }
  SharedSettings(const SharedSettings&) = delete;
  SharedSettings& operator=(const SharedSettings&) = delete;

  /// An empty value: none holds on all nodes any more.
  void put(std::string_view key, std::string_view value, Now now) {
    writer_.write(SharedTable::settings, rows_, key, value, now);
  }
  /// Empty: there is none.
  std::string_view value(std::string_view key) const {
    const std::string* value = rows_.find(key);
    return value == nullptr ? std::string_view() : std::string_view(*value);
  }
  /// By key.
  std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> values;
    rows_.for_each_live([&](std::string_view key, std::string_view value) { values.emplace(key, value); });
    return values;
  }
  bool any_changed() const { return !changed_.empty(); }
  /// Keys whose value is another since the last call; those from the disk too.
  std::set<std::string> take_changed() { return std::exchange(changed_, {}); }

 private:
  SharedWriter& writer_;
  LwwRows rows_;
  std::set<std::string> changed_;
};

}  // namespace meshmq::node
