#include "topic/shared_filter.hpp"

#include <gtest/gtest.h>

namespace meshmq::topic {
namespace {

TEST(Shared, IsTakenApartIntoGroupAndFilter) {
  const auto shared = parse_shared("$share/consumer1/sport/+/#");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->group, "consumer1");
  EXPECT_EQ(shared->filter, "sport/+/#");
}

TEST(Shared, KeepsASlashInFrontOfTheFilter) {
  const auto shared = parse_shared("$share/g//finance");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->group, "g");
  EXPECT_EQ(shared->filter, "/finance");
}

TEST(Shared, QueueIsAGroupOfItsOwn) {
  const auto shared = parse_shared("$queue/a/b");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->group, "$queue");
  EXPECT_EQ(shared->filter, "a/b");
}

TEST(Shared, ExclusiveIsAGroupOfItsOwn) {
  const auto shared = parse_shared("$exclusive/a/+");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->group, exclusive_group);
  EXPECT_EQ(shared->filter, "a/+");
  EXPECT_EQ(shared_name(*shared), "$exclusive/a/+");
  // Whichever way it was asked for.
  const auto other = parse_shared("$share/$exclusive/a/+");
  ASSERT_TRUE(other);
  EXPECT_TRUE(is_exclusive(shared_name(*other)));
  EXPECT_FALSE(is_exclusive("$share/g/a"));
}

TEST(Shared, MayShareDollarTopics) {
  const auto shared = parse_shared("$share/g/$SYS/#");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->filter, "$SYS/#");
}

TEST(Shared, NeedsAGroupWithoutWildcardsAndAValidFilter) {
  for (const auto* text : {"$share/", "$share//a", "$share/g", "$share/g/", "$share/g+/a", "$share/#/a",
                           "$share/+/a", "$share/g/a#", "$share/g/a/#/b", "$queue/", "$queue/a+",
                           "$share/\xFF/a", "$exclusive/", "$exclusive/a#"}) {
    EXPECT_TRUE(is_shared(text)) << text;
    EXPECT_FALSE(parse_shared(text)) << text;
  }
}

TEST(Shared, CannotBeNested) {
  EXPECT_FALSE(parse_shared("$share/g/$share/h/a"));
  EXPECT_FALSE(parse_shared("$share/g/$queue/a"));
  EXPECT_FALSE(parse_shared("$queue/$share/h/a"));
}

TEST(Shared, OtherFiltersAreNotShared) {
  for (const auto* text : {"a/b", "$share", "$queue", "$shared/g/a", "share/g/a", "$SYS/#", ""}) {
    EXPECT_FALSE(is_shared(text)) << text;
    EXPECT_FALSE(parse_shared(text)) << text;
  }
}

}  // namespace
}  // namespace meshmq::topic
