#pragma once
// The property section of one packet, read and checked property by property. Internal to this room.

#include <string_view>

#include "base/bytes.hpp"
#include "mqtt/packet_rules.hpp"
#include "mqtt/property_traits.hpp"

namespace meshmq::mqtt {

/// Takes the length and the properties from the front of `in` ([MQTT5 2.2.2]).
/// Checks: the length, known ids, ids allowed here, no repetition ([MQTT5 2.2.2.2]), UTF-8, range of numbers.
/// After a violation next() returns nullptr and fault() says what it was.
class PropertySection {
 public:
  /// Properties in `allowed` may be there; each once, except those in `repeatable`.
  PropertySection(ByteReader& in, PropertySet allowed,
                  PropertySet repeatable = set_of({PropertyId::user_property}));

  /// The next property, or nullptr at the end. Valid until the next call.
  const Property* next();
  /// The encoded bytes of the property that next() returned last.
  std::string_view raw() const { return raw_; }
  /// All encoded properties.
  std::string_view bytes() const { return bytes_; }
  const Fault& fault() const { return fault_; }

 private:
  const Property* check();
  bool has_valid_text(PropertyType type) const;
  const Property* refuse(ReasonCode reason, std::string_view text);

  ByteReader rest_{{}};
  std::string_view bytes_;
  std::string_view raw_;
  PropertySet allowed_;
  PropertySet repeatable_;
  PropertySet seen_ = 0;
  Property current_;
  Fault fault_;
};

}  // namespace meshmq::mqtt
