#pragma once
// Tables of keys with each `{...}` spelled out.

#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/schema.hpp"

namespace meshmq::config {

/// Rows (Key, ForeignKey) of several tables, one for each key that they stand for. Owns the keys' names.
template <class Row>
class ExpandedTable {
 public:
  explicit ExpandedTable(std::initializer_list<std::span<const Row>> tables) {
    for (const std::span<const Row> table : tables) {
      for (const Row& row : table) {
        for (std::string& name : expand(row.key)) {
          names_.push_back(std::move(name));
          keys_.push_back(row);
          keys_.back().key = names_.back();
        }
      }
    }
  }
  std::span<const Row> keys() const { return keys_; }

 private:
  std::deque<std::string> names_;
  std::vector<Row> keys_;
};

}  // namespace meshmq::config
