#pragma once
// Base64 as SASL mechanisms write it (RFC 4648, section 4).

#include <optional>
#include <string>
#include <string_view>

namespace meshmq::sasl {

std::string to_base64(std::string_view bytes);
/// Nothing unless it is what to_base64() writes: padded, without blanks, no stray bits.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace meshmq::sasl
