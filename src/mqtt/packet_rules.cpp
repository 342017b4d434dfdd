#include "mqtt/packet_rules.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace meshmq::mqtt {

namespace {

using enum ReasonCode;

constexpr std::array connack_codes = {success,
                                      unspecified_error,
                                      malformed_packet,
                                      protocol_error,
                                      implementation_specific_error,
                                      unsupported_protocol_version,
                                      client_identifier_not_valid,
                                      bad_user_name_or_password,
                                      not_authorized,
                                      server_unavailable,
                                      server_busy,
                                      banned,
                                      bad_authentication_method,
                                      topic_name_invalid,
                                      packet_too_large,
                                      quota_exceeded,
                                      payload_format_invalid,
                                      retain_not_supported,
                                      qos_not_supported,
                                      use_another_server,
                                      server_moved,
                                      connection_rate_exceeded};
/// PUBACK and PUBREC.
constexpr std::array receipt_codes = {success,
                                      no_matching_subscribers,
                                      unspecified_error,
                                      implementation_specific_error,
                                      not_authorized,
                                      topic_name_invalid,
                                      packet_identifier_in_use,
                                      quota_exceeded,
                                      payload_format_invalid};
/// PUBREL and PUBCOMP.
constexpr std::array release_codes = {success, packet_identifier_not_found};
constexpr std::array suback_codes = {granted_qos_0,
                                     granted_qos_1,
                                     granted_qos_2,
                                     unspecified_error,
                                     implementation_specific_error,
                                     not_authorized,
                                     topic_filter_invalid,
                                     packet_identifier_in_use,
                                     quota_exceeded,
                                     shared_subscriptions_not_supported,
                                     subscription_identifiers_not_supported,
                                     wildcard_subscriptions_not_supported};
constexpr std::array unsuback_codes = {
    success,        no_subscription_existed, unspecified_error,       implementation_specific_error,
    not_authorized, topic_filter_invalid,    packet_identifier_in_use};
constexpr std::array disconnect_codes = {normal_disconnection,
                                         disconnect_with_will,
                                         unspecified_error,
                                         malformed_packet,
                                         protocol_error,
                                         implementation_specific_error,
                                         not_authorized,
                                         server_busy,
                                         server_shutting_down,
                                         bad_authentication_method,
                                         keep_alive_timeout,
                                         session_taken_over,
                                         topic_filter_invalid,
                                         topic_name_invalid,
                                         receive_maximum_exceeded,
                                         topic_alias_invalid,
                                         packet_too_large,
                                         message_rate_too_high,
                                         quota_exceeded,
                                         administrative_action,
                                         payload_format_invalid,
                                         retain_not_supported,
                                         qos_not_supported,
                                         use_another_server,
                                         server_moved,
                                         shared_subscriptions_not_supported,
                                         connection_rate_exceeded,
                                         maximum_connect_time,
                                         subscription_identifiers_not_supported,
                                         wildcard_subscriptions_not_supported};
constexpr std::array auth_codes = {success, continue_authentication, reauthenticate};

constexpr std::string_view reserved_flags = "reserved flags in the fixed header";

std::span<const ReasonCode> codes_of(PacketType type) {
  switch (type) {
    case PacketType::connack:
      return connack_codes;
    case PacketType::puback:
    case PacketType::pubrec:
      return receipt_codes;
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return release_codes;
    case PacketType::suback:
      return suback_codes;
    case PacketType::unsuback:
      return unsuback_codes;
    case PacketType::disconnect:
      return disconnect_codes;
    case PacketType::auth:
      return auth_codes;
    default:
      return {};
  }
}

bool comes_from(PacketType type, Role reader, Version version) {
  switch (type) {
    case PacketType::connect:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
      return reader == Role::server;
    case PacketType::connack:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp:
      return reader == Role::client;
    case PacketType::disconnect:
      return reader == Role::server || version == Version::v5;
    default:
      return true;
  }
}

/// Bits 3..0 of the first byte for every type but PUBLISH.
std::uint8_t fixed_flags(PacketType type) {
  const bool has_qos_1 =
      type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
  return has_qos_1 ? 0x02 : 0x00;
}

Fault check_publish_flags(std::uint8_t flags, bool lenient) {
  if ((flags & 0x06) == 0x06) return {malformed_packet, "PUBLISH with QoS 3"};
  // [MQTT-3.3.1-2]; 3.1 gave DUP no meaning there.
  if ((flags & 0x0E) == 0x08 && !lenient) return {malformed_packet, "PUBLISH with DUP and QoS 0"};
  return {};
}

}  // namespace

Fault check_first_byte(std::uint8_t first, const DecodeOptions& options) {
  const auto type = static_cast<PacketType>(first >> 4);
  const auto flags = static_cast<std::uint8_t>(first & 0x0F);
  // MQTT 3.1 leaves these bits to the sender, and sets DUP when it repeats a PUBREL or SUBSCRIBE.
  const bool lenient = !options.strict || options.version == Version::v3_1;
  if (type == PacketType::publish) return check_publish_flags(flags, lenient);
  if (first >> 4 == 0) return {malformed_packet, "packet type 0"};
  if (type == PacketType::auth && options.version != Version::v5) {
    return {malformed_packet, "packet type 15 before MQTT 5"};
  }
  if (!comes_from(type, options.role, options.version)) {
    return {protocol_error, "packet in the wrong direction"};
  }
  if (type == PacketType::connect || lenient || flags == fixed_flags(type)) return {};
  return {malformed_packet, reserved_flags};
}

Fault check_connect_flags(std::uint8_t first, Version version, bool strict) {
  if ((first & 0x0F) == 0 || !strict || version == Version::v3_1) return {};
  return {malformed_packet, reserved_flags};
}

bool is_reason_allowed(PacketType type, ReasonCode code) {
  const auto codes = codes_of(type);
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace meshmq::mqtt
