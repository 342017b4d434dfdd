#pragma once
// Control packets of MQTT 3.1, 3.1.1 and 5.0 as values. The same structs come out of the decoder and go into
// the encoder. Every view and span is borrowed: from the input (and the Decoder) when decoded, from the
// caller when encoded.
//
// Absence: a string property that is empty, and a number property that has the value MQTT gives to its
// absence, are the same as "not there" and are not encoded. Where absence means something of its own the
// field is a std::optional. Properties do not exist in 3.1 and 3.1.1: decoded as absent, ignored when
// encoding.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "mqtt/properties.hpp"
#include "mqtt/reason_code.hpp"
#include "mqtt/types.hpp"

namespace meshmq::mqtt {

/// [MQTT-2.2.1] High four bits of the first byte.
enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};
/// "CONNECT", "PUBLISH", ...
std::string_view to_string(PacketType type);

/// [MQTT5 3.3.2.3.3] An expiry field with this value means: no expiry.
inline constexpr std::uint32_t no_message_expiry = 0xFFFFFFFF;

/// The will inside a CONNECT.
struct Will {
  std::string_view topic{};  ///< a valid topic name: not empty, no wildcard
  std::string_view payload{};
  std::string_view properties{};  ///< as Publish::properties: goes straight into MessageParts
  std::uint32_t expiry_s = no_message_expiry;
  std::uint32_t delay_s = 0;  ///< [MQTT5 3.1.3.2.2]
  QoS qos = QoS::at_most_once;
  bool retain = false;
};

/// [MQTT5 3.1]
struct Connect {
  Version version = Version::v5;
  /// Bridges of mosquitto and EMQ X set bit 7 of the protocol level.
  bool bridge = false;
  bool clean_start = true;  ///< "clean session" before 5
  std::uint16_t keep_alive_s = 0;
  std::string_view client_id{};  ///< may be empty: whether that is allowed is the broker's affair
  std::optional<Will> will{};
  std::optional<std::string_view> username{};
  std::optional<std::string_view> password{};
  // --- MQTT 5 properties
  std::uint32_t session_expiry_s = 0;     ///< 0xFFFFFFFF: never
  std::uint16_t receive_maximum = 65535;  ///< never 0
  std::uint32_t packet_bytes_max = 0;     ///< 0: no limit
  std::uint16_t topic_alias_max = 0;
  bool request_response_information = false;
  bool request_problem_information = true;
  std::optional<std::string_view> authentication_method{};
  std::optional<std::string_view> authentication_data{};
  UserProperties user_properties{};
};

/// [MQTT5 3.2] For 3.1 and 3.1.1 `reason` is mapped from and to the return codes 0..5.
struct Connack {
  bool session_present = false;  ///< always false in 3.1
  ReasonCode reason = ReasonCode::success;
  // --- MQTT 5 properties
  std::optional<std::uint32_t> session_expiry_s{};  ///< absent: what the client asked for
  std::uint16_t receive_maximum = 65535;
  QoS qos_max = QoS::exactly_once;
  bool retain_available = true;
  std::uint32_t packet_bytes_max = 0;  ///< 0: no limit
  std::string_view assigned_client_id{};
  std::uint16_t topic_alias_max = 0;
  std::string_view reason_string{};
  bool wildcard_subscription_available = true;
  bool subscription_identifiers_available = true;
  bool shared_subscription_available = true;
  std::optional<std::uint16_t> server_keep_alive_s{};  ///< absent: the client's own
  std::string_view response_information{};
  std::string_view server_reference{};
  std::optional<std::string_view> authentication_method{};
  std::optional<std::string_view> authentication_data{};
  UserProperties user_properties{};
};

/// [MQTT5 3.3] The hot one: small, flat, decoded without allocation.
struct Publish {
  /// A valid topic name; empty only in MQTT 5 with a topic alias.
  std::string_view topic{};
  std::string_view payload{};
  /// The encoded properties that travel with the message (see MessageParts::properties): payload format,
  /// content type, response topic, correlation data, user properties; order kept. Look inside with
  /// PropertyList. Decoded: a view of the input if they are contiguous there, else of the Decoder's scratch.
  std::string_view properties{};
  /// [MQTT5 3.3.2.3.8] Only from server to client. Decoded: lives in the Decoder.
  std::span<const std::uint32_t> subscription_ids{};
  std::uint32_t expiry_s = no_message_expiry;
  std::uint16_t topic_alias = 0;  ///< 0: none
  PacketId packet_id = 0;         ///< 0 exactly if QoS 0
  QoS qos = QoS::at_most_once;
  bool dup = false;
  bool retain = false;
};

/// PUBACK, PUBREC, PUBREL, PUBCOMP ([MQTT5 3.4 - 3.7]).
struct Ack {
  PacketType type = PacketType::puback;
  PacketId packet_id = 0;
  ReasonCode reason = ReasonCode::success;  ///< always success before 5
  std::string_view reason_string{};
  UserProperties user_properties{};
};

/// [MQTT5 3.8.3.1] How messages shall be handled that were retained before.
enum class RetainHandling : std::uint8_t {
  send = 0,         ///< at every SUBSCRIBE
  send_if_new = 1,  ///< only if the subscription did not exist
  do_not_send = 2,
};

/// One entry of a SUBSCRIBE. Options other than the QoS are MQTT 5.
struct Subscription {
  /// Well-formed UTF-8 without NUL. Where wildcards and `$share` stand (and whether it is empty) is not
  /// checked here.
  std::string_view filter{};
  QoS qos = QoS::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  RetainHandling retain_handling = RetainHandling::send;
};

/// [MQTT5 3.8]
struct Subscribe {
  PacketId packet_id = 0;
  std::uint32_t subscription_id = 0;              ///< 0: none
  std::span<const Subscription> subscriptions{};  ///< at least one
  UserProperties user_properties{};
};

/// [MQTT5 3.9] One code per subscription. Before 5 every error is encoded as 0x80 (unspecified_error).
struct Suback {
  PacketId packet_id = 0;
  std::span<const ReasonCode> codes{};
  std::string_view reason_string{};
  UserProperties user_properties{};
};

/// [MQTT5 3.10]
struct Unsubscribe {
  PacketId packet_id = 0;
  std::span<const std::string_view> filters{};  ///< at least one; checked like Subscription::filter
  UserProperties user_properties{};
};

/// [MQTT5 3.11] One code per filter; before 5 there are none on the wire.
struct Unsuback {
  PacketId packet_id = 0;
  std::span<const ReasonCode> codes{};
  std::string_view reason_string{};
  UserProperties user_properties{};
};

struct Pingreq {};
struct Pingresp {};

/// [MQTT5 3.14] Before 5 sent by clients only and without content.
struct Disconnect {
  ReasonCode reason = ReasonCode::normal_disconnection;
  std::optional<std::uint32_t> session_expiry_s{};  ///< from clients only; absent: CONNECT's stays
  std::string_view reason_string{};
  std::string_view server_reference{};
  UserProperties user_properties{};
};

/// [MQTT5 3.15] MQTT 5 only.
struct Auth {
  ReasonCode reason = ReasonCode::success;
  std::optional<std::string_view> authentication_method{};
  std::optional<std::string_view> authentication_data{};
  std::string_view reason_string{};
  UserProperties user_properties{};
};

using Packet = std::variant<Pingreq, Connect, Connack, Publish, Ack, Subscribe, Suback, Unsubscribe, Unsuback,
                            Pingresp, Disconnect, Auth>;

}  // namespace meshmq::mqtt
