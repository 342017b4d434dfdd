#pragma once
// What may stand where: the spec's tables of directions, header flags, properties and reason codes. Internal
// to this room.

#include <cstdint>
#include <string_view>

#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/property_traits.hpp"

namespace meshmq::mqtt {

/// Why a packet is refused; reason `success` means that it is not.
struct Fault {
  ReasonCode reason = ReasonCode::success;
  std::string_view text;

  explicit operator bool() const { return reason != ReasonCode::success; }
};

/// [MQTT-2.2.1], [MQTT-2.2.2-2] Whether the first byte may come from the other side.
/// A CONNECT's flags are left to check_connect_flags.
Fault check_first_byte(std::uint8_t first, const DecodeOptions& options);

/// [MQTT-2.2.2-2] once the version is known: MQTT 3.1 does not use them.
Fault check_connect_flags(std::uint8_t first, Version version, bool strict);

/// True if MQTT 5 lets packets of this type carry the code ([MQTT5 2.4] table 2-6).
bool is_reason_allowed(PacketType type, ReasonCode code);

/// Properties that travel with a message from publisher to subscriber.
inline constexpr PropertySet forwardable_properties =
    set_of({PropertyId::payload_format_indicator, PropertyId::content_type, PropertyId::response_topic,
            PropertyId::correlation_data, PropertyId::user_property});

namespace properties_of {

inline constexpr PropertySet publish =
    forwardable_properties | set_of({PropertyId::message_expiry_interval, PropertyId::topic_alias,
                                     PropertyId::subscription_identifier});
inline constexpr PropertySet will =
    forwardable_properties | set_of({PropertyId::message_expiry_interval, PropertyId::will_delay_interval});
inline constexpr PropertySet connect =
    set_of({PropertyId::session_expiry_interval, PropertyId::receive_maximum, PropertyId::maximum_packet_size,
            PropertyId::topic_alias_maximum, PropertyId::request_response_information,
            PropertyId::request_problem_information, PropertyId::user_property,
            PropertyId::authentication_method, PropertyId::authentication_data});
inline constexpr PropertySet connack =
    set_of({PropertyId::session_expiry_interval, PropertyId::receive_maximum, PropertyId::maximum_qos,
            PropertyId::retain_available, PropertyId::maximum_packet_size,
            PropertyId::assigned_client_identifier, PropertyId::topic_alias_maximum,
            PropertyId::reason_string, PropertyId::user_property, PropertyId::wildcard_subscription_available,
            PropertyId::subscription_identifier_available, PropertyId::shared_subscription_available,
            PropertyId::server_keep_alive, PropertyId::response_information, PropertyId::server_reference,
            PropertyId::authentication_method, PropertyId::authentication_data});
/// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK.
inline constexpr PropertySet acknowledgement = set_of({PropertyId::reason_string, PropertyId::user_property});
inline constexpr PropertySet subscribe =
    set_of({PropertyId::subscription_identifier, PropertyId::user_property});
inline constexpr PropertySet unsubscribe = set_of({PropertyId::user_property});
inline constexpr PropertySet disconnect =
    set_of({PropertyId::session_expiry_interval, PropertyId::reason_string, PropertyId::user_property,
            PropertyId::server_reference});
inline constexpr PropertySet auth =
    set_of({PropertyId::authentication_method, PropertyId::authentication_data, PropertyId::reason_string,
            PropertyId::user_property});

}  // namespace properties_of

}  // namespace meshmq::mqtt
