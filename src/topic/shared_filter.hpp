#pragma once
// Shared subscriptions: `$share/<group>/<filter>` ([MQTT5 4.8.2]), and EMQ X's `$queue/<filter>` and
// `$exclusive/<filter>`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::topic {

/// The group of all exclusive subscriptions.
inline constexpr std::string_view exclusive_group = "$exclusive";

/// A shared filter taken apart. Both views borrow from the text that was parsed.
struct SharedFilter {
  std::string_view group;  ///< `$queue` for `$queue/<filter>`, `$exclusive` for `$exclusive/<filter>`
  std::string_view filter;
};

/// True if the text asks for a shared subscription, well-formed or not: it starts with `$share/`,
/// `$queue/` or `$exclusive/`. `parse_shared` then either takes it apart or it is to be refused.
bool is_shared(std::string_view text);

/// [MQTT-4.8.2-1], [MQTT-4.8.2-2] Nothing if the text is not shared, the group is empty or has a wildcard,
/// the filter is not valid, or is shared itself.
std::optional<SharedFilter> parse_shared(std::string_view text);

/// The one way in which the rest of MeshMQ writes it: `$exclusive/<filter>` or `$share/<group>/<filter>`, the
/// latter for `$queue/...` as well.
std::string shared_name(const SharedFilter& shared);

/// The group, named so, may have one member only.
bool is_exclusive(std::string_view name);

/// Members of a group in one place.
struct GroupWeight {
  std::uint32_t online = 0;  ///< of them connected
  std::uint32_t total = 0;

  friend bool operator==(const GroupWeight&, const GroupWeight&) = default;
};

}  // namespace meshmq::topic
