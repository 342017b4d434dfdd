#pragma once
// The wills of all nodes' clients, as the nodes have told each other.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "mqtt/message.hpp"
#include "node/plain_rows.hpp"

namespace meshmq::node {

/// A will as its node gives it to the others.
struct LeftWill {
  mqtt::MessagePtr message;
  std::uint32_t delay_s = 0;   ///< to wait after the end of the connection
  WallMillis detached_at = 0;  ///< which was then, by its node's clock; 0: it is there
};
/// Value of a row: docs/wire/wills-v1.md.
std::string encode_will(const LeftWill& will);
/// Nothing if it is not what this version writes.
std::optional<LeftWill> decode_will(std::string_view value);

/// Key: the client id.
using WillRows = PlainRows;

}  // namespace meshmq::node
