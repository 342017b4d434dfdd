#pragma once
// How topics look to one client, where that is not how they are.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/outgoing_aliases.hpp"

namespace meshmq::broker {

/// zone.*.mountpoint: what a client publishes and subscribes to lies below it, and it does not see that.
/// Belongs to a connection; most have none.
struct TopicView {
  std::string mountpoint;  ///< of this client; empty: none
  std::optional<OutgoingAliases> aliases;

  /// Bytes of the topic that the client does not see.
  std::uint16_t hidden(std::string_view topic) const {
    return static_cast<std::uint16_t>(topic.starts_with(mountpoint) ? mountpoint.size() : 0);
  }
};

/// `%c` and `%u` become client id and user name; without a user name `%u` stays. Nothing if the result would
/// be a filter: who is called `+` shall not see into the mountpoints of others.
std::optional<std::string> expand_mountpoint(std::string_view pattern, std::string_view client_id,
                                             std::string_view username);

/// The topic or filter below the mountpoint; as it is if there is none, else in `storage`.
std::string_view mounted(const TopicView* view, std::string_view topic, std::string& storage);

}  // namespace meshmq::broker
