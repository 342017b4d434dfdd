#pragma once
// One pass over a level of a topic: where it ends, and its hash.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.hpp"

namespace meshmq::topic {

struct LevelHash {
  std::uint64_t hash;
  std::size_t end;  ///< of the separator behind the level, or the size of the topic
};

/// Hashes the level that starts at `begin`, which may be the topic's size (an empty level behind the last
/// separator). Eight bytes at a time, because levels of different lengths make branches that no processor
/// guesses. Never leaves the process, unlike hash_bytes().
inline LevelHash hash_level(std::string_view topic, std::size_t begin, std::uint64_t seed) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t separators = ones * '/';
  for (std::size_t at = begin;; at += 8) {
    std::uint64_t word;
    const std::size_t left = topic.size() - at;
    if (left >= 8) {
      std::memcpy(&word, topic.data() + at, 8);
      if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    } else {
      word = hash_tail(topic.data() + at, left) | std::uint64_t{'/'} << (left * 8);
    }
    const std::uint64_t difference = word ^ separators;
    // The lowest bit that is set here belongs to the first byte without difference.
    const std::uint64_t found = (difference - ones) & ~difference & (ones << 7);
    if (found == 0) {
      seed = hash_mix(seed, word);
      continue;
    }
    const auto length = static_cast<std::size_t>(std::countr_zero(found)) / 8;
    const std::uint64_t rest = word & ((std::uint64_t{1} << (length * 8)) - 1);
    return {hash_mix(seed + length + 1, rest), at + length};
  }
}

}  // namespace meshmq::topic
