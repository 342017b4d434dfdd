// SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK ([MQTT5 3.8 - 3.11]).

#include "mqtt/body_decoder.hpp"

namespace meshmq::mqtt {

void BodyDecoder::subscribe() {
  Subscribe& out = decoder_.packet_.emplace<Subscribe>();
  out.packet_id = packet_id();
  if (is_v5()) {
    PropertySection section(in_, properties_of::subscribe);
    while (const Property* property = section.next()) {
      if (property->id == PropertyId::subscription_identifier) out.subscription_id = property->number;
    }
    if (section.fault()) fail(section.fault());
    out.user_properties = UserProperties(section.bytes());
  }
  decoder_.subscriptions_.clear();
  while (!in_.at_end()) subscription();
  // [MQTT-3.8.3-2]
  if (decoder_.subscriptions_.empty()) fail(ReasonCode::protocol_error, "SUBSCRIBE without filters");
  out.subscriptions = decoder_.subscriptions_;
}

void BodyDecoder::subscription() {
  Subscription entry;
  entry.filter = name("filter is not UTF-8");
  const std::uint8_t options = in_.u8();
  // [MQTT-3.8.3-5] Bits that a version does not use are 0; 3.1 says nothing about them.
  const std::uint8_t reserved = is_v5() ? 0xC0 : 0xFC;
  if ((options & reserved) != 0 && !is_lenient(options_.version)) {
    fail(ReasonCode::malformed_packet, "reserved subscription options");
  }
  if ((options & 0x03) == 3) fail(ReasonCode::malformed_packet, "subscription with QoS 3");
  entry.qos = static_cast<QoS>(options & 0x03);
  if (is_v5()) {
    entry.no_local = (options & 0x04) != 0;
    entry.retain_as_published = (options & 0x08) != 0;
    if ((options & 0x30) == 0x30) fail(ReasonCode::protocol_error, "retain handling 3");
    entry.retain_handling = static_cast<RetainHandling>(options >> 4 & 0x03);
    // [MQTT-3.8.3-4]
    if (entry.no_local && entry.filter.starts_with("$share/")) {
      fail(ReasonCode::protocol_error, "no local on a shared subscription");
    }
  }
  decoder_.subscriptions_.push_back(entry);
}

void BodyDecoder::suback() {
  Suback& out = decoder_.packet_.emplace<Suback>();
  out.packet_id = packet_id();
  if (is_v5()) ack_properties(out);
  reason_codes(PacketType::suback);
  out.codes = decoder_.codes_;
}

void BodyDecoder::unsubscribe() {
  Unsubscribe& out = decoder_.packet_.emplace<Unsubscribe>();
  out.packet_id = packet_id();
  if (is_v5()) {
    PropertySection section(in_, properties_of::unsubscribe);
    while (section.next() != nullptr) continue;
    if (section.fault()) fail(section.fault());
    out.user_properties = UserProperties(section.bytes());
  }
  decoder_.filters_.clear();
  while (!in_.at_end()) decoder_.filters_.push_back(name("filter is not UTF-8"));
  // [MQTT-3.10.3-2]
  if (decoder_.filters_.empty()) fail(ReasonCode::protocol_error, "UNSUBSCRIBE without filters");
  out.filters = decoder_.filters_;
}

void BodyDecoder::unsuback() {
  Unsuback& out = decoder_.packet_.emplace<Unsuback>();
  out.packet_id = packet_id();
  if (!is_v5()) return;
  ack_properties(out);
  reason_codes(PacketType::unsuback);
  out.codes = decoder_.codes_;
}

void BodyDecoder::reason_codes(PacketType type) {
  decoder_.codes_.clear();
  while (!in_.at_end()) {
    const ReasonCode code = reason_code(type);
    // [MQTT-3.9.3-2] Before 5 there is one failure code.
    if (!is_v5() && is_error(code) && code != ReasonCode::unspecified_error) {
      fail(ReasonCode::protocol_error, "unknown SUBACK return code");
    }
    decoder_.codes_.push_back(code);
  }
  if (decoder_.codes_.empty()) fail(ReasonCode::protocol_error, "no reason codes");
}

}  // namespace meshmq::mqtt
