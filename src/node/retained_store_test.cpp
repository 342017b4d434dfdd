#include "node/retained_store.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "node/lww_rows.hpp"
#include "topic/filter.hpp"

namespace meshmq::node {
namespace {

mqtt::MessagePtr retained(std::string_view topic, std::string_view payload = "x",
                          std::uint32_t expiry_s = 0xFFFFFFFF) {
  return mqtt::Message::make({.topic = topic, .payload = payload, .retain = true, .expiry_s = expiry_s});
}

std::string topics(const std::vector<mqtt::MessagePtr>& messages) {
  std::string result;
  for (const auto& m : messages) result += std::string(m->topic()) + " ";
  return result;
}

cluster::RowStamp at(std::uint64_t time) {
  return {time << 16, 1};
}

TEST(RetainedStore, ANewMessageReplacesTheOldOneAndAnEmptyOneDeletes) {
  RetainedStore store;
  EXPECT_TRUE(store.store(retained("a", "1"), at(1)));
  EXPECT_TRUE(store.store(retained("a", "2"), at(2)));
  EXPECT_EQ(store.find("a")->payload(), "2");
  EXPECT_TRUE(store.store(retained("a", ""), at(3)));
  EXPECT_EQ(store.size(), 0U);
  EXPECT_TRUE(store.match("#", 0).empty());
}

TEST(RetainedStore, TheLaterWriterWinsInAnyOrder) {
  RetainedStore one;
  RetainedStore other;
  const auto first = retained("a", "first");
  const auto gone = retained("a", "");
  const auto last = retained("a", "last");
  one.store(first, at(1));
  one.store(gone, at(2));
  one.store(last, {at(2).time, 2});
  other.store(last, {at(2).time, 2});
  EXPECT_FALSE(other.store(gone, at(2)));
  EXPECT_FALSE(other.store(first, at(1)));
  EXPECT_EQ(one.find("a")->payload(), "last");
  EXPECT_EQ(other.find("a")->payload(), "last");
  EXPECT_EQ(one.digests(), other.digests());
}

TEST(RetainedStore, TravelsToAnotherNodeRowByRow) {
  RetainedStore from;
  RetainedStore to;
  for (int i = 0; i < 100; ++i) from.store(retained("t/" + std::to_string(i)), at(1));
  from.store(retained("t/7", ""), at(2));
  to.store(retained("t/8", "newer"), at(9));
  cluster::BucketSet all;
  all.set();
  from.for_each(all, [&](std::string_view key, cluster::RowStamp stamp, std::string_view value) {
    to.apply(key, stamp, value);
  });
  EXPECT_EQ(to.size(), 99U);
  EXPECT_FALSE(to.find("t/7"));
  EXPECT_EQ(to.find("t/8")->payload(), "newer");
  to.for_each(all, [&](std::string_view key, cluster::RowStamp stamp, std::string_view value) {
    from.apply(key, stamp, value);
  });
  EXPECT_EQ(from.digests(), to.digests());
  EXPECT_FALSE(to.apply("t/9", at(20), "nonsense"));
}

TEST(RetainedStore, LooksUpWildcards) {
  RetainedStore store;
  for (const char* topic : {"a", "a/x", "a/x-y", "a/x/c", "a/y/c", "a/y/c/d", "b", "/", "a/", "$SYS/a"}) {
    store.store(retained(topic), at(1));
  }
  EXPECT_EQ(topics(store.match("a/+/c", 0)), "a/x/c a/y/c ");
  EXPECT_EQ(topics(store.match("a/+", 0)), "a/ a/x a/x-y ");
  EXPECT_EQ(topics(store.match("a/#", 0)), "a a/ a/x a/x/c a/x-y a/y/c a/y/c/d ");
  EXPECT_EQ(topics(store.match("+", 0)), "a b ");
  EXPECT_EQ(topics(store.match("$SYS/#", 0)), "$SYS/a ");
  EXPECT_EQ(topics(store.match("+/+", 0)), "/ a/ a/x a/x-y ");
  EXPECT_EQ(store.match("#", 0).size(), 9U);
}

TEST(RetainedStore, AgreesWithTheDefinitionOnRandomTopics) {
  Random random(7);
  const auto word = [&](bool filter) {
    static const char* const words[] = {"", "a", "b", "ab", "a-", "$x"};
    if (filter && random.percent(30)) return std::string("+");
    return std::string(words[random.below(6)]);
  };
  const auto path = [&](bool filter) {
    std::string result = word(filter);
    const auto levels = random.below(4);
    for (std::uint64_t i = 0; i < levels; ++i) result += "/" + word(filter);
    if (filter && random.percent(20)) result += "/#";
    return result;
  };
  for (int round = 0; round < 300; ++round) {
    RetainedStore store;
    std::vector<std::string> all;
    for (int i = 0; i < 20; ++i) {
      const std::string topic = path(false);
      if (topic.empty()) continue;
      if (!store.find(topic) && store.store(retained(topic), at(1))) all.push_back(topic);
    }
    const std::string filter = random.percent(5) ? "#" : path(true);
    if (filter.empty()) continue;
    std::size_t expected = 0;
    for (const std::string& topic : all) expected += topic::matches(filter, topic) ? 1 : 0;
    EXPECT_EQ(store.match(filter, 0).size(), expected) << filter;
  }
}

TEST(RetainedStore, ExpiredMessagesAreNotFoundAndGoAway) {
  RetainedStore store;
  store.store(retained("a", "x", 1), at(0));
  store.store(retained("b"), at(0));
  store.store(retained("c", ""), at(0));
  EXPECT_EQ(topics(store.match("#", 999)), "a b ");
  EXPECT_EQ(topics(store.match("#", 1000)), "b ");
  std::string forgotten;
  const auto note = [&](std::string_view topic) { forgotten += topic; };
  store.store(retained("a", "x", 1000), at(1));
  store.expire(1000, note);
  EXPECT_EQ(forgotten, "") << "it was written again, for longer";
  store.expire(LwwRows::tombstone_keep.count(), note);
  EXPECT_EQ(forgotten, "ac");
  EXPECT_EQ(store.size(), 1U);
  RetainedStore same;
  same.store(retained("b"), at(0));
  EXPECT_EQ(store.digests(), same.digests());
}

TEST(RetainedStore, AMessageWithoutExpiryMayHaveTheNodes) {
  RetainedStore store(std::chrono::seconds(5));
  store.store(retained("a"), at(0));
  store.store(retained("b", "x", 10), at(0));
  store.store(retained("c", "x", 1), at(0));
  EXPECT_EQ(topics(store.match("#", 999)), "a b c ");
  EXPECT_EQ(topics(store.match("#", 4999)), "a b ");
  EXPECT_EQ(topics(store.match("#", 5000)), "b ");
  store.expire(9999, [](std::string_view) {});
  EXPECT_EQ(store.size(), 1U);
}

}  // namespace
}  // namespace meshmq::node
