#include "node/retained_store.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
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

TEST(RetainedStore, ANewMessageReplacesTheOldOneAndAnEmptyOneDeletes) {
  RetainedStore store;
  EXPECT_TRUE(store.store(retained("a", "1")));
  EXPECT_FALSE(store.store(retained("a", "2")));
  EXPECT_EQ(store.find("a")->payload(), "2");
  EXPECT_TRUE(store.store(retained("a", "")));
  EXPECT_EQ(store.size(), 0U);
  EXPECT_FALSE(store.store(retained("a", "")));
}

TEST(RetainedStore, LooksUpWildcards) {
  RetainedStore store;
  for (const char* topic : {"a", "a/x", "a/x-y", "a/x/c", "a/y/c", "a/y/c/d", "b", "/", "a/", "$SYS/a"}) {
    store.store(retained(topic));
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
      if (store.store(retained(topic))) all.push_back(topic);
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
  store.store(retained("a", "x", 1));
  store.store(retained("b"));
  EXPECT_EQ(topics(store.match("#", 999)), "a b ");
  EXPECT_EQ(topics(store.match("#", 1000)), "b ");
  EXPECT_EQ(store.expire(1000), 1U);
  EXPECT_EQ(store.remove("#"), 1U);
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace meshmq::node
