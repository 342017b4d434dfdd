#include "topic/delayed_topic.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshmq::topic {
namespace {

constexpr WallMillis now = 1'700'000'000'500;

TEST(DelayedTopic, TellsWhenAndWhere) {
  const auto soon = parse_delayed("$delayed/15/x/y", now);
  ASSERT_TRUE(soon);
  EXPECT_EQ(soon->topic, "x/y");
  EXPECT_EQ(soon->due, now + 15'000);
  EXPECT_EQ(parse_delayed("$delayed/0/x", now)->due, now);
  EXPECT_EQ(parse_delayed("$delayed/4294966/x", now)->due, now + 4'294'966'000);
}

TEST(DelayedTopic, MayTellATimeOfDay) {
  EXPECT_EQ(parse_delayed("$delayed/1700000060/x", now)->due, 1'700'000'060'000);
  // Over.
  EXPECT_EQ(parse_delayed("$delayed/1600000000/x", now)->due, 1'600'000'000'000);
  EXPECT_TRUE(parse_delayed("$delayed/1704294967/x", now));
  EXPECT_FALSE(parse_delayed("$delayed/1704294968/x", now));
}

TEST(DelayedTopic, MustBeComplete) {
  for (const char* text : {"$delayed/", "$delayed/5", "$delayed/5/", "$delayed//x", "$delayed/x/y",
                           "$delayed/-1/x", "$delayed/1.5/x", "$delayed/+1/x", "$delayed/99999999999/x",
                           "$delayed/5/a+", "$delayed/5/$delayed/5/x", "$delayed5/x", "x"})
    EXPECT_FALSE(parse_delayed(text, now)) << text;
}

TEST(DelayedTopic, RulesAreAskedAboutWhereItGoes) {
  EXPECT_EQ(final_topic("$delayed/5/a/b"), "a/b");
  EXPECT_EQ(final_topic("$delayed/1700000060/a"), "a");
  EXPECT_EQ(final_topic("$delayed/never/a"), "a");
  EXPECT_EQ(final_topic("$delayed/5"), "$delayed/5");
  EXPECT_EQ(final_topic("a/b"), "a/b");
}

}  // namespace
}  // namespace meshmq::topic
