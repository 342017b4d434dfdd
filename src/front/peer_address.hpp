#pragma once
// Addresses of clients as text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::front {

/// 4 or 16 bytes as `10.0.0.1:1234` or `[::1]:1234`; an IPv4 address in IPv6 clothes as IPv4.
std::string format_peer(std::string_view raw_address, std::uint16_t port);
/// The 4 or 16 bytes of a literal address. `[::1]` is allowed.
std::optional<std::string> parse_address(std::string_view text);
/// 0 to 65535, in decimal and without sign or blanks.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace meshmq::front
