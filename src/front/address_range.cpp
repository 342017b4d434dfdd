#include "front/address_range.hpp"

#include <algorithm>
#include <charconv>

#include "front/peer_address.hpp"

namespace meshmq::front {

namespace {

/// How many bits at the front are the same.
bool agree(std::string_view a, std::string_view b, unsigned bits) {
  const std::size_t bytes = bits / 8;
  if (a.size() != b.size() || a.substr(0, bytes) != b.substr(0, bytes)) return false;
  if (bits % 8 == 0) return true;
  const auto difference = static_cast<unsigned char>(a[bytes] ^ b[bytes]);
  return difference >> (8 - bits % 8) == 0;
}

std::string_view without_ipv6_clothes(std::string_view raw) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (raw.size() == 16 && raw.starts_with(mapped)) raw.remove_prefix(mapped.size());
  return raw;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  AddressRange range;
  range.address_ = without_ipv6_clothes(*address);
  range.bits_ = static_cast<unsigned>(range.address_.size() * 8);
  if (slash == text.size()) return range;
  const std::string_view bits = text.substr(slash + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), value);
  if (error != std::errc() || end != bits.data() + bits.size() || value > address->size() * 8)
    return std::nullopt;
  // Bits of the clothes do not count.
  const auto clothes = static_cast<unsigned>((address->size() - range.address_.size()) * 8);
  range.bits_ = value < clothes ? 0 : value - clothes;
  return range;
}

bool AddressRange::contains(std::string_view raw_address) const {
  return agree(without_ipv6_clothes(raw_address), address_, bits_);
}

}  // namespace meshmq::front
