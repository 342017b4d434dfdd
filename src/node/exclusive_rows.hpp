#pragma once
// Who has, or asks for, which exclusive subscription, as the nodes tell each other.

#include <optional>
#include <string>
#include <string_view>

#include "cluster/shared_rows.hpp"
#include "node/plain_rows.hpp"

namespace meshmq::node {

/// One client's claim on one node.
struct ExclusiveClaim {
  std::string client_id;
  cluster::RowStamp stamp;  ///< when it asked; the earlier one goes first
  bool held = false;        ///< granted; otherwise it is being asked for

  friend bool operator==(const ExclusiveClaim&, const ExclusiveClaim&) = default;
};
/// Value of a row: docs/wire/exclusive-v1.md.
std::string encode_claim(const ExclusiveClaim& claim);
/// Nothing if it is not what this version writes.
std::optional<ExclusiveClaim> decode_claim(std::string_view value);

/// Key: `$exclusive/<filter>`.
using ExclusiveRows = PlainRows;

}  // namespace meshmq::node
