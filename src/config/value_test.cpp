#include "config/value.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace meshmq::config {
namespace {

std::optional<std::int64_t> number(Type type, std::string_view text, Range range = {}) {
  const auto value = parse_value(type, text, range, {});
  return value ? std::optional(value->number) : std::nullopt;
}
std::optional<std::int64_t> ms(std::string_view text) {
  return number(Type::duration_ms, text);
}

TEST(Value, DurationsAreNumbersWithUnits) {
  EXPECT_EQ(ms("200ms"), 200);
  EXPECT_EQ(ms("30s"), 30'000);
  EXPECT_EQ(ms("15m"), 900'000);
  EXPECT_EQ(ms("2h"), 7'200'000);
  EXPECT_EQ(ms("1d"), 86'400'000);
  EXPECT_EQ(ms("1w"), 7 * 86'400'000LL);
  EXPECT_EQ(ms("1f"), 14 * 86'400'000LL);
}

TEST(Value, PrioritiesAreNumbersOfTopics) {
  EXPECT_TRUE(parse_priorities("none")->empty());
  const auto two = parse_priorities("a/b=c=10,d=0");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->at(0), std::pair(std::string("a/b=c"), std::uint8_t{10}));
  EXPECT_EQ(two->at(1), std::pair(std::string("d"), std::uint8_t{0}));
  for (const char* text :
       {"", "a", "a=", "=1", "a=256", "a=-1", "a=1,", ",a=1", "a/#=1", "+=1", "none,a=1"}) {
    EXPECT_FALSE(parse_value(Type::priorities, text, {}, {})) << text;
  }
}

TEST(Value, MountpointsAreNoFilters) {
  EXPECT_TRUE(parse_value(Type::mountpoint, "devices/%c/", {}, {}));
  for (const char* text : {"a/+/", "#", "$share/g/", "$queue/"}) {
    EXPECT_FALSE(parse_value(Type::mountpoint, text, {}, {})) << text;
  }
}

TEST(Value, DurationsAddUp) {
  EXPECT_EQ(ms("1m30s"), 90'000);
  EXPECT_EQ(ms("1h1m1s1ms"), 3'661'001);
}

TEST(Value, DurationsMayHaveDecimalsAndAnyCase) {
  EXPECT_EQ(ms(".5s"), 500);
  EXPECT_EQ(ms("0.5s"), 500);
  EXPECT_EQ(ms("1.1s"), 1100);
  EXPECT_EQ(ms("1.5M"), 90'000);
  EXPECT_EQ(ms("10MS"), 10);
}

TEST(Value, DurationsRoundUpToTheUnitOfTheKey) {
  EXPECT_EQ(ms("0.1ms"), 1);
  EXPECT_EQ(ms("1.0001s"), 1001);
  EXPECT_EQ(number(Type::duration_s, "1ms"), 1000);
  EXPECT_EQ(number(Type::duration_s, "1.5s"), 2000);
  EXPECT_EQ(number(Type::duration_s, "3s"), 3000);
}

TEST(Value, DurationsThatAreNone) {
  for (const char* text : {"", "60", "0", "0s", "01s", "s", "1", "1x", "1s2", "-1s", "1 s", "1..5s", "1.s",
                           ".s", "soon", "1e3s", "9999999999999s", "40000000d"}) {
    EXPECT_EQ(ms(text), std::nullopt) << text;
  }
}

TEST(Value, SomeDurationsMayBeBareNumbers) {
  EXPECT_EQ(number(Type::duration_or_integer, "0"), 0);
  EXPECT_EQ(number(Type::duration_or_integer, "240"), 240);
  EXPECT_EQ(number(Type::duration_or_integer, "1s"), 1000);
  EXPECT_EQ(number(Type::duration_or_integer, "x"), std::nullopt);
}

TEST(Value, SizesUseKilobytesOf1024) {
  EXPECT_EQ(number(Type::bytes, "4096"), 4096);
  EXPECT_EQ(number(Type::bytes, "64KB"), 65'536);
  EXPECT_EQ(number(Type::bytes, "1mb"), 1'048'576);
  EXPECT_EQ(number(Type::bytes, "2GB"), 2'147'483'648);
  for (const char* text : {"", "1Mb", "1 MB", "KB", "1.5MB", "1B", "-1", "99999999999GB"}) {
    EXPECT_EQ(number(Type::bytes, text), std::nullopt) << text;
  }
}

TEST(Value, FlagsAndBooleansAreExactWords) {
  EXPECT_EQ(number(Type::flag, "on"), 1);
  EXPECT_EQ(number(Type::flag, "off"), 0);
  EXPECT_EQ(number(Type::flag, "true"), std::nullopt);
  EXPECT_EQ(number(Type::flag, "On"), std::nullopt);
  EXPECT_EQ(number(Type::boolean, "true"), 1);
  EXPECT_EQ(number(Type::boolean, "false"), 0);
  EXPECT_EQ(number(Type::boolean, "on"), std::nullopt);
}

TEST(Value, NumbersKeepTheirRange) {
  EXPECT_EQ(number(Type::integer, "65535", {1, 65535}), 65535);
  EXPECT_EQ(number(Type::integer, "65536", {1, 65535}), std::nullopt);
  EXPECT_EQ(number(Type::integer, "0", {1, 65535}), std::nullopt);
  EXPECT_EQ(number(Type::integer, "-1"), std::nullopt);
  EXPECT_EQ(number(Type::integer, "1x"), std::nullopt);
  EXPECT_EQ(number(Type::percent, "80%"), 80);
  EXPECT_EQ(number(Type::percent, "80"), std::nullopt);
}

TEST(Value, RealNumbers) {
  EXPECT_DOUBLE_EQ(parse_value(Type::real, "0.75", {0, 10}, {})->real, 0.75);
  EXPECT_FALSE(parse_value(Type::real, "nan", {0, 10}, {}));
  EXPECT_FALSE(parse_value(Type::real, "11", {0, 10}, {}));
  EXPECT_FALSE(parse_value(Type::real, "0.75x", {0, 10}, {}));
}

TEST(Value, AddressesArePortsOrHostsWithPorts) {
  const auto address = [](std::string_view text) -> std::pair<std::string, std::int64_t> {
    const auto value = parse_value(Type::address, text, {}, {});
    return value ? std::pair(value->text, value->number) : std::pair(std::string("no"), std::int64_t{-1});
  };
  using Pair = std::pair<std::string, std::int64_t>;
  EXPECT_EQ(address("1883"), Pair("0.0.0.0", 1883));
  EXPECT_EQ(address("0"), Pair("0.0.0.0", 0));
  EXPECT_EQ(address("127.0.0.1:1883"), Pair("127.0.0.1", 1883));
  EXPECT_EQ(address("[::1]:1883"), Pair("::1", 1883));
  EXPECT_EQ(address("broker.example:1883"), Pair("broker.example", 1883));
  for (const char* text :
       {"", ":1883", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:x", "::1:1883", "[]:1", "a:-1"}) {
    EXPECT_EQ(address(text), Pair("no", -1)) << text;
  }
}

TEST(Value, WordsComeFromTheirList) {
  EXPECT_TRUE(parse_value(Type::word, "both", {}, "off file both"));
  EXPECT_FALSE(parse_value(Type::word, "bot", {}, "off file both"));
  EXPECT_FALSE(parse_value(Type::word, "file both", {}, "off file both"));
}

TEST(Value, NodeNamesHaveANameAndAHost) {
  for (const char* text : {"meshmq@127.0.0.1", "a-b_C1@host.example", "n@::1", "n@localhost"}) {
    EXPECT_TRUE(parse_value(Type::node_name, text, {}, {})) << text;
  }
  for (const char* text : {"", "meshmq", "@h", "n@", "a@b@c", "a b@c", "a.b@c", "a@b c", "n@h'"}) {
    EXPECT_FALSE(parse_value(Type::node_name, text, {}, {})) << text;
  }
}

TEST(Value, FailuresSayWhatWasExpected) {
  EXPECT_EQ(parse_value(Type::integer, "x", {1, 5}, {}).error().message, "an integer from 1 to 5");
  EXPECT_EQ(parse_value(Type::word, "x", {}, "a b").error().message, "one of a, b");
}

}  // namespace
}  // namespace meshmq::config
