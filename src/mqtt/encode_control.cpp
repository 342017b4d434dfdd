// Every packet but PUBLISH, appended to a string.

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/property_writer.hpp"

namespace meshmq::mqtt {

namespace {

/// The fixed header of one packet; the remaining length is filled in when it goes out of scope.
class PacketFrame {
 public:
  PacketFrame(PacketType type, std::uint8_t flags, std::string& out) : length_(start(type, flags, out)) {}
  ~PacketFrame() { length_.close(); }
  PacketFrame(const PacketFrame&) = delete;
  PacketFrame& operator=(const PacketFrame&) = delete;

 private:
  static std::string& start(PacketType type, std::uint8_t flags, std::string& out) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(type) << 4 | flags));
    return out;
  }

  LengthPrefix length_;
};

void put_string(ByteWriter& w, std::string_view text) {
  MESHMQ_ASSERT(text.size() <= 0xFFFF, "MQTT strings have 16-bit lengths");
  w.bytes16(text);
}

std::uint8_t connect_flags(const Connect& packet) {
  std::uint8_t flags = packet.clean_start ? 0x02 : 0;
  if (packet.will) {
    flags |= 0x04;
    flags |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(packet.will->qos) << 3);
    if (packet.will->retain) flags |= 0x20;
  }
  if (packet.password) flags |= 0x40;
  if (packet.username) flags |= 0x80;
  return flags;
}

void put_connect_properties(const Connect& packet, std::string& out) {
  PropertyWriter w(out);
  w.u32(PropertyId::session_expiry_interval, packet.session_expiry_s, 0);
  w.u16(PropertyId::receive_maximum, packet.receive_maximum, 65535);
  w.u32(PropertyId::maximum_packet_size, packet.packet_bytes_max, 0);
  w.u16(PropertyId::topic_alias_maximum, packet.topic_alias_max, 0);
  w.flag(PropertyId::request_response_information, packet.request_response_information, false);
  w.flag(PropertyId::request_problem_information, packet.request_problem_information, true);
  w.text(PropertyId::authentication_method, packet.authentication_method);
  w.text(PropertyId::authentication_data, packet.authentication_data);
  w.user(packet.user_properties);
  w.close();
}

void put_will(const Will& will, Version version, std::string& out) {
  if (version == Version::v5) {
    PropertyWriter properties(out);
    properties.u32(PropertyId::will_delay_interval, will.delay_s, 0);
    properties.u32(PropertyId::message_expiry_interval, will.expiry_s, no_message_expiry);
    properties.encoded(will.properties);
    properties.close();
  }
  ByteWriter w(out);
  put_string(w, will.topic);
  put_string(w, will.payload);
}

void put_connack_properties(const Connack& packet, std::string& out) {
  PropertyWriter w(out);
  w.u32(PropertyId::session_expiry_interval, packet.session_expiry_s);
  w.u16(PropertyId::receive_maximum, packet.receive_maximum, 65535);
  if (packet.qos_max != QoS::exactly_once) {
    append_byte_property(out, PropertyId::maximum_qos, static_cast<std::uint8_t>(packet.qos_max));
  }
  w.flag(PropertyId::retain_available, packet.retain_available, true);
  w.u32(PropertyId::maximum_packet_size, packet.packet_bytes_max, 0);
  w.text(PropertyId::assigned_client_identifier, packet.assigned_client_id);
  w.u16(PropertyId::topic_alias_maximum, packet.topic_alias_max, 0);
  w.text(PropertyId::reason_string, packet.reason_string);
  w.flag(PropertyId::wildcard_subscription_available, packet.wildcard_subscription_available, true);
  w.flag(PropertyId::subscription_identifier_available, packet.subscription_identifiers_available, true);
  w.flag(PropertyId::shared_subscription_available, packet.shared_subscription_available, true);
  w.u16(PropertyId::server_keep_alive, packet.server_keep_alive_s);
  w.text(PropertyId::response_information, packet.response_information);
  w.text(PropertyId::server_reference, packet.server_reference);
  w.text(PropertyId::authentication_method, packet.authentication_method);
  w.text(PropertyId::authentication_data, packet.authentication_data);
  w.user(packet.user_properties);
  w.close();
}

/// Reason string and user properties.
template <class AnyAck>
void put_ack_properties(const AnyAck& packet, std::string& out) {
  PropertyWriter w(out);
  w.text(PropertyId::reason_string, packet.reason_string);
  w.user(packet.user_properties);
  w.close();
}

std::uint8_t subscription_options(const Subscription& entry, Version version) {
  std::uint8_t options = static_cast<std::uint8_t>(entry.qos);
  if (version != Version::v5) return options;
  if (entry.no_local) options |= 0x04;
  if (entry.retain_as_published) options |= 0x08;
  return static_cast<std::uint8_t>(options | static_cast<std::uint8_t>(entry.retain_handling) << 4);
}

}  // namespace

void LengthPrefix::close() {
  std::size_t length = out_.size() - at_ - 1;
  MESHMQ_ASSERT(length <= remaining_length_max, "longer than MQTT can say");
  char encoded[4];
  std::size_t count = 0;
  for (; length >= 0x80; length >>= 7) encoded[count++] = static_cast<char>(length | 0x80);
  encoded[count++] = static_cast<char>(length);
  out_[at_] = encoded[0];
  out_.insert(at_ + 1, encoded + 1, count - 1);
}

void encode_packet(const Connect& packet, Version version, std::string& out) {
  MESHMQ_ASSERT(packet.version == version, "CONNECT says its own version");
  const PacketFrame frame(PacketType::connect, 0, out);
  ByteWriter w(out);
  w.bytes16(version == Version::v3_1 ? "MQIsdp" : "MQTT");
  w.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(version) | (packet.bridge ? 0x80 : 0)));
  w.u8(connect_flags(packet));
  w.u16(packet.keep_alive_s);
  if (version == Version::v5) put_connect_properties(packet, out);
  put_string(w, packet.client_id);
  if (packet.will) put_will(*packet.will, version, out);
  if (packet.username) put_string(w, *packet.username);
  if (packet.password) put_string(w, *packet.password);
}

void encode_packet(const Connack& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::connack, 0, out);
  ByteWriter w(out);
  w.u8(packet.session_present && version != Version::v3_1 ? 1 : 0);
  if (version == Version::v5) {
    w.u8(static_cast<std::uint8_t>(packet.reason));
    put_connack_properties(packet, out);
  } else {
    w.u8(to_connack_return_code(packet.reason));
  }
}

void encode_packet(const Ack& packet, Version version, std::string& out) {
  const PacketFrame frame(packet.type, packet.type == PacketType::pubrel ? 0x02 : 0, out);
  ByteWriter w(out);
  w.u16(packet.packet_id);
  if (version != Version::v5) return;
  const bool has_properties = !packet.reason_string.empty() || !packet.user_properties.empty();
  if (packet.reason == ReasonCode::success && !has_properties) return;
  w.u8(static_cast<std::uint8_t>(packet.reason));
  if (has_properties) put_ack_properties(packet, out);
}

void encode_packet(const Subscribe& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::subscribe, 0x02, out);
  ByteWriter w(out);
  w.u16(packet.packet_id);
  if (version == Version::v5) {
    PropertyWriter properties(out);
    if (packet.subscription_id != 0) {
      append_varint_property(out, PropertyId::subscription_identifier, packet.subscription_id);
    }
    properties.user(packet.user_properties);
    properties.close();
  }
  for (const Subscription& entry : packet.subscriptions) {
    put_string(w, entry.filter);
    w.u8(subscription_options(entry, version));
  }
}

void encode_packet(const Suback& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::suback, 0, out);
  ByteWriter w(out);
  w.u16(packet.packet_id);
  if (version == Version::v5) put_ack_properties(packet, out);
  for (const ReasonCode code : packet.codes) w.u8(to_suback_code(code, version));
}

void encode_packet(const Unsubscribe& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::unsubscribe, 0x02, out);
  ByteWriter w(out);
  w.u16(packet.packet_id);
  if (version == Version::v5) {
    PropertyWriter properties(out);
    properties.user(packet.user_properties);
    properties.close();
  }
  for (const std::string_view filter : packet.filters) put_string(w, filter);
}

void encode_packet(const Unsuback& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::unsuback, 0, out);
  ByteWriter w(out);
  w.u16(packet.packet_id);
  if (version != Version::v5) return;
  put_ack_properties(packet, out);
  for (const ReasonCode code : packet.codes) w.u8(static_cast<std::uint8_t>(code));
}

void encode_packet(const Pingreq&, Version, std::string& out) {
  out.append(make_pingreq().bytes());
}

void encode_packet(const Pingresp&, Version, std::string& out) {
  out.append(make_pingresp().bytes());
}

void encode_packet(const Disconnect& packet, Version version, std::string& out) {
  const PacketFrame frame(PacketType::disconnect, 0, out);
  if (version != Version::v5) return;
  const std::size_t reason_at = out.size();
  out.push_back(static_cast<char>(packet.reason));
  PropertyWriter properties(out);
  properties.u32(PropertyId::session_expiry_interval, packet.session_expiry_s);
  properties.text(PropertyId::reason_string, packet.reason_string);
  properties.text(PropertyId::server_reference, packet.server_reference);
  properties.user(packet.user_properties);
  if (!properties.is_empty()) return properties.close();
  properties.drop();
  if (packet.reason == ReasonCode::normal_disconnection) out.resize(reason_at);
}

void encode_packet(const Auth& packet, Version version, std::string& out) {
  MESHMQ_ASSERT(version == Version::v5, "AUTH exists in MQTT 5 only");
  const PacketFrame frame(PacketType::auth, 0, out);
  if (packet.reason == ReasonCode::success && !packet.authentication_method) return;
  out.push_back(static_cast<char>(packet.reason));
  PropertyWriter w(out);
  w.text(PropertyId::authentication_method, packet.authentication_method);
  w.text(PropertyId::authentication_data, packet.authentication_data);
  w.text(PropertyId::reason_string, packet.reason_string);
  w.user(packet.user_properties);
  w.close();
}

void encode_packet(const Packet& packet, Version version, std::string& out) {
  std::visit([&](const auto& p) { encode_packet(p, version, out); }, packet);
}

}  // namespace meshmq::mqtt
