#include "mqtt/property_section.hpp"

#include "mqtt/utf8.hpp"

namespace meshmq::mqtt {

PropertySection::PropertySection(ByteReader& in, PropertySet allowed, PropertySet repeatable)
    : allowed_(allowed), repeatable_(repeatable) {
  std::uint32_t length = 0;
  if (!read_varint(in, length) || length > in.rest().size()) {
    refuse(ReasonCode::malformed_packet, "property length does not fit the packet");
    return;
  }
  bytes_ = in.bytes(length);
  rest_ = ByteReader(bytes_);
}

const Property* PropertySection::next() {
  if (rest_.at_end()) return nullptr;
  const std::string_view before = rest_.rest();
  if (!read_property(rest_, current_)) {
    return refuse(ReasonCode::malformed_packet, "property unknown or cut short");
  }
  raw_ = before.substr(0, before.size() - rest_.rest().size());
  return check();
}

const Property* PropertySection::check() {
  const PropertyTraits traits = traits_of(current_.id);
  if (!contains(allowed_, current_.id)) {
    return refuse(ReasonCode::malformed_packet, "property not allowed in this packet");
  }
  if (contains(seen_, current_.id) && !contains(repeatable_, current_.id)) {
    return refuse(ReasonCode::protocol_error, "property repeated");
  }
  if (!has_valid_text(traits.type)) return refuse(ReasonCode::malformed_packet, "property is not UTF-8");
  if (traits.range == PropertyRange::zero_or_one && current_.number > 1) {
    return refuse(ReasonCode::protocol_error, "property is neither 0 nor 1");
  }
  if (traits.range == PropertyRange::not_zero && current_.number == 0) {
    if (current_.id == PropertyId::topic_alias)
      return refuse(ReasonCode::topic_alias_invalid, "topic alias 0");
    return refuse(ReasonCode::protocol_error, "property may not be 0");
  }
  seen_ |= set_of({current_.id});
  return &current_;
}

bool PropertySection::has_valid_text(PropertyType type) const {
  if (type == PropertyType::text) return is_valid_utf8(current_.bytes);
  if (type == PropertyType::pair) return is_valid_utf8(current_.key) && is_valid_utf8(current_.bytes);
  return true;
}

const Property* PropertySection::refuse(ReasonCode reason, std::string_view text) {
  fault_ = {reason, text};
  rest_ = ByteReader({});
  return nullptr;
}

}  // namespace meshmq::mqtt
