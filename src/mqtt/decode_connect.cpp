// CONNECT ([MQTT5 3.1]).

#include "mqtt/body_decoder.hpp"

namespace meshmq::mqtt {

namespace {

constexpr std::uint8_t flag_reserved = 0x01;
constexpr std::uint8_t flag_clean_start = 0x02;
constexpr std::uint8_t flag_will = 0x04;
constexpr std::uint8_t will_qos_shift = 3;
constexpr std::uint8_t flag_will_retain = 0x20;
constexpr std::uint8_t flags_of_will = 0x38;
constexpr std::uint8_t flag_password = 0x40;
constexpr std::uint8_t flag_username = 0x80;
constexpr std::uint8_t level_bridge = 0x80;

}  // namespace

void BodyDecoder::connect() {
  Connect& out = decoder_.packet_.emplace<Connect>();
  if (!protocol(out)) return;
  const std::uint8_t flags = in_.u8();
  connect_flags(flags, out);
  out.keep_alive_s = in_.u16();
  if (out.version == Version::v5) connect_properties(out);
  out.client_id = name("client id is not UTF-8");
  if (out.will) will(*out.will);
  credentials(flags, out);
}

bool BodyDecoder::protocol(Connect& out) {
  const std::string_view name = in_.bytes16();
  const std::uint8_t level = in_.u8();
  const auto plain_level = static_cast<std::uint8_t>(level & ~level_bridge);
  if (in_.ok()) answer_version_ = plain_level < 5 ? Version::v3_1_1 : Version::v5;
  if (name != "MQTT" && name != "MQIsdp") {
    // [MQTT-3.1.2-1] MQTT 5 has a word for it.
    fail(answer_version_ == Version::v5 ? ReasonCode::unsupported_protocol_version
                                        : ReasonCode::protocol_error,
         "protocol name is neither MQTT nor MQIsdp");
    return false;
  }
  const bool is_known = name == "MQTT" ? plain_level == 4 || plain_level == 5 : plain_level == 3;
  if (!is_known) {
    fail(ReasonCode::unsupported_protocol_version, "protocol level is not 3, 4 or 5 of the protocol's name");
    return false;
  }
  out.version = static_cast<Version>(plain_level);
  out.bridge = level != plain_level;
  answer_version_ = out.version;
  return in_.ok();
}

void BodyDecoder::connect_flags(std::uint8_t flags, Connect& out) {
  const bool lenient = is_lenient(out.version);
  out.clean_start = (flags & flag_clean_start) != 0;
  // [MQTT-3.1.2-3]; 3.1 called the bit unused.
  if ((flags & flag_reserved) != 0 && !lenient) fail(ReasonCode::malformed_packet, "reserved CONNECT flag");
  if ((flags & flag_will) != 0) {
    const std::uint8_t qos = flags >> will_qos_shift & 0x03;
    if (qos > 2) fail(ReasonCode::malformed_packet, "will with QoS 3");
    out.will.emplace();
    out.will->qos = static_cast<QoS>(qos);
    out.will->retain = (flags & flag_will_retain) != 0;
  } else if ((flags & flags_of_will) != 0 && !lenient) {
    fail(ReasonCode::malformed_packet, "will QoS or retain without a will");
  }
  // [MQTT-3.1.2-22] MQTT 5 lifted this.
  const bool only_password = (flags & (flag_username | flag_password)) == flag_password;
  if (only_password && out.version != Version::v5 && options_.strict) {
    fail(ReasonCode::malformed_packet, "password without user name");
  }
}

void BodyDecoder::connect_properties(Connect& out) {
  PropertySection section(in_, properties_of::connect);
  while (const Property* property = section.next()) {
    switch (property->id) {
      case PropertyId::session_expiry_interval:
        out.session_expiry_s = property->number;
        break;
      case PropertyId::receive_maximum:
        out.receive_maximum = static_cast<std::uint16_t>(property->number);
        break;
      case PropertyId::maximum_packet_size:
        out.packet_bytes_max = property->number;
        break;
      case PropertyId::topic_alias_maximum:
        out.topic_alias_max = static_cast<std::uint16_t>(property->number);
        break;
      case PropertyId::request_response_information:
        out.request_response_information = property->number == 1;
        break;
      case PropertyId::request_problem_information:
        out.request_problem_information = property->number == 1;
        break;
      case PropertyId::authentication_method:
        out.authentication_method = property->bytes;
        break;
      case PropertyId::authentication_data:
        out.authentication_data = property->bytes;
        break;
      default:
        break;
    }
  }
  if (section.fault()) fail(section.fault());
  // [MQTT5 3.1.2.11.10]
  if (out.authentication_data && !out.authentication_method) {
    fail(ReasonCode::protocol_error, "authentication data without a method");
  }
  out.user_properties = UserProperties(section.bytes());
}

void BodyDecoder::will(Will& out) {
  if (answer_version_ == Version::v5) will_properties(out);
  out.topic = in_.bytes16();
  out.payload = in_.bytes16();
  if (!in_.ok()) return;
  check_topic(out.topic, "will topic is not UTF-8", "will topic with wildcard");
  if (out.topic.empty()) fail(ReasonCode::topic_name_invalid, "will without topic");
}

void BodyDecoder::will_properties(Will& out) {
  PropertySection section(in_, properties_of::will);
  ForwardableRun forwardable(decoder_.properties_);
  while (const Property* property = section.next()) {
    if (property->id == PropertyId::will_delay_interval) {
      out.delay_s = property->number;
    } else if (property->id == PropertyId::message_expiry_interval) {
      out.expiry_s = property->number;
    } else {
      forwardable.add(section.raw());
    }
    if (property->id == PropertyId::response_topic) check_response_topic(property->bytes);
  }
  if (section.fault()) fail(section.fault());
  out.properties = forwardable.bytes();
}

void BodyDecoder::credentials(std::uint8_t flags, Connect& out) {
  // 3.1: the remaining length takes precedence over these flags; a string that is announced may be missing.
  const bool may_be_missing = out.version == Version::v3_1;
  if ((flags & flag_username) != 0 && !(may_be_missing && in_.at_end()))
    out.username = name("user name is not UTF-8");
  if ((flags & flag_password) != 0 && !(may_be_missing && in_.at_end())) out.password = in_.bytes16();
}

}  // namespace meshmq::mqtt
