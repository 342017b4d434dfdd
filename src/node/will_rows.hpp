#pragma once
// The wills of all nodes' clients, as the nodes have told each other.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/time.hpp"
#include "cluster/owned_rows.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

using cluster::Slot;

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

/// Key: the client id. Thread rule: the control thread.
class WillRows final : public cluster::OwnedRows {
 public:
  using Rows = std::unordered_map<std::string, std::string, StringHash, std::equal_to<>>;

  /// A row was there and is not any more.
  std::function<void(Slot owner, const std::string& client_id, std::string value)> on_erase;

  cluster::RowChange apply(cluster::RowOwner owner, bool add, std::string_view key,
                           std::string_view value) override;
  void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const override;
  void for_each(Slot owner, const Visit& visit) const override;

  /// nullptr if there are none.
  const Rows* of(Slot owner) const;
  /// Takes them out, without a word to on_erase.
  Rows take(Slot owner);

 private:
  std::unordered_map<Slot, Rows> rows_;
};

}  // namespace meshmq::node
