#pragma once
// Lines as emqx_ctl 4.3 prints them, and the same as JSON. Pure functions.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/host.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "broker/acl_rule.hpp"
#include "broker/broker.hpp"

namespace meshmq::admin {

/// What this is.
inline constexpr std::string_view description = "MeshMQ Broker";

/// One form of a command in the usage text.
struct UsageLine {
  std::string_view form;
  std::string_view meaning;
};

/// The form in 70 columns, then `# ` and the meaning.
std::string format_usage(std::span<const UsageLine> lines);
/// `Client(<id>, username=..., ...)` and a newline.
std::string format_client(const broker::ClientInfo& client);
Json client_json(const broker::ClientInfo& client);
/// EMQ X's `recv_*` and `send_*`; those of the socket only while it is connected.
std::vector<std::pair<std::string, Json>> traffic_members(const broker::ClientInfo& client);
/// Name padded or cut to `width`, `: `, value.
std::string format_field(std::string_view name, std::string_view value, std::size_t width);

using Counters = std::vector<std::pair<std::string, std::uint64_t>>;
/// Sorted by name, names in 30 columns (cut, as 4.3 cuts them).
std::string format_counters(Counters counters);
Json counters_json(Counters counters);

/// "4 hours, 21 minutes, 19 seconds"
std::string format_uptime(Duration uptime);
/// "2021-07-28 16:15:39", local time.
std::string format_datetime(WallMillis wall);

/// `pub`, `sub` or `pubsub`.
std::string_view action_word(broker::AclAction action);
std::optional<broker::AclAction> action_of(std::string_view word);

std::string format_listener(const ListenerInfo& listener);
Json listener_json(const ListenerInfo& listener);

}  // namespace meshmq::admin
