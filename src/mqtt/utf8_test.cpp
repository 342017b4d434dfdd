#include "mqtt/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshmq::mqtt {
namespace {

/// The character's encoding by the book, whatever the number is.
std::string encoded(std::uint32_t c) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)),
          byte(0x80 | (c & 0x3F))};
}

TEST(Utf8, EveryCharacterButNulAndSurrogatesIsValid) {
  for (std::uint32_t c = 1; c < 0x120000; ++c) {
    const bool is_character = (c < 0xD800 || c > 0xDFFF) && c <= 0x10FFFF;
    ASSERT_EQ(is_valid_utf8(encoded(c)), is_character) << c;
  }
}

TEST(Utf8, IllFormedSequencesAreRefusedAtAnyPlace) {
  const std::string_view bad[] = {"\x80",
                                  "\xC0\x80",
                                  "\xC1\xBF",
                                  "\xC3",
                                  "\xC3(",
                                  "\xE0\x9F\xBF",
                                  "\xE2\x82",
                                  "\xE2(\xA1",
                                  "\xED\xA0\x80",
                                  "\xF0\x8F\xBF\xBF",
                                  "\xF0\x9F\x98",
                                  "\xF4\x90\x80\x80",
                                  "\xF5\x80\x80\x80",
                                  "\xFE",
                                  "\xFF",
                                  std::string_view("\0", 1)};
  for (const std::string_view sequence : bad) {
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'a').append(sequence).append("bc");
      EXPECT_FALSE(is_valid_utf8(text)) << before;
      EXPECT_EQ(check_name(text), NameText::bad_utf8) << before;
      EXPECT_EQ(check_topic_text(text).name, NameText::bad_utf8) << before;
    }
  }
}

TEST(Utf8, EmptyTextIsValid) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_EQ(check_name(""), NameText::valid);
  EXPECT_EQ(check_topic_text("").name, NameText::valid);
  EXPECT_FALSE(check_topic_text("").has_wildcard);
}

TEST(NameText, ControlCharactersAreFoundAtAnyPlace) {
  for (std::uint32_t c = 1; c < 0x300; ++c) {
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'a').append(encoded(c)).append("bc");
      ASSERT_EQ(check_name(text), is_control ? NameText::has_control : NameText::valid) << c << ' ' << before;
      ASSERT_EQ(check_topic_text(text).name, check_name(text)) << c << ' ' << before;
    }
  }
  EXPECT_EQ(check_name("\x1F\xFF"), NameText::bad_utf8);
}

TEST(TopicText, WildcardsAreFoundAtAnyPlace) {
  for (std::size_t size = 1; size < 30; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string topic(size, 'x');
      ASSERT_FALSE(check_topic_text(topic).has_wildcard);
      topic[at] = '+';
      ASSERT_TRUE(check_topic_text(topic).has_wildcard) << size << ' ' << at;
      topic[at] = '#';
      ASSERT_TRUE(check_topic_text(topic).has_wildcard) << size << ' ' << at;
    }
  }
}

TEST(TopicText, NeighboursOfWildcardsInTheAlphabetAreValid) {
  EXPECT_FALSE(check_topic_text("\"$*,\"$*,\"$*,/\xC3\xA4").has_wildcard);
  EXPECT_TRUE(check_topic_text("\xE2\x82\xAC/aaaaaaaaaaa/+").has_wildcard);
}

}  // namespace
}  // namespace meshmq::mqtt
