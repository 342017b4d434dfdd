#include "topic/filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshmq::topic {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsAsciiAndEveryLengthOfSequence) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("plain ascii, longer than a machine word"));
  EXPECT_TRUE(is_valid_utf8("\x7F"));
  EXPECT_TRUE(is_valid_utf8("\xC2\x80 \xDF\xBF"));
  EXPECT_TRUE(is_valid_utf8("\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF"));
  EXPECT_TRUE(is_valid_utf8("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
  EXPECT_TRUE(is_valid_utf8("\xEF\xBB\xBF with a mark of byte order"));
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  EXPECT_FALSE(is_valid_utf8("\x80"));              // continuation alone
  EXPECT_FALSE(is_valid_utf8("\xC2"));              // cut short
  EXPECT_FALSE(is_valid_utf8("\xC2z"));             // no continuation
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));          // cut short
  EXPECT_FALSE(is_valid_utf8("\xE2\x82z"));         // no second continuation
  EXPECT_FALSE(is_valid_utf8("\xF0\x9F\x98"));      // cut short
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));          // overlong NUL
  EXPECT_FALSE(is_valid_utf8("\xC1\xBF"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xE0\x9F\xBF"));      // overlong
  EXPECT_FALSE(is_valid_utf8("\xF0\x8F\xBF\xBF"));  // overlong
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xFF"));
}

TEST(Utf8, RefusesSurrogatesAndNul) {
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xED\xBF\xBF"));
  EXPECT_FALSE(is_valid_utf8("a\0b"sv));
}

TEST(Utf8, FindsABadByteAtEveryOffsetOfALongText) {
  for (std::size_t length = 1; length <= 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      EXPECT_TRUE(is_valid_utf8(text));
      text[at] = '\0';
      EXPECT_FALSE(is_valid_utf8(text)) << length << " " << at;
      text[at] = '\xFF';
      EXPECT_FALSE(is_valid_utf8(text)) << length << " " << at;
    }
  }
}

TEST(Name, IsOneTo65535BytesWithoutWildcards) {
  EXPECT_TRUE(is_valid_name("a"));
  EXPECT_TRUE(is_valid_name("/"));
  EXPECT_TRUE(is_valid_name("/finance"));
  EXPECT_TRUE(is_valid_name("Accounts payable"));
  EXPECT_TRUE(is_valid_name("$SYS/x"));
  EXPECT_TRUE(is_valid_name(std::string(65535, 'a')));
  EXPECT_FALSE(is_valid_name(""));
  EXPECT_FALSE(is_valid_name(std::string(65536, 'a')));
  EXPECT_FALSE(is_valid_name("a/+"));
  EXPECT_FALSE(is_valid_name("a/#"));
  EXPECT_FALSE(is_valid_name("a+b"));
  EXPECT_FALSE(is_valid_name("a\0"sv));
  EXPECT_FALSE(is_valid_name("a\xFF"));
}

TEST(Filter, HasWildcardsAsWholeLevelsOnly) {
  EXPECT_TRUE(is_valid_filter("#"));
  EXPECT_TRUE(is_valid_filter("+"));
  EXPECT_TRUE(is_valid_filter("sport/tennis/#"));
  EXPECT_TRUE(is_valid_filter("+/tennis/#"));
  EXPECT_TRUE(is_valid_filter("sport/+/player1"));
  EXPECT_TRUE(is_valid_filter("/+"));
  EXPECT_TRUE(is_valid_filter("+/+"));
  EXPECT_TRUE(is_valid_filter("//#"));
  EXPECT_TRUE(is_valid_filter("a//b"));
  EXPECT_FALSE(is_valid_filter(""));
  EXPECT_FALSE(is_valid_filter("sport/tennis#"));
  EXPECT_FALSE(is_valid_filter("sport/tennis/#/ranking"));
  EXPECT_FALSE(is_valid_filter("#/"));
  EXPECT_FALSE(is_valid_filter("##"));
  EXPECT_FALSE(is_valid_filter("sport+"));
  EXPECT_FALSE(is_valid_filter("+sport"));
  EXPECT_FALSE(is_valid_filter("a/++/b"));
  EXPECT_FALSE(is_valid_filter("a/+#"));
  EXPECT_FALSE(is_valid_filter(std::string(65536, 'a')));
  EXPECT_FALSE(is_valid_filter("a/\xC0\x80"));
}

TEST(Filter, KnowsWhetherItHasAWildcard) {
  EXPECT_TRUE(has_wildcard("#"));
  EXPECT_TRUE(has_wildcard("a/+/b"));
  EXPECT_TRUE(has_wildcard("a/b/+"));
  EXPECT_FALSE(has_wildcard("a/b"));
  EXPECT_FALSE(has_wildcard(""));
  EXPECT_FALSE(has_wildcard("a+b"));
}

TEST(Match, IsLiteralWithoutWildcards) {
  EXPECT_TRUE(matches("a/b", "a/b"));
  EXPECT_FALSE(matches("a/b", "a/B"));
  EXPECT_FALSE(matches("a/b", "a/b/c"));
  EXPECT_FALSE(matches("a/b/c", "a/b"));
  EXPECT_FALSE(matches("a", "/a"));
  EXPECT_FALSE(matches("/a", "a"));
  EXPECT_FALSE(matches("a/", "a"));
  EXPECT_FALSE(matches("a", "a/"));
}

TEST(Match, HashTakesTheParentAndAllBelow) {
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1"));
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
  EXPECT_TRUE(matches("sport/#", "sport"));
  EXPECT_TRUE(matches("sport/#", "sport/"));
  EXPECT_FALSE(matches("sport/#", "sports"));
  EXPECT_FALSE(matches("sport/a/#", "sport"));
  EXPECT_TRUE(matches("#", "a"));
  EXPECT_TRUE(matches("#", "/"));
  EXPECT_TRUE(matches("/#", "/a"));
  EXPECT_FALSE(matches("/#", "a"));
  EXPECT_TRUE(matches("+/#", "a"));
  EXPECT_TRUE(matches("a/+/#", "a/b"));
  EXPECT_FALSE(matches("a/+/#", "a"));
}

TEST(Match, PlusTakesExactlyOneLevelEvenAnEmptyOne) {
  EXPECT_TRUE(matches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(matches("sport/+", "sport"));
  EXPECT_TRUE(matches("sport/+", "sport/"));
  EXPECT_TRUE(matches("+/+", "/finance"));
  EXPECT_TRUE(matches("/+", "/finance"));
  EXPECT_FALSE(matches("+", "/finance"));
  EXPECT_TRUE(matches("+/+", "/"));
  EXPECT_TRUE(matches("+/+/+", "//"));
  EXPECT_FALSE(matches("+/+", "//"));
  EXPECT_TRUE(matches("a//b", "a//b"));
  EXPECT_TRUE(matches("a/+/b", "a//b"));
}

TEST(Match, AWildcardInFrontDoesNotTakeDollarTopics) {
  EXPECT_FALSE(matches("#", "$SYS/broker"));
  EXPECT_FALSE(matches("+/broker", "$SYS/broker"));
  EXPECT_FALSE(matches("+/#", "$SYS/broker"));
  EXPECT_FALSE(matches("+", "$SYS"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS/broker"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS"));
  EXPECT_TRUE(matches("$SYS/+", "$SYS/broker"));
  EXPECT_TRUE(matches("a/#", "a/$b"));
  EXPECT_TRUE(matches("a/+", "a/$b"));
}

TEST(Match, ComparesBytesWithoutNormalising) {
  EXPECT_TRUE(matches("\xC3\xA9/+", "\xC3\xA9/x"));
  EXPECT_FALSE(matches("\xC3\xA9", "e\xCC\x81"));
}

TEST(Levels, AreSeparatorsPlusOne) {
  EXPECT_EQ(level_count("a"), 1U);
  EXPECT_EQ(level_count("/"), 2U);
  EXPECT_EQ(level_count("a/b/#"), 3U);
  EXPECT_FALSE(has_more_levels("a/b/c", 3));
  EXPECT_TRUE(has_more_levels("a/b/c", 2));
  EXPECT_TRUE(has_more_levels("//", 2));
  EXPECT_FALSE(has_more_levels("//", 3));
  EXPECT_FALSE(has_more_levels("a/b/c", 0));
}

}  // namespace
}  // namespace meshmq::topic
