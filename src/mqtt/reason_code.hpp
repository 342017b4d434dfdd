#pragma once
// Why a packet was refused or a connection ended, as numbers of MQTT 5 ([MQTT5 2.4]).

#include <cstdint>
#include <string_view>

namespace meshmq::mqtt {

/// All reason codes of MQTT 5. Below 0x80 is success. Three of them share the value 0 (success,
/// normal_disconnection, granted_qos_0); `success` is the name that is printed. The codec speaks these for
/// every version: what 3.1 and 3.1.1 can say is mapped on the way in and out.
enum class ReasonCode : std::uint8_t {
  success = 0x00,
  normal_disconnection = 0x00,
  granted_qos_0 = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  reauthenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

constexpr bool is_error(ReasonCode code) {
  return static_cast<std::uint8_t>(code) >= 0x80;
}

/// The enumerator's name, as EMQ X prints it (`not_authorized`); "unknown_reason" for values MQTT does not
/// define.
std::string_view to_string(ReasonCode code);

/// [MQTT-3.2.2.3] CONNACK return code 0..5 for 3.1 and 3.1.1 clients; what has no counterpart becomes 3
/// (unavailable).
std::uint8_t to_connack_return_code(ReasonCode code);
/// Whether one of them says it. If not, a 3.1.1 client is closed without CONNACK ([MQTT-3.2.2-6] of 3.1.1).
bool has_connack_return_code(ReasonCode code);
/// The other way, for clients: 0..5 to the reason code that means the same; others to unspecified_error.
ReasonCode from_connack_return_code(std::uint8_t code);

}  // namespace meshmq::mqtt
