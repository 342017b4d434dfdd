// CONNACK ([MQTT5 3.2]).

#include "mqtt/body_decoder.hpp"

namespace meshmq::mqtt {

void BodyDecoder::connack() {
  Connack& out = decoder_.packet_.emplace<Connack>();
  const std::uint8_t flags = in_.u8();
  if (options_.version != Version::v3_1) {
    if ((flags & 0xFE) != 0) fail(ReasonCode::malformed_packet, "reserved CONNACK flags");
    out.session_present = (flags & 0x01) != 0;
  }
  if (!is_v5()) {
    const std::uint8_t code = in_.u8();
    if (code > 5) fail(ReasonCode::protocol_error, "unknown CONNACK return code");
    out.reason = from_connack_return_code(code);
  } else {
    out.reason = reason_code(PacketType::connack);
    connack_properties(out);
  }
  // [MQTT-3.2.2-6]
  if (out.session_present && out.reason != ReasonCode::success) {
    fail(ReasonCode::protocol_error, "session present in a refusal");
  }
}

void BodyDecoder::connack_properties(Connack& out) {
  PropertySection section(in_, properties_of::connack);
  while (const Property* property = section.next()) {
    switch (property->id) {
      case PropertyId::session_expiry_interval:
        out.session_expiry_s = property->number;
        break;
      case PropertyId::assigned_client_identifier:
        out.assigned_client_id = property->bytes;
        break;
      case PropertyId::reason_string:
        out.reason_string = property->bytes;
        break;
      case PropertyId::server_keep_alive:
        out.server_keep_alive_s = static_cast<std::uint16_t>(property->number);
        break;
      case PropertyId::response_information:
        out.response_information = property->bytes;
        break;
      case PropertyId::server_reference:
        out.server_reference = property->bytes;
        break;
      case PropertyId::authentication_method:
        out.authentication_method = property->bytes;
        break;
      case PropertyId::authentication_data:
        out.authentication_data = property->bytes;
        break;
      default:
        connack_capability(*property, out);
        break;
    }
  }
  if (section.fault()) fail(section.fault());
  out.user_properties = UserProperties(section.bytes());
}

void BodyDecoder::connack_capability(const Property& property, Connack& out) {
  const bool yes = property.number != 0;
  switch (property.id) {
    case PropertyId::receive_maximum:
      out.receive_maximum = static_cast<std::uint16_t>(property.number);
      break;
    case PropertyId::maximum_qos:
      out.qos_max = static_cast<QoS>(property.number);
      break;
    case PropertyId::maximum_packet_size:
      out.packet_bytes_max = property.number;
      break;
    case PropertyId::topic_alias_maximum:
      out.topic_alias_max = static_cast<std::uint16_t>(property.number);
      break;
    case PropertyId::retain_available:
      out.retain_available = yes;
      break;
    case PropertyId::wildcard_subscription_available:
      out.wildcard_subscription_available = yes;
      break;
    case PropertyId::subscription_identifier_available:
      out.subscription_identifiers_available = yes;
      break;
    case PropertyId::shared_subscription_available:
      out.shared_subscription_available = yes;
      break;
    default:
      break;
  }
}

}  // namespace meshmq::mqtt
