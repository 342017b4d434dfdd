#pragma once
// Ranges of IP addresses as people write them.

#include <optional>
#include <string>
#include <string_view>

namespace meshmq::front {

/// `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. Bits behind the mask do not count. An IPv4 address in IPv6
/// clothes counts as IPv4.
class AddressRange {
 public:
  /// Nothing if the text is no address.
  static std::optional<AddressRange> parse(std::string_view text);

  /// The address as 4 or 16 bytes; anything else is in no range.
  bool contains(std::string_view raw_address) const;

 private:
  std::string address_;  ///< 4 or 16 bytes
  unsigned bits_ = 0;    ///< of the address that must agree
};

}  // namespace meshmq::front
