#pragma once
// One client in a list for operators.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "broker/traffic.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// One client as `clients list` shows it (cluster-spec 8.2).
struct ClientInfo {
  std::string client_id;
  std::string username;  ///< empty prints as `undefined`
  std::string peername;  ///< ip:port of the last connection
  bool clean_start = true;
  std::uint16_t keepalive_s = 0;
  std::uint32_t session_expiry_interval_s = 0;
  std::size_t subscriptions = 0;
  std::size_t inflight = 0;
  std::size_t awaiting_rel = 0;
  std::uint64_t enqueued_msgs = 0;
  std::uint64_t dropped_msgs = 0;
  bool connected = false;
  WallMillis created_at = 0;
  WallMillis connected_at = 0;
  WallMillis disconnected_at = 0;  ///< 0 while connected
  mqtt::Version version = mqtt::Version::v3_1_1;
  bool bridge = false;
  std::size_t zone = 0;  ///< as in Config
  std::string mountpoint{};
  // --- limits; 0: none
  std::size_t subscriptions_max = 0;
  std::size_t inflight_max = 0;
  std::size_t awaiting_rel_max = 0;
  std::size_t queued = 0;
  std::size_t queue_max = 0;
  // --- since the connection began
  Traffic traffic{};                      ///< of the last one on this node, if it is over
  std::optional<SocketTraffic> socket{};  ///< while it is connected
};

}  // namespace meshmq::broker
