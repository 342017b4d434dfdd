#pragma once
// Numbers in parameters and between nodes.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace meshmq::rest {

/// Nothing if it is not a number from end to end.
inline std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace meshmq::rest
