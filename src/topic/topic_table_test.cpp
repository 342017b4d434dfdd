#include "topic/topic_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace meshmq::topic {
namespace {

using Table = TopicTable<int>;

std::vector<int> matched(const Table& table, std::string_view topic) {
  std::vector<int> values;
  table.match(topic, [&](const int& value) { values.push_back(value); });
  std::sort(values.begin(), values.end());
  return values;
}

Table& with(Table& table, std::initializer_list<std::string_view> filters) {
  int value = 0;
  for (const auto filter : filters) table.insert(filter).first = ++value;
  return table;
}

TEST(LevelHash, EndsAtTheSeparatorWhereverItStands) {
  for (std::size_t length = 0; length <= 40; ++length) {
    for (std::size_t begin = 0; begin <= 9; ++begin) {
      const std::string level = std::string("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF").substr(0, length);
      const LevelHash alone = hash_level(level, 0, 5);
      EXPECT_EQ(alone.end, length);
      for (const auto* behind : {"", "/", "/x", "/xxxxxxxxxxxx/"}) {
        const LevelHash inside = hash_level(std::string(begin, '/') + level + behind, begin, 5);
        EXPECT_EQ(inside.end, begin + length);
        EXPECT_EQ(inside.hash, alone.hash);
      }
    }
  }
}

TEST(LevelHash, DiffersByTextLengthAndSeed) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (const auto* level :
         {"", "a", "b", "aa", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghabcdefgh", ".", "+"}) {
      hashes.push_back(hash_level(level, 0, seed).hash);
    }
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

TEST(TopicTable, FindsWhatWasInserted) {
  Table table;
  const auto [value, made] = table.insert("a/b");
  EXPECT_TRUE(made);
  EXPECT_EQ(value, 0);
  value = 7;
  table.insert("a/+").first = 8;
  EXPECT_FALSE(table.insert("a/b").second);
  ASSERT_NE(table.find("a/b"), nullptr);
  EXPECT_EQ(*table.find("a/b"), 7);
  EXPECT_EQ(*static_cast<const Table&>(table).find("a/+"), 8);
  EXPECT_EQ(Table::filter_of(*table.find("a/+")), "a/+");
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.find("a/#"), nullptr);
  EXPECT_EQ(table.find("+/b"), nullptr);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.wildcard_count(), 1U);
}

TEST(TopicTable, MatchesExactAndWildcardFiltersTogether) {
  Table table;
  with(table, {"a/b", "a/+", "a/#", "#", "+/b", "+/+", "a/b/#", "a/b/c", "a", "+"});
  EXPECT_EQ(matched(table, "a/b"), (std::vector{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(matched(table, "a"), (std::vector{3, 4, 9, 10}));
  EXPECT_EQ(matched(table, "a/b/c"), (std::vector{3, 4, 7, 8}));
  EXPECT_EQ(matched(table, "x/y/z"), (std::vector{4}));
}

TEST(TopicTable, KeepsWildcardsInFrontAwayFromDollarTopics) {
  Table table;
  with(table, {"#", "+", "+/#", "$SYS/#", "$SYS/+", "+/x"});
  EXPECT_EQ(matched(table, "$SYS/x"), (std::vector{4, 5}));
  EXPECT_EQ(matched(table, "$SYS"), (std::vector{4}));
}

TEST(TopicTable, TellsEmptyLevelsApart) {
  Table table;
  with(table, {"/", "/+", "+/", "+/+", "//", "/#", "+"});
  EXPECT_EQ(matched(table, "/"), (std::vector{1, 2, 3, 4, 6}));
  EXPECT_EQ(matched(table, "//"), (std::vector{5, 6}));
  EXPECT_EQ(matched(table, "a/"), (std::vector{3, 4}));
}

TEST(TopicTable, ErasesOnlyWhatIsThere) {
  Table table;
  with(table, {"a/+", "a/+/#", "a/+/c", "a/b"});
  EXPECT_FALSE(table.erase("a/+/+"));
  EXPECT_FALSE(table.erase("a"));
  EXPECT_TRUE(table.erase("a/+"));
  EXPECT_FALSE(table.erase("a/+"));
  EXPECT_EQ(matched(table, "a/b"), (std::vector{2, 4}));
  EXPECT_TRUE(table.erase("a/b"));
  EXPECT_TRUE(table.erase("a/+/#"));
  EXPECT_EQ(matched(table, "a/b"), std::vector<int>{});
  EXPECT_EQ(matched(table, "a/b/c"), (std::vector{3}));
}

TEST(TopicTable, AnEmptiedTableHoldsNoMemory) {
  Table table;
  EXPECT_EQ(table.memory_bytes(), 0U);
  std::vector<std::string> filters;
  for (int i = 0; i < 3000; ++i) {
    const std::string n = std::to_string(i);
    for (const auto* form : {"e/", "+/", "w/+/", "d/+/x/", "h/"}) filters.push_back(form + n);
    filters.back() += "/#";
  }
  for (const auto& filter : filters) table.insert(filter);
  EXPECT_GT(table.memory_bytes(), 100'000U);
  for (const auto& filter : filters) EXPECT_TRUE(table.erase(filter));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.memory_bytes(), 0U);
  for (const auto& filter : filters) table.insert(filter);
  table.clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.memory_bytes(), 0U);
}

TEST(TopicTable, OneLongLivedFilterDoesNotKeepTheMemoryOfAMillionGone) {
  Table table;
  table.insert("keep/+/me");
  const std::size_t before = table.memory_bytes();
  for (int i = 0; i < 20000; ++i) table.insert("gone/" + std::to_string(i) + "/+");
  for (int i = 0; i < 20000; ++i) table.erase("gone/" + std::to_string(i) + "/+");
  EXPECT_EQ(matched(table, "keep/x/me").size(), 1U);
  // Only the short names of filters (8 bytes each) stay at their high-water mark.
  EXPECT_LT(table.memory_bytes(), before + 20000 * 8 + 4096);
}

TEST(TopicTable, AValueStaysWhereItIs) {
  Table table;
  int* exact = &table.insert("exact").first;
  int* wild = &table.insert("wild/+").first;
  for (int i = 0; i < 5000; ++i) table.insert("wild/+/" + std::to_string(i));
  for (int i = 0; i < 5000; ++i) table.insert("exact/" + std::to_string(i));
  EXPECT_EQ(table.find("exact"), exact);
  EXPECT_EQ(table.find("wild/+"), wild);
}

TEST(TopicTable, ValuesMayOwnMemory) {
  TopicTable<std::unique_ptr<std::vector<int>>> table;
  for (int i = 0; i < 100; ++i)
    table.insert("t/+/" + std::to_string(i)).first = std::make_unique<std::vector<int>>(1, i);
  table.insert("t/a/7").first = std::make_unique<std::vector<int>>(1, 1000);
  table.erase("t/+/8");
  int sum = 0;
  table.match("t/a/7", [&](std::unique_ptr<std::vector<int>>& value) {
    sum += value->at(0);
    value->push_back(0);
  });
  EXPECT_EQ(sum, 1007);
  EXPECT_EQ((*table.find("t/+/7"))->size(), 2U);
}

TEST(TopicTable, VisitsEveryFilterOnceExactOnesFirst) {
  Table table;
  with(table, {"a/+", "a", "#", "b/c"});
  std::vector<std::pair<std::string, int>> all;
  static_cast<const Table&>(table).for_each(
      [&](std::string_view filter, const int& value) { all.emplace_back(filter, value); });
  ASSERT_EQ(all.size(), 4U);
  EXPECT_FALSE(has_wildcard(all[0].first) || has_wildcard(all[1].first));
  std::sort(all.begin(), all.end());
  const std::vector<std::pair<std::string, int>> expected{{"#", 3}, {"a", 2}, {"a/+", 1}, {"b/c", 4}};
  EXPECT_EQ(all, expected);
  int wildcards = 0;
  table.for_each_wildcard([&](std::string_view, int& value) {
    ++wildcards;
    value = -1;
  });
  EXPECT_EQ(wildcards, 2);
  EXPECT_EQ(*table.find("#"), -1);
}

TEST(TopicTable, TheSameHistoryGivesTheSameOrder) {
  const auto run = [] {
    Table table(99);
    Random random(5);
    for (int i = 0; i < 2000; ++i) {
      const std::string filter = (random.percent(50) ? "+/" : "a/") + std::to_string(random.below(500));
      random.percent(60) ? void(table.insert(filter)) : void(table.erase(filter));
    }
    std::string order;
    table.for_each([&](std::string_view filter, int&) { order.append(filter).push_back(' '); });
    return order;
  };
  EXPECT_EQ(run(), run());
}

TEST(TopicTable, CopesWithAsManyLevelsAsAPacketCanHold) {
  Table table;
  std::string topic;
  std::string plus;
  std::string mixed;
  while (topic.size() < 65000) {
    topic += "a/";
    plus += "+/";
    mixed += topic.size() % 4 == 0 ? "+/" : "a/";
  }
  with(table, {topic + "a", plus + "+", mixed + "#", plus + "b", topic + "#"});
  EXPECT_EQ(matched(table, topic + "a"), (std::vector{1, 2, 3, 5}));
  EXPECT_EQ(matched(table, std::string(65535, '/')), std::vector<int>{});
  table.erase(plus + "+");
  table.erase(plus + "b");
  EXPECT_EQ(matched(table, topic + "a"), (std::vector{1, 3, 5}));
}

TEST(TopicTable, AForkAtEveryLevelIsWalkedWithoutDeepRecursion) {
  // Filters a/a/../a/+/a/../a: the literal spine forks into `+` at each of 600 levels.
  constexpr int levels = 600;
  Table table;
  std::string topic = "a";
  for (int i = 1; i < levels; ++i) topic += "/a";
  for (int i = 0; i < levels; ++i) {
    std::string filter = topic;
    filter[static_cast<std::size_t>(i) * 2] = '+';
    table.insert(filter).first = i;
  }
  EXPECT_EQ(matched(table, topic).size(), std::size_t{levels});
}

TEST(TopicTable, TextsWithTheSameHashStayApart) {
  // Eight bytes that multiply whatever came before them by zero, whatever the seed. No valid UTF-8, luckily.
  const std::string zero = "\xDB\x28\xB4\xA0\xD1\x7E\x03\xE7";
  const std::vector<std::string> same{"11111111" + zero, "22222222" + zero, "33333333" + zero};
  ASSERT_EQ(hash_bytes(same[0], 7), hash_bytes(same[1], 7));
  ASSERT_EQ(hash_level(same[0], 0, 7).hash, hash_level(same[1], 0, 7).hash);
  Table table(7);
  int value = 0;
  for (const auto& text : same) {
    for (const auto& filter : {text, "+/" + text, text + "/+", text + "/+/#"})
      table.insert(filter).first = ++value;
  }
  EXPECT_EQ(matched(table, same[1]), (std::vector{5}));
  EXPECT_EQ(matched(table, "x/" + same[2]), (std::vector{10}));
  EXPECT_EQ(matched(table, same[0] + "/x"), (std::vector{3, 4}));
  EXPECT_TRUE(table.erase(same[1] + "/+"));
  EXPECT_FALSE(table.erase(same[1] + "/+"));
  EXPECT_TRUE(table.erase(same[1]));
  EXPECT_EQ(matched(table, same[1] + "/x"), (std::vector{8}));
  EXPECT_EQ(matched(table, same[0] + "/x"), (std::vector{3, 4}));
  EXPECT_EQ(matched(table, same[2] + "/x"), (std::vector{11, 12}));
  EXPECT_EQ(matched(table, same[0]), (std::vector{1}));
  for (const auto& text : same) {
    for (const auto& filter : {text, "+/" + text, text + "/+", text + "/+/#"}) table.erase(filter);
  }
  EXPECT_EQ(table.memory_bytes(), 0U);
}

/// Random filters and topics over few words, so that many of them meet.
class Words {
 public:
  explicit Words(std::uint64_t seed) : random_(seed) {}

  std::string topic() {
    std::string text;
    const auto levels = 1 + random_.below(6);
    for (std::uint64_t i = 0; i < levels; ++i) text += (i == 0 ? "" : "/") + std::string(word(i));
    return text.empty() ? "a" : text;
  }
  std::string filter() {
    std::string text;
    const auto levels = 1 + random_.below(6);
    for (std::uint64_t i = 0; i < levels; ++i) {
      if (i != 0) text += '/';
      const bool last = i + 1 == levels;
      text += last && random_.percent(25) ? "#" : random_.percent(35) ? "+" : word(i);
    }
    return text.empty() ? "+" : text;
  }
  Random& random() { return random_; }

 private:
  std::string_view word(std::uint64_t level) {
    static constexpr std::string_view words[] = {"a", "b", "", "long level name", "$x", "\xC3\xA9"};
    return words[random_.below(level == 0 ? 5 : 6)];
  }

  Random random_;
};

void check_against_model(std::uint64_t seed) {
  Words words(seed);
  Table table(seed);
  std::map<std::string, int> model;
  int next = 0;
  for (int step = 0; step < 4000; ++step) {
    const std::string filter = words.filter();
    ASSERT_TRUE(is_valid_filter(filter));
    // Alternating tides of growth and shrinking.
    if (words.random().percent(step / 1000 % 2 == 0 ? 80 : 25)) {
      const auto [value, made] = table.insert(filter);
      ASSERT_EQ(made, !model.contains(filter));
      if (made) model[filter] = value = ++next;
    } else {
      ASSERT_EQ(table.erase(filter), model.erase(filter) != 0);
    }
    ASSERT_EQ(table.size(), model.size());
    const std::string topic = words.topic();
    std::vector<int> expected;
    for (const auto& [f, value] : model) {
      if (matches(f, topic)) expected.push_back(value);
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(matched(table, topic), expected) << "seed " << seed << " step " << step << " topic " << topic;
  }
  for (const auto& [filter, value] : model) {
    ASSERT_EQ(*table.find(filter), value);
    ASSERT_TRUE(table.erase(filter));
  }
  ASSERT_EQ(table.memory_bytes(), 0U);
}

TEST(TopicTable, AgreesWithTheDefinitionOfMatching) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) check_against_model(seed);
}

}  // namespace
}  // namespace meshmq::topic
