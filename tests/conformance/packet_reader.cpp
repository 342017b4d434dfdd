#include "conformance/packet_reader.hpp"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <vector>

#include "mqtt/encoder.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/properties.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::conformance {

namespace {

using mqtt::PropertyId;
using mqtt::ReasonCode;
using mqtt::Version;

/// Builds one packet; keeps the texts that it borrows.
class Builder {
 public:
  Builder(Fields fields, Version& version) : fields_(std::move(fields)), version_(version) {}

  std::string build(std::string_view name) {
    const mqtt::Packet packet = make(name);
    fields_.expect_empty();
    std::string bytes;
    mqtt::encode_packet(packet, version_, bytes);
    return bytes;
  }

 private:
  mqtt::Packet make(std::string_view name) {
    if (name == "CONNECT") return connect();
    if (name == "PUBLISH") return publish();
    if (name == "PUBACK") return ack(mqtt::PacketType::puback);
    if (name == "PUBREC") return ack(mqtt::PacketType::pubrec);
    if (name == "PUBREL") return ack(mqtt::PacketType::pubrel);
    if (name == "PUBCOMP") return ack(mqtt::PacketType::pubcomp);
    if (name == "SUBSCRIBE") return subscribe();
    if (name == "UNSUBSCRIBE") return unsubscribe();
    if (name == "PINGREQ") return mqtt::Pingreq{};
    if (name == "DISCONNECT") return disconnect();
    if (name == "AUTH") return auth();
    throw ScriptError(fmt::format("'{}' is no packet that a client sends; write it as hex", name));
  }

  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  std::string_view text(std::string_view key) { return keep(fields_.take_text(key)); }
  std::optional<std::string_view> optional_text(std::string_view key) {
    auto taken = fields_.take(key);
    if (!taken) return std::nullopt;
    return keep(std::move(*taken));
  }
  std::uint16_t number16(std::string_view key, std::uint16_t if_absent) {
    return static_cast<std::uint16_t>(fields_.take_number(key, if_absent));
  }
  mqtt::QoS qos(std::string_view key) { return static_cast<mqtt::QoS>(fields_.take_number(key, 0)); }
  ReasonCode reason() { return static_cast<ReasonCode>(fields_.take_number("reason", 0)); }

  /// Properties that travel with a message, in the order of the line.
  std::string_view message_properties() {
    std::string encoded;
    std::vector<Field> others;
    while (const auto field = fields_.take_next()) {
      const std::string value = field->value.value_or("");
      if (field->key == "payload_format") {
        mqtt::append_byte_property(encoded, PropertyId::payload_format_indicator,
                                   static_cast<std::uint8_t>(to_number(value)));
      } else if (field->key == "content_type") {
        mqtt::append_string_property(encoded, PropertyId::content_type, value);
      } else if (field->key == "response_topic") {
        mqtt::append_string_property(encoded, PropertyId::response_topic, value);
      } else if (field->key == "correlation") {
        mqtt::append_string_property(encoded, PropertyId::correlation_data, value);
      } else if (field->key == "user") {
        mqtt::append_user_property(encoded, value, fields_.take_text("to"));
      } else {
        throw ScriptError(fmt::format("'{}' is no field of this packet", field->key));
      }
    }
    return keep(std::move(encoded));
  }

  mqtt::UserProperties user_properties() {
    std::string encoded;
    while (const auto key = fields_.take("user")) {
      mqtt::append_user_property(encoded, *key, fields_.take_text("to"));
    }
    return mqtt::UserProperties(keep(std::move(encoded)));
  }

  mqtt::Connect connect() {
    mqtt::Connect p;
    if (fields_.take("v3")) version_ = Version::v3_1;
    if (fields_.take("v4")) version_ = Version::v3_1_1;
    if (fields_.take("v5")) version_ = Version::v5;
    p.version = version_;
    p.bridge = fields_.take_flag("bridge", false);
    p.clean_start = fields_.take_flag("clean", true);
    p.keep_alive_s = number16("keep_alive", 0);
    p.client_id = text("client");
    p.username = optional_text("username");
    p.password = optional_text("password");
    p.session_expiry_s = fields_.take_number("session_expiry", 0);
    p.receive_maximum = number16("receive_max", 65535);
    p.packet_bytes_max = fields_.take_number("packet_max", 0);
    p.topic_alias_max = number16("alias_max", 0);
    p.request_response_information = fields_.take_flag("response_information", false);
    p.request_problem_information = fields_.take_flag("problem_information", true);
    p.authentication_method = optional_text("auth_method");
    p.authentication_data = optional_text("auth_data");
    if (const auto topic = optional_text("will_topic")) p.will = will(*topic);
    if (!p.will) p.user_properties = user_properties();
    return p;
  }

  /// Takes all message properties of the line: a CONNECT with a will has no user properties of its own.
  mqtt::Will will(std::string_view topic) {
    mqtt::Will w{.topic = topic};
    w.payload = text("will_payload");
    w.qos = qos("will_qos");
    w.retain = fields_.take_flag("will_retain", false);
    w.delay_s = fields_.take_number("will_delay", 0);
    w.expiry_s = fields_.take_number("will_expiry", mqtt::no_message_expiry);
    w.properties = message_properties();
    return w;
  }

  mqtt::Publish publish() {
    mqtt::Publish p;
    p.topic = text("topic");
    p.payload = text("payload");
    p.packet_id = number16("id", 0);
    p.qos = qos("qos");
    p.dup = fields_.take_flag("dup", false);
    p.retain = fields_.take_flag("retain", false);
    p.expiry_s = fields_.take_number("expiry", mqtt::no_message_expiry);
    p.topic_alias = number16("alias", 0);
    p.properties = message_properties();
    return p;
  }

  mqtt::Ack ack(mqtt::PacketType type) {
    mqtt::Ack p{.type = type, .packet_id = number16("id", 0), .reason = reason()};
    p.reason_string = text("reason_string");
    p.user_properties = user_properties();
    return p;
  }

  mqtt::Subscribe subscribe() {
    mqtt::Subscribe p;
    p.packet_id = number16("id", 0);
    p.subscription_id = fields_.take_number("subscription", 0);
    p.user_properties = user_properties();
    while (const auto field = fields_.take_next()) {
      if (field->key == "filter") {
        subscriptions_.push_back({.filter = keep(field->value.value_or(""))});
      } else if (subscriptions_.empty()) {
        throw ScriptError(fmt::format("'{}' stands before the first filter", field->key));
      } else {
        set_option(subscriptions_.back(), *field);
      }
    }
    p.subscriptions = subscriptions_;
    return p;
  }

  static void set_option(mqtt::Subscription& subscription, const Field& option) {
    const auto value = [&] { return to_number(option.value.value_or("")); };
    if (option.key == "qos") {
      subscription.qos = static_cast<mqtt::QoS>(value());
    } else if (option.key == "no_local") {
      subscription.no_local = true;
    } else if (option.key == "as_published") {
      subscription.retain_as_published = true;
    } else if (option.key == "retain_handling") {
      subscription.retain_handling = static_cast<mqtt::RetainHandling>(value());
    } else {
      throw ScriptError(fmt::format("'{}' is no subscription option", option.key));
    }
  }

  mqtt::Unsubscribe unsubscribe() {
    mqtt::Unsubscribe p;
    p.packet_id = number16("id", 0);
    p.user_properties = user_properties();
    while (const auto filter = fields_.take("filter")) filters_.push_back(keep(*filter));
    p.filters = filters_;
    return p;
  }

  mqtt::Disconnect disconnect() {
    mqtt::Disconnect p{.reason = reason()};
    p.session_expiry_s = fields_.take_number("session_expiry");
    p.reason_string = text("reason_string");
    p.user_properties = user_properties();
    return p;
  }

  mqtt::Auth auth() {
    mqtt::Auth p{.reason = reason()};
    p.authentication_method = optional_text("auth_method");
    p.authentication_data = optional_text("auth_data");
    p.reason_string = text("reason_string");
    p.user_properties = user_properties();
    return p;
  }

  Fields fields_;
  Version& version_;
  std::deque<std::string> kept_;
  std::vector<mqtt::Subscription> subscriptions_;
  std::vector<std::string_view> filters_;
};

}  // namespace

std::string bytes_of(std::string_view line, Version& version, const Variables& variables) {
  const std::string_view name = line.substr(0, line.find(' '));
  const std::string_view rest = line.substr(name.size());
  if (name == "hex") return mqtt::testing::bytes_from(rest);
  Fields fields = Fields::parse(rest);
  fields.substitute(variables);
  return Builder(std::move(fields), version).build(name);
}

}  // namespace meshmq::conformance
