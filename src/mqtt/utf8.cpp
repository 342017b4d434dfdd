#include "mqtt/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace meshmq::mqtt {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101ULL;
constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

std::uint64_t load_word(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Not 0 if some byte of the word is 0. May also flag a byte above one that is 0, which does not matter here.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - ones) & ~word & high_bits;
}

constexpr std::uint64_t bytes_equal_to(std::uint64_t word, char c) {
  return zero_bytes(word ^ (ones * static_cast<std::uint8_t>(c)));
}

constexpr std::uint64_t not_plain_ascii(std::uint64_t word) {
  return (word & high_bits) | zero_bytes(word);
}

constexpr bool is_plain_ascii(char c) {
  return static_cast<signed char>(c) > 0;
}

bool is_continuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80;
}

/// Bytes of the well-formed character at the front of `text` that is not ASCII; 0 if there is none.
std::size_t multibyte_length(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<std::uint8_t>(text[1]);
  if (first == 0xE0 && second < 0xA0) return 0;   // overlong
  if (first == 0xED && second >= 0xA0) return 0;  // surrogates
  if (first == 0xF0 && second < 0x90) return 0;   // overlong
  if (first == 0xF4 && second >= 0x90) return 0;  // above U+10FFFF
  return length;
}

bool is_valid_from(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_plain_ascii(text[at])) {
      ++at;
      continue;
    }
    const std::size_t length = multibyte_length(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 8 && not_plain_ascii(load_word(text.data() + at)) == 0) at += 8;
  return is_valid_from(text, at);
}

TopicText check_topic_text(std::string_view topic) {
  const char* p = topic.data();
  std::size_t left = topic.size();
  std::uint64_t odd = 0;
  std::uint64_t wild = 0;
  for (; left >= 8; p += 8, left -= 8) {
    const std::uint64_t word = load_word(p);
    odd |= not_plain_ascii(word);
    wild |= bytes_equal_to(word, '+') | bytes_equal_to(word, '#');
  }
  for (; left > 0; ++p, --left) {
    odd |= is_plain_ascii(*p) ? 0 : 1;
    wild |= (*p == '+' || *p == '#') ? 1 : 0;
  }
  if (odd != 0 && !is_valid_utf8(topic)) return TopicText::bad_utf8;
  return wild != 0 ? TopicText::has_wildcard : TopicText::valid;
}

}  // namespace meshmq::mqtt
