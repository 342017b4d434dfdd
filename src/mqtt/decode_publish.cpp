// PUBLISH and its four acknowledgements ([MQTT5 3.3 - 3.7]).

#include "mqtt/body_decoder.hpp"

namespace meshmq::mqtt {

void BodyDecoder::publish() {
  Publish& out = decoder_.packet_.emplace<Publish>();
  out.qos = static_cast<QoS>(flags_ >> 1 & 0x03);
  out.dup = (flags_ & 0x08) != 0 && out.qos != QoS::at_most_once;
  out.retain = (flags_ & 0x01) != 0;
  out.topic = in_.bytes16();
  check_topic(out.topic, "topic is not UTF-8", "topic with wildcard");
  if (out.qos != QoS::at_most_once) out.packet_id = packet_id();
  if (is_v5()) publish_properties(out);
  if (out.topic.empty() && out.topic_alias == 0) {
    fail(ReasonCode::protocol_error, "neither topic nor topic alias");
  }
  out.payload = in_.bytes(in_.rest().size());
}

void BodyDecoder::publish_properties(Publish& out) {
  if (!in_.at_end() && in_.rest().front() == 0) {
    in_.u8();
    return;
  }
  PropertySection section(in_, properties_of::publish,
                          set_of({PropertyId::user_property, PropertyId::subscription_identifier}));
  ForwardableRun forwardable(decoder_.properties_);
  decoder_.subscription_ids_.clear();
  while (const Property* property = section.next()) {
    if (contains(forwardable_properties, property->id)) forwardable.add(section.raw());
    publish_property(*property, out);
  }
  if (section.fault()) fail(section.fault());
  out.properties = forwardable.bytes();
  out.subscription_ids = decoder_.subscription_ids_;
}

void BodyDecoder::publish_property(const Property& property, Publish& out) {
  switch (property.id) {
    case PropertyId::message_expiry_interval:
      out.expiry_s = property.number;
      break;
    case PropertyId::topic_alias:
      out.topic_alias = static_cast<std::uint16_t>(property.number);
      break;
    case PropertyId::response_topic:
      check_response_topic(property.bytes);
      break;
    case PropertyId::subscription_identifier:
      // [MQTT-3.3.4-6]
      if (options_.role == Role::server) {
        fail(ReasonCode::protocol_error, "subscription identifier in a client's PUBLISH");
      }
      decoder_.subscription_ids_.push_back(property.number);
      break;
    default:
      break;
  }
}

void BodyDecoder::ack(PacketType type) {
  Ack& out = decoder_.packet_.emplace<Ack>();
  out.type = type;
  out.packet_id = packet_id();
  if (!is_v5() || in_.at_end()) return;
  out.reason = reason_code(type);
  // [MQTT5 3.4.2.2.1] The property length may be left out as well.
  if (!in_.at_end()) ack_properties(out);
}

}  // namespace meshmq::mqtt
