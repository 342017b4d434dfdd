#pragma once
// The table of MQTT 5 properties: type on the wire and values allowed ([MQTT5 2.2.2.2]). Internal to this
// room.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.hpp"
#include "mqtt/properties.hpp"

namespace meshmq::mqtt {

enum class PropertyType : std::uint8_t { none, byte, u16, u32, varint, text, binary, pair };

/// Rule for the number, whatever packet it stands in.
enum class PropertyRange : std::uint8_t { any, zero_or_one, not_zero };

struct PropertyTraits {
  PropertyType type = PropertyType::none;
  PropertyRange range = PropertyRange::any;
};

inline constexpr std::size_t property_id_end = 0x2B;

constexpr std::array<PropertyTraits, property_id_end> make_property_table() {
  std::array<PropertyTraits, property_id_end> table{};
  const auto set = [&table](PropertyId id, PropertyType type, PropertyRange range = PropertyRange::any) {
    table[static_cast<std::size_t>(id)] = {type, range};
  };
  using enum PropertyId;
  set(payload_format_indicator, PropertyType::byte, PropertyRange::zero_or_one);
  set(message_expiry_interval, PropertyType::u32);
  set(content_type, PropertyType::text);
  set(response_topic, PropertyType::text);
  set(correlation_data, PropertyType::binary);
  set(subscription_identifier, PropertyType::varint, PropertyRange::not_zero);
  set(session_expiry_interval, PropertyType::u32);
  set(assigned_client_identifier, PropertyType::text);
  set(server_keep_alive, PropertyType::u16);
  set(authentication_method, PropertyType::text);
  set(authentication_data, PropertyType::binary);
  set(request_problem_information, PropertyType::byte, PropertyRange::zero_or_one);
  set(will_delay_interval, PropertyType::u32);
  set(request_response_information, PropertyType::byte, PropertyRange::zero_or_one);
  set(response_information, PropertyType::text);
  set(server_reference, PropertyType::text);
  set(reason_string, PropertyType::text);
  set(receive_maximum, PropertyType::u16, PropertyRange::not_zero);
  set(topic_alias_maximum, PropertyType::u16);
  set(topic_alias, PropertyType::u16, PropertyRange::not_zero);
  set(maximum_qos, PropertyType::byte, PropertyRange::zero_or_one);
  set(retain_available, PropertyType::byte, PropertyRange::zero_or_one);
  set(user_property, PropertyType::pair);
  set(maximum_packet_size, PropertyType::u32, PropertyRange::not_zero);
  set(wildcard_subscription_available, PropertyType::byte, PropertyRange::zero_or_one);
  set(subscription_identifier_available, PropertyType::byte, PropertyRange::zero_or_one);
  set(shared_subscription_available, PropertyType::byte, PropertyRange::zero_or_one);
  return table;
}

inline constexpr std::array<PropertyTraits, property_id_end> property_table = make_property_table();

/// PropertyType::none for ids that MQTT does not define.
constexpr PropertyTraits traits_of(PropertyId id) {
  const auto index = static_cast<std::size_t>(id);
  return index < property_table.size() ? property_table[index] : PropertyTraits{};
}

/// A set of property ids; all of them are below 64.
using PropertySet = std::uint64_t;

constexpr PropertySet set_of(std::initializer_list<PropertyId> ids) {
  PropertySet set = 0;
  for (const PropertyId id : ids) set |= PropertySet{1} << static_cast<unsigned>(id);
  return set;
}
constexpr bool contains(PropertySet set, PropertyId id) {
  const auto bit = static_cast<unsigned>(id);
  return bit < 64 && (set >> bit & 1) != 0;
}

/// [MQTT5 1.5.5] A variable byte integer: at most four bytes, in its shortest form. False if it is none.
bool read_varint(ByteReader& in, std::uint32_t& value);

/// Bytes that a variable byte integer takes.
constexpr std::size_t varint_size(std::size_t value) {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

/// Reads one property of any known kind. False if the id is unknown or the bytes are cut short. Checks no
/// contents.
bool read_property(ByteReader& in, Property& property);

}  // namespace meshmq::mqtt
