// PUBLISH and the packets that fit on the stack.

#include "mqtt/encoder.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "mqtt/property_traits.hpp"

namespace meshmq::mqtt {

namespace {

constexpr std::size_t u16_property_bytes = 3;
constexpr std::size_t u32_property_bytes = 5;

constexpr std::uint8_t first_byte(PacketType type, std::uint8_t flags = 0) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) << 4 | flags);
}

/// Writes forward through memory that is known to be large enough.
class RawWriter {
 public:
  explicit RawWriter(char* to) : to_(to) {}

  void u8(std::uint8_t v) { *to_++ = static_cast<char>(v); }
  void u16(std::uint16_t v) {
    u8(static_cast<std::uint8_t>(v >> 8));
    u8(static_cast<std::uint8_t>(v));
  }
  void u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v >> 16));
    u16(static_cast<std::uint16_t>(v));
  }
  void varint(std::size_t v) {
    for (; v >= 0x80; v >>= 7) u8(static_cast<std::uint8_t>(v | 0x80));
    u8(static_cast<std::uint8_t>(v));
  }
  void id(PropertyId property) { u8(static_cast<std::uint8_t>(property)); }
  void bytes(std::string_view v) {
    if (!v.empty()) std::memcpy(to_, v.data(), v.size());
    to_ += v.size();
  }
  char* at() const { return to_; }

 private:
  char* to_;
};

std::size_t properties_length(const Publish& publish) {
  std::size_t length = publish.properties.size();
  if (publish.expiry_s != no_message_expiry) length += u32_property_bytes;
  if (publish.topic_alias != 0) length += u16_property_bytes;
  for (const std::uint32_t id : publish.subscription_ids) length += 1 + varint_size(id);
  return length;
}

void write_properties(const Publish& publish, RawWriter& w) {
  if (publish.expiry_s != no_message_expiry) {
    w.id(PropertyId::message_expiry_interval);
    w.u32(publish.expiry_s);
  }
  if (publish.topic_alias != 0) {
    w.id(PropertyId::topic_alias);
    w.u16(publish.topic_alias);
  }
  for (const std::uint32_t id : publish.subscription_ids) {
    w.id(PropertyId::subscription_identifier);
    w.varint(id);
  }
  w.bytes(publish.properties);
}

}  // namespace

PublishEncoder::PublishEncoder(const Publish& publish, Version version)
    : publish_(publish), has_properties_(version == Version::v5) {
  MESHMQ_ASSERT(publish.topic.size() <= 0xFFFF, "MQTT strings have 16-bit lengths");
  remaining_length_ = 2 + publish.topic.size() + publish.payload.size();
  if (publish.qos != QoS::at_most_once) remaining_length_ += 2;
  if (has_properties_) {
    properties_length_ = properties_length(publish);
    remaining_length_ += varint_size(properties_length_) + properties_length_;
  }
  header_bytes_ = 1 + varint_size(remaining_length_);
}

std::size_t PublishEncoder::write(char* out) const {
  MESHMQ_ASSERT(remaining_length_ <= remaining_length_max, "larger than MQTT can say: check size() first");
  const auto qos = static_cast<std::uint8_t>(publish_.qos);
  RawWriter w(out);
  w.u8(first_byte(PacketType::publish, static_cast<std::uint8_t>((publish_.dup ? 0x08 : 0) | qos << 1 |
                                                                 (publish_.retain ? 0x01 : 0))));
  w.varint(remaining_length_);
  w.u16(static_cast<std::uint16_t>(publish_.topic.size()));
  w.bytes(publish_.topic);
  std::size_t packet_id_at = 0;
  if (publish_.qos != QoS::at_most_once) {
    packet_id_at = static_cast<std::size_t>(w.at() - out);
    w.u16(publish_.packet_id);
  }
  if (has_properties_) {
    w.varint(properties_length_);
    write_properties(publish_, w);
  }
  w.bytes(publish_.payload);
  return packet_id_at;
}

void encode_packet(const Publish& packet, Version version, std::string& out) {
  const PublishEncoder encoder(packet, version);
  const std::size_t at = out.size();
  out.resize(at + encoder.size());
  encoder.write(out.data() + at);
}

SmallPacket make_ack(PacketType type, PacketId packet_id, ReasonCode reason, Version version) {
  const bool with_reason = version == Version::v5 && reason != ReasonCode::success;
  SmallPacket packet;
  packet.push(first_byte(type, type == PacketType::pubrel ? 0x02 : 0));
  packet.push(with_reason ? 3 : 2);
  packet.push(static_cast<std::uint8_t>(packet_id >> 8));
  packet.push(static_cast<std::uint8_t>(packet_id));
  if (with_reason) packet.push(static_cast<std::uint8_t>(reason));
  return packet;
}

SmallPacket make_pingreq() {
  SmallPacket packet;
  packet.push(first_byte(PacketType::pingreq));
  packet.push(0);
  return packet;
}

SmallPacket make_pingresp() {
  SmallPacket packet;
  packet.push(first_byte(PacketType::pingresp));
  packet.push(0);
  return packet;
}

SmallPacket make_disconnect(ReasonCode reason, Version version) {
  const bool with_reason = version == Version::v5 && reason != ReasonCode::normal_disconnection;
  SmallPacket packet;
  packet.push(first_byte(PacketType::disconnect));
  packet.push(with_reason ? 1 : 0);
  if (with_reason) packet.push(static_cast<std::uint8_t>(reason));
  return packet;
}

SmallPacket make_suback(PacketId packet_id, ReasonCode code, Version version) {
  SmallPacket packet;
  packet.push(first_byte(PacketType::suback));
  packet.push(version == Version::v5 ? 4 : 3);
  packet.push(static_cast<std::uint8_t>(packet_id >> 8));
  packet.push(static_cast<std::uint8_t>(packet_id));
  if (version == Version::v5) packet.push(0);
  packet.push(to_suback_code(code, version));
  return packet;
}

std::uint8_t to_suback_code(ReasonCode code, Version version) {
  const bool is_plain_failure = version != Version::v5 && is_error(code);
  return static_cast<std::uint8_t>(is_plain_failure ? ReasonCode::unspecified_error : code);
}

}  // namespace meshmq::mqtt
