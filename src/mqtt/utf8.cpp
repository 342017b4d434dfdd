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

/// Bit 7 of some byte is set if a byte of the word is 0; never if none is. Other bits mean nothing.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - ones) & ~word;
}

/// Bit 7 of some byte is set if one is NUL or not ASCII.
constexpr std::uint64_t odd_bytes(std::uint64_t word) {
  return word | zero_bytes(word);
}

/// Bit 7 of some byte is set if one is an ASCII control character, NUL among them.
constexpr std::uint64_t control_bytes(std::uint64_t word) {
  return ((word - ones * 0x20) & ~word) | zero_bytes(word ^ ones * 0x7F);
}

/// Bit 7 of some byte is set if one is a wildcard: `+` and `#` differ in bit 3 only.
constexpr std::uint64_t wildcard_bytes(std::uint64_t word) {
  static_assert(('#' | 0x08) == '+');
  return zero_bytes((word | ones * 0x08) ^ ones * '+');
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

/// A word with the bytes of fewer than eight; some may appear twice, and what is left over is an innocent
/// letter.
std::uint64_t load_short(const char* p, std::size_t size) {
  if (size >= 4) {
    std::uint32_t front;
    std::uint32_t back;
    std::memcpy(&front, p, sizeof front);
    std::memcpy(&back, p + size - 4, sizeof back);
    return std::uint64_t{back} << 32 | front;
  }
  if (size == 0) return ones * 'a';
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(p[i])}; };
  return (ones * 'a') << 24 | byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
}

/// What a text is made of; bit 7 of any byte counts, as above.
struct Findings {
  std::uint64_t odd = 0;
  std::uint64_t control = 0;
  std::uint64_t wild = 0;

  void add(std::uint64_t word) {
    odd |= odd_bytes(word);
    control |= control_bytes(word);
    wild |= wildcard_bytes(word);
  }
};

Findings inspect(std::string_view text) {
  Findings findings;
  const char* p = text.data();
  const std::size_t size = text.size();
  if (size < 8) {
    findings.add(load_short(p, size));
    return findings;
  }
  for (std::size_t at = 0; at + 8 < size; at += 8) findings.add(load_word(p + at));
  // The last word overlaps the one before.
  findings.add(load_word(p + size - 8));
  return findings;
}

bool is_plain_ascii(const Findings& findings) {
  return (findings.odd & high_bits) == 0;
}

bool is_well_formed(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && (odd_bytes(load_word(text.data() + at)) & high_bits) == 0) {
      at += 8;
    } else if (is_plain_ascii(text[at])) {
      ++at;
    } else {
      const std::size_t length = multibyte_length(text.substr(at));
      if (length == 0) return false;
      at += length;
    }
  }
  return true;
}

/// U+0080 to U+009F in a text that is well-formed: C2 is always the first of two bytes there.
bool has_c1_control(std::string_view text) {
  constexpr char first = '\xC2';
  for (std::size_t at = text.find(first); at != std::string_view::npos; at = text.find(first, at + 2)) {
    if (static_cast<std::uint8_t>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

NameText judge(std::string_view name, const Findings& findings) {
  const bool is_ascii = is_plain_ascii(findings);
  if (!is_ascii && !is_well_formed(name)) return NameText::bad_utf8;
  const bool has_control = (findings.control & high_bits) != 0 || (!is_ascii && has_c1_control(name));
  return has_control ? NameText::has_control : NameText::valid;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  return is_plain_ascii(inspect(text)) || is_well_formed(text);
}

NameText check_name(std::string_view name) {
  return judge(name, inspect(name));
}

TopicText check_topic_text(std::string_view topic) {
  const Findings findings = inspect(topic);
  return {judge(topic, findings), (findings.wild & high_bits) != 0};
}

}  // namespace meshmq::mqtt
