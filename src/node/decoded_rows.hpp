#pragma once
// Rows of a last-writer-wins table as values. `Row::decode(bytes)` gives std::optional<Row>: what cannot be
// read counts as absent.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/lww_rows.hpp"

namespace meshmq::node {

template <class Row>
std::optional<Row> find_row(const LwwRows& rows, std::string_view key) {
  const std::string* value = rows.find(key);
  return value == nullptr ? std::nullopt : Row::decode(*value);
}

/// visit(key, row) for every row that is there and can be read, by key.
template <class Row, class Visit>
void for_each_row(const LwwRows& rows, Visit&& visit) {
  rows.for_each_live([&](std::string_view key, std::string_view value) {
    if (auto row = Row::decode(value)) visit(key, *std::move(row));
  });
}

}  // namespace meshmq::node
