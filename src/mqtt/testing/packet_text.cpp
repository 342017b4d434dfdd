#include "mqtt/testing/packet_text.hpp"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace meshmq::mqtt::testing {

namespace {

/// Collects ` name=value` for every value that differs from its default.
class Line {
 public:
  explicit Line(std::string_view head) : text_(head) {}

  void flag(std::string_view name, bool value, bool if_absent = false) {
    if (value != if_absent) text_ += fmt::format(" {}{}", value ? "" : "no_", name);
  }
  void number(std::string_view name, std::uint64_t value, std::uint64_t if_absent) {
    if (value != if_absent) text_ += fmt::format(" {}={}", name, value);
  }
  template <class T>
  void number(std::string_view name, const std::optional<T>& value) {
    if (value) text_ += fmt::format(" {}={}", name, *value);
  }
  void bytes(std::string_view name, std::string_view value) {
    if (!value.empty()) quoted(name, value);
  }
  void bytes(std::string_view name, const std::optional<std::string_view>& value) {
    if (value) quoted(name, *value);
  }
  void reason(ReasonCode code) {
    if (code != ReasonCode::success) text_ += fmt::format(" reason={:02x}", static_cast<unsigned>(code));
  }
  void user(const UserProperties& properties) {
    for (const Property& p : properties) {
      quoted("user", p.key);
      quoted("to", p.bytes);
    }
  }
  /// Properties that travel with a message, in their order.
  void all(std::string_view encoded) {
    for (const Property& p : PropertyList(encoded)) {
      switch (p.id) {
        case PropertyId::payload_format_indicator:
          text_ += fmt::format(" payload_format={}", p.number);
          break;
        case PropertyId::content_type:
          quoted("content_type", p.bytes);
          break;
        case PropertyId::response_topic:
          quoted("response_topic", p.bytes);
          break;
        case PropertyId::correlation_data:
          quoted("correlation", p.bytes);
          break;
        case PropertyId::user_property:
          quoted("user", p.key);
          quoted("to", p.bytes);
          break;
        default:
          text_ += fmt::format(" property={:02x}", static_cast<unsigned>(p.id));
      }
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void quoted(std::string_view name, std::string_view value) {
    text_ += fmt::format(" {}='", name);
    for (const char c : value) {
      const bool plain = std::isprint(static_cast<unsigned char>(c)) != 0 && c != '\'' && c != '\\';
      text_ += plain ? std::string(1, c) : fmt::format("\\{:02x}", static_cast<unsigned char>(c));
    }
    text_ += '\'';
  }

  std::string text_;
};

void put_will(const Will& will, Line& line) {
  line.bytes("will_topic", will.topic);
  line.bytes("will_payload", will.payload);
  line.all(will.properties);
  line.number("will_expiry", will.expiry_s, no_message_expiry);
  line.number("will_delay", will.delay_s, 0);
  line.number("will_qos", static_cast<unsigned>(will.qos), 0);
  line.flag("will_retain", will.retain);
}

std::string text_of(const Connect& p) {
  Line line(fmt::format("CONNECT v{}", static_cast<unsigned>(p.version)));
  line.flag("bridge", p.bridge);
  line.flag("clean", p.clean_start);
  line.number("keep_alive", p.keep_alive_s, 0);
  line.bytes("client", p.client_id);
  if (p.will) put_will(*p.will, line);
  line.bytes("username", p.username);
  line.bytes("password", p.password);
  line.number("session_expiry", p.session_expiry_s, 0);
  line.number("receive_max", p.receive_maximum, 65535);
  line.number("packet_max", p.packet_bytes_max, 0);
  line.number("alias_max", p.topic_alias_max, 0);
  line.flag("response_information", p.request_response_information);
  line.flag("problem_information", p.request_problem_information, true);
  line.bytes("auth_method", p.authentication_method);
  line.bytes("auth_data", p.authentication_data);
  line.user(p.user_properties);
  return line.take();
}

std::string text_of(const Connack& p) {
  Line line("CONNACK");
  line.flag("session", p.session_present);
  line.reason(p.reason);
  line.number("session_expiry", p.session_expiry_s);
  line.number("receive_max", p.receive_maximum, 65535);
  line.number("qos_max", static_cast<unsigned>(p.qos_max), 2);
  line.flag("retain", p.retain_available, true);
  line.number("packet_max", p.packet_bytes_max, 0);
  line.bytes("client", p.assigned_client_id);
  line.number("alias_max", p.topic_alias_max, 0);
  line.bytes("reason_string", p.reason_string);
  line.flag("wildcards", p.wildcard_subscription_available, true);
  line.flag("subscription_ids", p.subscription_identifiers_available, true);
  line.flag("shared", p.shared_subscription_available, true);
  line.number("keep_alive", p.server_keep_alive_s);
  line.bytes("response_information", p.response_information);
  line.bytes("server", p.server_reference);
  line.bytes("auth_method", p.authentication_method);
  line.bytes("auth_data", p.authentication_data);
  line.user(p.user_properties);
  return line.take();
}

std::string text_of(const Publish& p) {
  Line line("PUBLISH");
  line.bytes("topic", p.topic);
  line.number("id", p.packet_id, 0);
  line.number("qos", static_cast<unsigned>(p.qos), 0);
  line.flag("dup", p.dup);
  line.flag("retain", p.retain);
  line.number("expiry", p.expiry_s, no_message_expiry);
  line.number("alias", p.topic_alias, 0);
  for (const std::uint32_t id : p.subscription_ids) line.number("subscription", id, 0);
  line.all(p.properties);
  line.bytes("payload", p.payload);
  return line.take();
}

std::string text_of(const Ack& p) {
  Line line(to_string(p.type));
  line.number("id", p.packet_id, 0);
  line.reason(p.reason);
  line.bytes("reason_string", p.reason_string);
  line.user(p.user_properties);
  return line.take();
}

std::string text_of(const Subscribe& p) {
  Line line("SUBSCRIBE");
  line.number("id", p.packet_id, 0);
  line.number("subscription", p.subscription_id, 0);
  line.user(p.user_properties);
  for (const Subscription& s : p.subscriptions) {
    line.bytes("filter", std::optional(s.filter));
    line.number("qos", static_cast<unsigned>(s.qos), 0);
    line.flag("no_local", s.no_local);
    line.flag("as_published", s.retain_as_published);
    line.number("retain_handling", static_cast<unsigned>(s.retain_handling), 0);
  }
  return line.take();
}

template <class CodesAck>
std::string text_of_codes(std::string_view name, const CodesAck& p) {
  Line line(name);
  line.number("id", p.packet_id, 0);
  line.bytes("reason_string", p.reason_string);
  line.user(p.user_properties);
  for (const ReasonCode code : p.codes) line.number("code", static_cast<unsigned>(code), 256);
  return line.take();
}

std::string text_of(const Suback& p) {
  return text_of_codes("SUBACK", p);
}
std::string text_of(const Unsuback& p) {
  return text_of_codes("UNSUBACK", p);
}

std::string text_of(const Unsubscribe& p) {
  Line line("UNSUBSCRIBE");
  line.number("id", p.packet_id, 0);
  line.user(p.user_properties);
  for (const std::string_view filter : p.filters) line.bytes("filter", std::optional(filter));
  return line.take();
}

std::string text_of(const Pingreq&) {
  return "PINGREQ";
}
std::string text_of(const Pingresp&) {
  return "PINGRESP";
}

std::string text_of(const Disconnect& p) {
  Line line("DISCONNECT");
  line.reason(p.reason);
  line.number("session_expiry", p.session_expiry_s);
  line.bytes("reason_string", p.reason_string);
  line.bytes("server", p.server_reference);
  line.user(p.user_properties);
  return line.take();
}

std::string text_of(const Auth& p) {
  Line line("AUTH");
  line.reason(p.reason);
  line.bytes("auth_method", p.authentication_method);
  line.bytes("auth_data", p.authentication_data);
  line.bytes("reason_string", p.reason_string);
  line.user(p.user_properties);
  return line.take();
}

int hex_digit(char c) {
  return c <= '9' ? c - '0' : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

}  // namespace

std::string describe(const Packet& packet) {
  return std::visit([](const auto& p) { return text_of(p); }, packet);
}

std::string bytes_from(std::string_view notation) {
  std::string bytes;
  for (std::size_t i = 0; i < notation.size();) {
    if (notation[i] == ' ') {
      ++i;
    } else if (notation[i] == '\'') {
      const std::size_t end = notation.find('\'', i + 1);
      bytes += notation.substr(i + 1, end - i - 1);
      i = end + 1;
    } else {
      bytes += static_cast<char>(hex_digit(notation[i]) * 16 + hex_digit(notation[i + 1]));
      i += 2;
    }
  }
  return bytes;
}

}  // namespace meshmq::mqtt::testing
