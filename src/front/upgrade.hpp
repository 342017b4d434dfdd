#pragma once
// The HTTP request with which a WebSocket begins (RFC 6455, 4.2), and its answer.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "front/deflate.hpp"

namespace meshmq::front {

/// Named as the last parts of the keys listener.ws.<name>.*.
struct UpgradeOptions {
  std::string mqtt_path = "/mqtt";
  std::vector<std::string> supported_subprotocols = {"mqtt", "mqtt-v3", "mqtt-v3.1.1", "mqtt-v5", "mqttv3.1"};
  bool fail_if_no_subprotocol = true;
  bool check_origin_enable = false;
  bool allow_origin_absence = true;
  std::vector<std::string> check_origins = {};           ///< http://localhost:18083
  std::string proxy_address_header = {};                 ///< empty: nobody in front is believed
  std::string proxy_port_header = {};                    ///< of the client whose address is in the other one
  std::optional<DeflateParams> compress = std::nullopt;  ///< nothing: never
};

struct UpgradeAnswer {
  bool accepted = false;
  std::string response;                  ///< whole, to be sent as it is
  std::string error;                     ///< for the log, if it is not accepted: `404: no MQTT at /`
  std::string peername;                  ///< as a proxy's headers tell; empty: they do not
  std::optional<DeflateParams> deflate;  ///< agreed upon
};

/// Of the request, with all of its headers.
inline constexpr std::size_t upgrade_bytes_max = 8192;

/// Where the request in `bytes` ends, looking from `from` on; nullopt: not yet.
std::optional<std::size_t> find_upgrade_end(std::string_view bytes, std::size_t from);
/// Whether bytes may begin a request. What is not HTTP at all need not be waited for.
bool may_be_upgrade(std::string_view bytes);

/// `request`: up to the empty line that ends it.
UpgradeAnswer answer_upgrade(std::string_view request, const UpgradeOptions& options);
/// For what is longer than upgrade_bytes_max, or no HTTP.
UpgradeAnswer refuse_too_long();
UpgradeAnswer refuse_no_http();

}  // namespace meshmq::front
