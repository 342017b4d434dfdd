#include "mqtt/properties.hpp"

#include "base/assert.hpp"
#include "mqtt/property_traits.hpp"

namespace meshmq::mqtt {

namespace {

void append_id(ByteWriter& w, PropertyId id) {
  w.u8(static_cast<std::uint8_t>(id));
}

}  // namespace

bool read_varint(ByteReader& in, std::uint32_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const std::uint8_t byte = in.u8();
    value |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return in.ok() && (byte != 0 || shift == 0);
  }
  return false;
}

bool read_property(ByteReader& in, Property& property) {
  property = {};
  property.id = static_cast<PropertyId>(in.u8());
  switch (traits_of(property.id).type) {
    case PropertyType::none:
      return false;
    case PropertyType::byte:
      property.number = in.u8();
      break;
    case PropertyType::u16:
      property.number = in.u16();
      break;
    case PropertyType::u32:
      property.number = in.u32();
      break;
    case PropertyType::varint:
      return read_varint(in, property.number);
    case PropertyType::text:
    case PropertyType::binary:
      property.bytes = in.bytes16();
      break;
    case PropertyType::pair:
      property.key = in.bytes16();
      property.bytes = in.bytes16();
      break;
  }
  return in.ok();
}

PropertyList::Iterator& PropertyList::Iterator::operator++() {
  ByteReader in(rest_);
  at_end_ = rest_.empty() || !read_property(in, current_);
  rest_ = in.rest();
  return *this;
}

std::optional<Property> PropertyList::find(PropertyId id) const {
  for (const Property& property : *this) {
    if (property.id == id) return property;
  }
  return std::nullopt;
}

void append_byte_property(std::string& out, PropertyId id, std::uint8_t value) {
  ByteWriter w(out);
  append_id(w, id);
  w.u8(value);
}

void append_u16_property(std::string& out, PropertyId id, std::uint16_t value) {
  ByteWriter w(out);
  append_id(w, id);
  w.u16(value);
}

void append_u32_property(std::string& out, PropertyId id, std::uint32_t value) {
  ByteWriter w(out);
  append_id(w, id);
  w.u32(value);
}

void append_varint_property(std::string& out, PropertyId id, std::uint32_t value) {
  ByteWriter w(out);
  append_id(w, id);
  w.varint(value);
}

void append_string_property(std::string& out, PropertyId id, std::string_view value) {
  MESHMQ_ASSERT(value.size() <= 0xFFFF, "MQTT strings have 16-bit lengths");
  ByteWriter w(out);
  append_id(w, id);
  w.bytes16(value);
}

void append_user_property(std::string& out, std::string_view key, std::string_view value) {
  MESHMQ_ASSERT(key.size() <= 0xFFFF && value.size() <= 0xFFFF, "MQTT strings have 16-bit lengths");
  ByteWriter w(out);
  append_id(w, PropertyId::user_property);
  w.bytes16(key);
  w.bytes16(value);
}

}  // namespace meshmq::mqtt
