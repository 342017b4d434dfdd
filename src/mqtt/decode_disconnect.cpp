// DISCONNECT and AUTH ([MQTT5 3.14, 3.15]).

#include "mqtt/body_decoder.hpp"

namespace meshmq::mqtt {

void BodyDecoder::disconnect() {
  Disconnect& out = decoder_.packet_.emplace<Disconnect>();
  if (!is_v5() || in_.at_end()) return;
  out.reason = reason_code(PacketType::disconnect);
  // [MQTT5 3.14.2.2.1] The property length may be left out.
  if (in_.at_end()) return;
  PropertySection section(in_, properties_of::disconnect);
  while (const Property* property = section.next()) {
    switch (property->id) {
      case PropertyId::session_expiry_interval:
        out.session_expiry_s = property->number;
        break;
      case PropertyId::reason_string:
        out.reason_string = property->bytes;
        break;
      case PropertyId::server_reference:
        out.server_reference = property->bytes;
        break;
      default:
        break;
    }
  }
  if (section.fault()) fail(section.fault());
  // [MQTT-3.14.2-2]
  if (out.session_expiry_s && options_.role == Role::client) {
    fail(ReasonCode::protocol_error, "session expiry in a server's DISCONNECT");
  }
  out.user_properties = UserProperties(section.bytes());
}

void BodyDecoder::auth() {
  Auth& out = decoder_.packet_.emplace<Auth>();
  // [MQTT5 3.15.2.1] Nothing at all stands for success without properties.
  if (in_.at_end()) return;
  out.reason = reason_code(PacketType::auth);
  PropertySection section(in_, properties_of::auth);
  while (const Property* property = section.next()) {
    switch (property->id) {
      case PropertyId::authentication_method:
        out.authentication_method = property->bytes;
        break;
      case PropertyId::authentication_data:
        out.authentication_data = property->bytes;
        break;
      case PropertyId::reason_string:
        out.reason_string = property->bytes;
        break;
      default:
        break;
    }
  }
  if (section.fault()) fail(section.fault());
  // [MQTT5 3.15.2.2.2]
  if (!out.authentication_method) fail(ReasonCode::protocol_error, "AUTH without a method");
  out.user_properties = UserProperties(section.bytes());
}

}  // namespace meshmq::mqtt
