#pragma once
// The table of MQTT 5 properties: type on the wire and values allowed ([MQTT5 2.2.2.2]). Internal to this
// room.

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

/// PropertyType::none for ids that MQTT does not define.
PropertyTraits traits_of(PropertyId id);

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
