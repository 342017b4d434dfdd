#pragma once
// Words of RFC 6455.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace meshmq::front {

enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Why a connection is closed (RFC 6455, 7.4.1); those that we send.
enum class WsCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_payload = 1007,
  too_big = 1009,
};

/// Of the payload of ping, pong and close.
inline constexpr std::size_t ws_control_bytes_max = 125;

/// Undoes (or does) the masking of `size` bytes, the first of which is number `at` of its frame. Four words
/// at a time: memory is the limit, not this.
inline void ws_unmask(char* bytes, std::size_t size, const unsigned char (&mask)[4], std::uint64_t at) {
  unsigned char pattern[8];
  for (unsigned i = 0; i < 8; ++i) pattern[i] = mask[(at + i) % 4];
  std::uint64_t key = 0;
  std::memcpy(&key, pattern, sizeof key);
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    std::uint64_t words[4];
    std::memcpy(words, bytes + i, sizeof words);
    for (std::uint64_t& word : words) word ^= key;
    std::memcpy(bytes + i, words, sizeof words);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ pattern[i % 8]);
}

}  // namespace meshmq::front
