#include "mqtt/decoder.hpp"

#include "mqtt/body_decoder.hpp"
#include "mqtt/packet_rules.hpp"

namespace meshmq::mqtt {

namespace {

/// [MQTT-2.2.3] The fixed header as far as it has arrived.
struct FixedHeader {
  enum class State { incomplete, complete, malformed } state = State::incomplete;
  std::size_t bytes = 0;
  std::size_t remaining = 0;
  bool shortest = true;  ///< [MQTT-1.5.5-1]
};

constexpr std::string_view needless_length = "remaining length with needless bytes";

FixedHeader read_fixed_header(std::string_view bytes) {
  FixedHeader header;
  for (std::size_t i = 1; i < 5; ++i) {
    if (i == bytes.size()) return header;
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    header.remaining |= static_cast<std::size_t>(byte & 0x7F) << (7 * (i - 1));
    if ((byte & 0x80) != 0) continue;
    header.bytes = i + 1;
    header.shortest = byte != 0 || i == 1;
    header.state = FixedHeader::State::complete;
    return header;
  }
  header.state = FixedHeader::State::malformed;
  return header;
}

}  // namespace

DecodeResult Decoder::decode(std::string_view bytes, const DecodeOptions& options) {
  DecodeResult result;
  result.answer_version = options.version;
  const auto refuse = [&result](const Fault& fault) {
    result.status = DecodeStatus::error;
    result.reason = fault.reason;
    result.text = fault.text;
    return result;
  };
  const auto wait_for = [&result](std::size_t size) {
    result.size = size;
    return result;
  };

  if (bytes.empty()) return wait_for(2);
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  result.type = static_cast<PacketType>(first >> 4);
  if (const Fault fault = check_first_byte(first, options)) return refuse(fault);

  const FixedHeader header = read_fixed_header(bytes);
  if (header.state == FixedHeader::State::incomplete) return wait_for(bytes.size() + 1);
  if (header.state == FixedHeader::State::malformed) {
    return refuse({ReasonCode::malformed_packet, "remaining length of more than four bytes"});
  }
  // The version of a CONNECT stands in its body; so do its flags wait, which 3.1 does not use.
  const bool bad_length = !header.shortest && options.strict;
  if (bad_length && options.version == Version::v5 && result.type != PacketType::connect) {
    return refuse({ReasonCode::malformed_packet, needless_length});
  }
  const std::size_t total = header.bytes + header.remaining;
  if (options.packet_bytes_max != 0 && total > options.packet_bytes_max) {
    return refuse({ReasonCode::packet_too_large, "packet larger than mqtt.max_packet_size"});
  }
  if (bytes.size() < total) return wait_for(total);

  BodyDecoder body(*this, bytes.substr(header.bytes, header.remaining), first & 0x0F, options);
  Fault fault = body.decode(result.type);
  result.answer_version = body.answer_version();
  if (!fault && bad_length && result.answer_version == Version::v5) {
    fault = {ReasonCode::malformed_packet, needless_length};
  }
  if (!fault && result.type == PacketType::connect) {
    fault = check_connect_flags(first, result.answer_version, options.strict);
  }
  if (fault) return refuse(fault);
  result.status = DecodeStatus::packet;
  result.size = total;
  return result;
}

Fault BodyDecoder::decode(PacketType type) {
  switch (type) {
    case PacketType::connect:
      connect();
      break;
    case PacketType::connack:
      connack();
      break;
    case PacketType::publish:
      publish();
      break;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      ack(type);
      break;
    case PacketType::subscribe:
      subscribe();
      break;
    case PacketType::suback:
      suback();
      break;
    case PacketType::unsubscribe:
      unsubscribe();
      break;
    case PacketType::unsuback:
      unsuback();
      break;
    case PacketType::pingreq:
      decoder_.packet_.emplace<Pingreq>();
      break;
    case PacketType::pingresp:
      decoder_.packet_.emplace<Pingresp>();
      break;
    case PacketType::disconnect:
      disconnect();
      break;
    case PacketType::auth:
      auth();
      break;
  }
  if (!in_.ok()) fail(ReasonCode::malformed_packet, {});
  if (!fault_ && !in_.at_end()) fail(ReasonCode::malformed_packet, "bytes behind the last field");
  return fault_;
}

void BodyDecoder::fail(ReasonCode reason, std::string_view text) {
  if (fault_) return;
  // A short read shows up as zeros and empty strings that other checks then stumble over.
  fault_ = in_.ok() ? Fault{reason, text} : Fault{ReasonCode::malformed_packet, "packet ends inside a field"};
  in_ = ByteReader({});
}

std::string_view BodyDecoder::name(std::string_view fault_text) {
  const std::string_view text = in_.bytes16();
  check_name_text(check_name(text), fault_text);
  return text;
}

void BodyDecoder::check_name_text(NameText found, std::string_view fault_text) {
  if (found == NameText::bad_utf8) fail(ReasonCode::malformed_packet, fault_text);
  if (found == NameText::has_control && options_.strict && options_.role == Role::server) {
    fail(ReasonCode::malformed_packet, "control character in a client id, user name, topic or filter");
  }
}

void BodyDecoder::check_topic(std::string_view topic, std::string_view utf8_fault,
                              std::string_view wildcard_fault) {
  const TopicText found = check_topic_text(topic);
  check_name_text(found.name, utf8_fault);
  if (found.has_wildcard) fail(ReasonCode::topic_name_invalid, wildcard_fault);
}

// [MQTT-3.3.2-14], [MQTT-4.7.3-1]; that it is UTF-8 was checked with the other properties.
void BodyDecoder::check_response_topic(std::string_view topic) {
  const TopicText found = check_topic_text(topic);
  check_name_text(found.name, "response topic is not UTF-8");
  if (found.has_wildcard) fail(ReasonCode::protocol_error, "response topic with wildcard");
  if (topic.empty()) fail(ReasonCode::protocol_error, "empty response topic");
}

PacketId BodyDecoder::packet_id() {
  const PacketId id = in_.u16();
  if (id == 0) fail(ReasonCode::protocol_error, "packet id 0");
  return id;
}

ReasonCode BodyDecoder::reason_code(PacketType type) {
  const auto code = static_cast<ReasonCode>(in_.u8());
  if (!is_reason_allowed(type, code))
    fail(ReasonCode::protocol_error, "reason code not allowed in this packet");
  return code;
}

std::string_view to_string(PacketType type) {
  switch (type) {
    case PacketType::connect:
      return "CONNECT";
    case PacketType::connack:
      return "CONNACK";
    case PacketType::publish:
      return "PUBLISH";
    case PacketType::puback:
      return "PUBACK";
    case PacketType::pubrec:
      return "PUBREC";
    case PacketType::pubrel:
      return "PUBREL";
    case PacketType::pubcomp:
      return "PUBCOMP";
    case PacketType::subscribe:
      return "SUBSCRIBE";
    case PacketType::suback:
      return "SUBACK";
    case PacketType::unsubscribe:
      return "UNSUBSCRIBE";
    case PacketType::unsuback:
      return "UNSUBACK";
    case PacketType::pingreq:
      return "PINGREQ";
    case PacketType::pingresp:
      return "PINGRESP";
    case PacketType::disconnect:
      return "DISCONNECT";
    case PacketType::auth:
      return "AUTH";
  }
  return "reserved";
}

}  // namespace meshmq::mqtt
