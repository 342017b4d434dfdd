#include "topic/filter.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace meshmq::topic {
namespace {

constexpr std::size_t topic_bytes_max = 65535;

std::uint64_t word_at(std::string_view text, std::size_t at) {
  std::uint64_t word;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

/// Length of the run of ASCII without NUL at the front, looked at eight bytes at a time.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t highs = 0x8080808080808080ULL;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const std::uint64_t word = word_at(text, i);
    // (word - ones) borrows into a high bit exactly if some byte is 0, given that no high bit is set.
    if (((word | (word - ones)) & highs) != 0) break;
  }
  while (i < text.size() && text[i] > 0) ++i;
  return i;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Bytes of the well-formed multi-byte sequence at the front (Unicode table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;   // overlong
    if (lead == 0xED) high = 0x9F;  // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;   // overlong
    if (lead == 0xF4) high = 0x8F;  // above U+10FFFF
  }
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return length;
}

bool has_valid_size_and_text(std::string_view topic) {
  return !topic.empty() && topic.size() <= topic_bytes_max && is_valid_utf8(topic);
}

bool is_whole_level(std::string_view filter, std::size_t at) {
  return (at == 0 || filter[at - 1] == '/') && (at + 1 == filter.size() || filter[at + 1] == '/');
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

bool is_valid_name(std::string_view name) {
  return has_valid_size_and_text(name) && name.find_first_of("+#") == std::string_view::npos;
}

bool is_valid_filter(std::string_view filter) {
  if (!has_valid_size_and_text(filter)) return false;
  for (std::size_t at = 0; at < filter.size(); ++at) {
    if (filter[at] == '#' && (at + 1 != filter.size() || !is_whole_level(filter, at))) return false;
    if (filter[at] == '+' && !is_whole_level(filter, at)) return false;
  }
  return true;
}

bool has_wildcard(std::string_view filter) {
  for (std::size_t at = 0; at < filter.size(); ++at) {
    if ((filter[at] == '+' || filter[at] == '#') && is_whole_level(filter, at)) return true;
  }
  return false;
}

bool matches(std::string_view filter, std::string_view name) {
  if (filter.empty() || name.empty()) return false;
  if (name[0] == '$' && (filter[0] == '+' || filter[0] == '#')) return false;
  std::size_t f = 0;
  std::size_t n = 0;
  while (f < filter.size()) {
    // Names have no wildcards, so where eight bytes are the same there is none in the filter either.
    while (f + 8 <= filter.size() && n + 8 <= name.size() && word_at(filter, f) == word_at(name, n)) {
      f += 8;
      n += 8;
    }
    if (f == filter.size()) break;
    const char c = filter[f];
    if (c == '#') return true;
    if (c == '+') {
      while (n < name.size() && name[n] != '/') ++n;
    } else if (n < name.size() && name[n] == c) {
      ++n;
    } else {
      // [MQTT5 4.7.1.2] `#` includes the parent level: sport/tennis/# matches sport/tennis.
      return n == name.size() && filter.substr(f) == "/#";
    }
    ++f;
  }
  return n == name.size();
}

std::size_t level_count(std::string_view topic) {
  return static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/')) + 1;
}

}  // namespace meshmq::topic
