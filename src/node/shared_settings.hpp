#pragma once
// Values of configuration keys that hold on all nodes.

#include <algorithm>
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

/// Whose doing a value is.
struct SettingAuthor {
  std::string who{};
  std::string from{};
  std::string node{};  ///< that was asked
};

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

  /// `value` is one line; an empty one: none holds on all nodes any more.
  void put(std::string_view key, std::string_view value, const SettingAuthor& author, Now now) {
    std::string row(value);
    for (const std::string* part : {&author.who, &author.from, &author.node}) {
      const std::size_t begin = row.size();
      row += separator + *part;
      std::replace(row.begin() + static_cast<std::ptrdiff_t>(begin) + 1, row.end(), separator, ' ');
    }
    writer_.write(SharedTable::settings, rows_, key, row, now);
  }
  /// Empty: there is none.
  std::string_view value(std::string_view key) const {
    const std::string* row = rows_.find(key);
    return row == nullptr ? std::string_view() : part_of(*row, 0);
  }
  /// Of the value, or of its having been taken back; all empty: nobody knows.
  SettingAuthor author(std::string_view key) const {
    const std::string* row = rows_.find(key);
    if (row == nullptr) return {};
    return {std::string(part_of(*row, 1)), std::string(part_of(*row, 2)), std::string(part_of(*row, 3))};
  }
  /// By key.
  std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> values;
    rows_.for_each_live([&](std::string_view key, std::string_view row) {
      if (const auto value = part_of(row, 0); !value.empty()) values.emplace(key, value);
    });
    return values;
  }
  bool any_changed() const { return !changed_.empty(); }
  /// Keys whose value is another since the last call; those from the disk too.
  std::set<std::string> take_changed() { return std::exchange(changed_, {}); }

 private:
  /// A row: the value and its author's parts, a line each.
  static constexpr char separator = '\n';
  static std::string_view part_of(std::string_view row, std::size_t index) {
    for (; index > 0; --index) {
      const std::size_t end = row.find(separator);
      row = end == std::string_view::npos ? std::string_view() : row.substr(end + 1);
    }
    return row.substr(0, row.find(separator));
  }

  SharedWriter& writer_;
  LwwRows rows_;
  std::set<std::string> changed_;
};

}  // namespace meshmq::node
