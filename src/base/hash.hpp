#pragma once
// One 64-bit hash for tables and digests. Stable across nodes and builds: it travels on the wire in digests.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace meshmq {

__extension__ using Uint128 = unsigned __int128;

/// Mixes two words into one (finaliser of murmur3 over a 128-bit product).
inline std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Uint128>(a ^ 0x9e3779b97f4a7c15ULL) * (b ^ 0xe7037ed1a0b428dbULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The last bytes of a text, fewer than 8, as a little-endian number; without a call to memcpy of unknown
/// size.
inline std::uint64_t hash_tail(const char* p, std::size_t n) {
  if (n >= 4) {
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + n - 4, 4);
    return low | std::uint64_t{high} << ((n - 4) * 8);
  }
  if (n == 0) return 0;
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(p[i])} << (i * 8); };
  return byte(0) | byte(n / 2) | byte(n - 1);
}

/// Hashes bytes; `seed` keys it where outsiders choose the input (tables of topics and client ids).
inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0) {
  std::uint64_t h = seed ^ (bytes.size() * 0xa0761d6478bd642fULL);
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  while (n >= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    h = hash_mix(h, word);
    p += 8;
    n -= 8;
  }
  return hash_mix(h ^ n, hash_tail(p, n));
}

/// For unordered containers keyed by std::string and looked up by std::string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return hash_bytes(s); }
};

}  // namespace meshmq
