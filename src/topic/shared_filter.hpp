#pragma once
// Shared subscriptions: `$share/<group>/<filter>` ([MQTT5 4.8.2]) and EMQ X's `$queue/<filter>`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::topic {

/// A shared filter taken apart. Both views borrow from the text that was parsed.
struct SharedFilter {
  std::string_view group;  ///< `$queue` for `$queue/<filter>`
  std::string_view filter;
};

/// True if the text asks for a shared subscription, well-formed or not: it starts with `$share/` or
/// `$queue/`. `parse_shared` then either takes it apart or it is to be refused.
bool is_shared(std::string_view text);

/// [MQTT-4.8.2-1], [MQTT-4.8.2-2] Nothing if the text is not shared, the group is empty or has a wildcard,
/// the filter is not valid, or is shared itself.
std::optional<SharedFilter> parse_shared(std::string_view text);

/// The one way in which the rest of MeshMQ writes it: `$share/<group>/<filter>`, for `$queue/...` as well.
std::string shared_name(const SharedFilter& shared);

/// Members of a group in one place.
struct GroupWeight {
  std::uint32_t online = 0;  ///< of them connected
  std::uint32_t total = 0;

  friend bool operator==(const GroupWeight&, const GroupWeight&) = default;
};

}  // namespace meshmq::topic
