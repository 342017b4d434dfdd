#include "mqtt/testing/packet_generator.hpp"

#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/packet_rules.hpp"

namespace meshmq::mqtt::testing {

std::vector<PacketType> types_read_by(Role reader, Version version) {
  std::vector<PacketType> types;
  for (unsigned type = 1; type <= 15; ++type) {
    for (const unsigned flags : {0U, 2U}) {
      const auto first = static_cast<std::uint8_t>(type << 4 | flags);
      if (check_first_byte(first, {.role = reader, .version = version})) continue;
      types.push_back(static_cast<PacketType>(type));
      break;
    }
  }
  return types;
}

Packet PacketGenerator::make(PacketType type, Version version, Role reader) {
  version_ = version;
  reader_ = reader;
  kept_.clear();
  switch (type) {
    case PacketType::connect:
      return connect();
    case PacketType::connack:
      return connack();
    case PacketType::publish:
      return publish();
    case PacketType::subscribe:
      return subscribe();
    case PacketType::suback:
      return Suback{packet_id(), codes(type), version == Version::v5 ? text() : "", user_properties()};
    case PacketType::unsubscribe:
      return unsubscribe();
    case PacketType::unsuback:
      if (version != Version::v5) return Unsuback{packet_id(), {}, {}, {}};
      return Unsuback{packet_id(), codes(type), text(), user_properties()};
    case PacketType::pingreq:
      return Pingreq{};
    case PacketType::pingresp:
      return Pingresp{};
    case PacketType::disconnect:
      return disconnect();
    case PacketType::auth:
      return auth();
    default:
      return ack(type);
  }
}

Connect PacketGenerator::connect() {
  Connect p;
  p.version = version_;
  p.bridge = random_.percent(10);
  p.clean_start = chance();
  p.keep_alive_s = number16();
  p.client_id = text();
  if (chance()) p.will = will();
  if (chance()) p.username = text();
  if (chance() && (p.username || version_ == Version::v5)) p.password = binary();
  if (v5_chance()) p.session_expiry_s = number();
  if (v5_chance()) p.receive_maximum = static_cast<std::uint16_t>(number16() | 1);
  if (v5_chance()) p.packet_bytes_max = number();
  if (v5_chance()) p.topic_alias_max = number16();
  p.request_response_information = v5_chance();
  p.request_problem_information = !v5_chance();
  if (v5_chance()) p.authentication_method = text();
  if (p.authentication_method && chance()) p.authentication_data = binary();
  p.user_properties = user_properties();
  return p;
}

Will PacketGenerator::will() {
  Will will;
  will.topic = topic();
  will.payload = binary();
  will.properties = forwardable();
  if (v5_chance()) will.expiry_s = number();
  if (v5_chance()) will.delay_s = number();
  will.qos = qos();
  will.retain = chance();
  return will;
}

Connack PacketGenerator::connack() {
  Connack p;
  p.reason = version_ == Version::v5 ? reason(PacketType::connack)
                                     : from_connack_return_code(static_cast<std::uint8_t>(random_.below(6)));
  p.session_present = p.reason == ReasonCode::success && version_ != Version::v3_1 && chance();
  if (version_ != Version::v5) return p;
  if (chance()) p.session_expiry_s = number();
  p.receive_maximum = static_cast<std::uint16_t>(number16() | 1);
  p.qos_max = qos();
  p.retain_available = chance();
  p.packet_bytes_max = number();
  p.assigned_client_id = text();
  p.topic_alias_max = number16();
  p.reason_string = text();
  p.wildcard_subscription_available = chance();
  p.subscription_identifiers_available = chance();
  p.shared_subscription_available = chance();
  if (chance()) p.server_keep_alive_s = number16();
  p.response_information = text();
  p.server_reference = text();
  if (chance()) p.authentication_method = text();
  if (chance()) p.authentication_data = binary();
  p.user_properties = user_properties();
  return p;
}

Publish PacketGenerator::publish() {
  Publish p;
  p.topic = topic();
  p.payload = binary();
  p.qos = qos();
  p.retain = chance();
  if (p.qos != QoS::at_most_once) {
    p.packet_id = packet_id();
    p.dup = chance();
  }
  if (version_ != Version::v5) return p;
  p.properties = forwardable();
  if (chance()) p.expiry_s = number();
  if (chance()) p.topic_alias = static_cast<std::uint16_t>(number16() | 1);
  if (p.topic_alias != 0 && chance()) p.topic = {};
  if (reader_ == Role::client) {
    subscription_ids_.clear();
    while (chance()) subscription_ids_.push_back(1 + number() % remaining_length_max);
    p.subscription_ids = subscription_ids_;
  }
  return p;
}

Ack PacketGenerator::ack(PacketType type) {
  Ack p;
  p.type = type;
  p.packet_id = packet_id();
  if (v5_chance()) p.reason = reason(type);
  if (v5_chance()) p.reason_string = text();
  p.user_properties = user_properties();
  return p;
}

Subscribe PacketGenerator::subscribe() {
  Subscribe p;
  p.packet_id = packet_id();
  if (v5_chance()) p.subscription_id = 1 + number() % remaining_length_max;
  p.user_properties = user_properties();
  subscriptions_.clear();
  do {
    Subscription entry;
    entry.filter = text();
    entry.qos = qos();
    entry.no_local = v5_chance();
    entry.retain_as_published = v5_chance();
    if (v5_chance()) entry.retain_handling = static_cast<RetainHandling>(random_.below(3));
    subscriptions_.push_back(entry);
  } while (chance());
  p.subscriptions = subscriptions_;
  return p;
}

Unsubscribe PacketGenerator::unsubscribe() {
  Unsubscribe p;
  p.packet_id = packet_id();
  p.user_properties = user_properties();
  filters_.clear();
  do {
    filters_.push_back(text());
  } while (chance());
  p.filters = filters_;
  return p;
}

Disconnect PacketGenerator::disconnect() {
  Disconnect p;
  if (v5_chance()) p.reason = reason(PacketType::disconnect);
  if (v5_chance() && reader_ == Role::server) p.session_expiry_s = number();
  if (v5_chance()) p.reason_string = text();
  if (v5_chance()) p.server_reference = text();
  p.user_properties = user_properties();
  return p;
}

Auth PacketGenerator::auth() {
  Auth p;
  if (random_.percent(20)) return p;
  p.reason = reason(PacketType::auth);
  p.authentication_method = text();
  if (chance()) p.authentication_data = binary();
  p.reason_string = text();
  p.user_properties = user_properties();
  return p;
}

std::string_view PacketGenerator::keep(std::string text) {
  return kept_.emplace_back(std::move(text));
}

std::string_view PacketGenerator::text() {
  static constexpr std::array<std::string_view, 8> pieces = {
      "a", "/", "topic", "0123456789", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", " +#"};
  std::string text;
  for (auto n = random_.below(random_.percent(3) ? 60 : 6); n > 0; --n)
    text += pieces[random_.below(pieces.size())];
  return keep(std::move(text));
}

std::string_view PacketGenerator::binary() {
  std::string bytes(random_.below(random_.percent(3) ? 20'000 : 40), '\0');
  for (char& c : bytes) c = static_cast<char>(random_.next());
  return keep(std::move(bytes));
}

std::string_view PacketGenerator::topic() {
  std::string topic = "t";
  for (const char c : text()) topic += c == '+' || c == '#' ? '-' : c;
  return keep(std::move(topic));
}

std::vector<std::string> PacketGenerator::forwardable_list() {
  std::vector<std::string> list;
  if (chance())
    append_byte_property(list.emplace_back(), PropertyId::payload_format_indicator, chance() ? 1 : 0);
  if (chance()) append_string_property(list.emplace_back(), PropertyId::content_type, text());
  if (chance()) append_string_property(list.emplace_back(), PropertyId::response_topic, topic());
  if (chance()) append_string_property(list.emplace_back(), PropertyId::correlation_data, binary());
  while (chance()) {
    const std::string_view key = text();
    append_user_property(list.emplace_back(), key, text());
  }
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random_.below(i)]);
  return list;
}

std::string_view PacketGenerator::forwardable() {
  if (version_ != Version::v5) return {};
  std::string all;
  for (const std::string& one : forwardable_list()) all += one;
  return keep(std::move(all));
}

UserProperties PacketGenerator::user_properties() {
  if (version_ != Version::v5) return {};
  std::string encoded;
  while (chance()) {
    const std::string_view key = text();
    append_user_property(encoded, key, text());
  }
  return UserProperties(keep(std::move(encoded)));
}

ReasonCode PacketGenerator::reason(PacketType type) {
  for (;;) {
    const auto code = static_cast<ReasonCode>(random_.below(256));
    if (is_reason_allowed(type, code)) return code;
  }
}

std::span<const ReasonCode> PacketGenerator::codes(PacketType type) {
  codes_.clear();
  do {
    const ReasonCode code = reason(type);
    codes_.push_back(version_ != Version::v5 && is_error(code) ? ReasonCode::unspecified_error : code);
  } while (chance());
  return codes_;
}

std::string PacketGenerator::publish_with_shuffled_properties(std::string& forwardable) {
  version_ = Version::v5;
  kept_.clear();
  std::vector<std::string> all = forwardable_list();
  std::string one;
  append_u32_property(one, PropertyId::message_expiry_interval, 7);
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(random_.below(all.size() + 1)),
             std::exchange(one, {}));
  append_u16_property(one, PropertyId::topic_alias, 3);
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(random_.below(all.size() + 1)),
             std::exchange(one, {}));

  std::string properties;
  forwardable.clear();
  for (const std::string& property : all) {
    properties += property;
    const auto id = static_cast<PropertyId>(property[0]);
    if (contains(forwardable_properties, id)) forwardable += property;
  }
  std::string body;
  ByteWriter w(body);
  w.bytes16("t");
  w.varint(properties.size());
  w.bytes(properties);
  w.bytes("payload");
  std::string packet = "\x30";
  ByteWriter header(packet);
  header.varint(body.size());
  header.bytes(body);
  return packet;
}

}  // namespace meshmq::mqtt::testing
