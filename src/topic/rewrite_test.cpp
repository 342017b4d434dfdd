#include "topic/rewrite.hpp"

#include <gtest/gtest.h>

namespace meshmq::topic {
namespace {

Rewrites rules(std::initializer_list<std::string_view> texts) {
  std::vector<RewriteRule> parsed;
  for (const std::string_view text : texts) {
    auto rule = RewriteRule::parse(text);
    EXPECT_TRUE(rule) << text;
    if (rule) parsed.push_back(std::move(*rule));
  }
  return Rewrites(std::move(parsed));
}

std::string become(const Rewrites& rules, std::string_view topic, const ClientNames& names = {}) {
  std::string storage;
  return std::string(rules.apply(topic, names, storage));
}

std::string error_of(std::string_view text) {
  const auto rule = RewriteRule::parse(text);
  return rule ? "" : rule.error().message;
}

TEST(Rewrite, TheLastRuleThatSpeaksOfATopicIsTheOnlyOneThatIsTried) {
  const Rewrites three =
      rules({"y/+/z/# ^y/(.+)/z/(.+)$ y/z/$2", R"(x/# ^x/y/(.+)$ z/y/x/$1)", R"(x/y/+ ^x/y/(\d+)$ z/y/$1)"});
  EXPECT_EQ(become(three, "y/def"), "y/def");
  EXPECT_EQ(become(three, "y/a/z/b"), "y/z/b");
  EXPECT_EQ(become(three, "x/1/2"), "x/1/2");
  EXPECT_EQ(become(three, "x/y/2"), "z/y/2");
  // The third speaks of it and does not fit; the second would.
  EXPECT_EQ(become(three, "x/y/z"), "x/y/z");
  EXPECT_EQ(become(three, "x/y/z/1"), "z/y/x/z/1");
}

TEST(Rewrite, FiltersAreRewrittenLikeTopics) {
  const Rewrites one = rules({"x/# ^x/(.+)$ z/$1"});
  EXPECT_EQ(become(one, "x/+/b/#"), "z/+/b/#");
  EXPECT_EQ(become(one, "y/#"), "y/#");
}

TEST(Rewrite, TheTargetMayNameTheClient) {
  const Rewrites one = rules({"in/# ^in/(.+)$ of/%c/%u/$1"});
  EXPECT_EQ(become(one, "in/a", {"c1", "joe"}), "of/c1/joe/a");
  EXPECT_EQ(become(one, "in/%c", {"$1", "joe"}), "of/$1/joe/%c");
  EXPECT_EQ(become(one, "in/a", {"c1", ""}), "of/c1/%u/a");
  EXPECT_EQ(become(one, "in/a", {"+", "joe"}), "in/a");
}

TEST(Rewrite, WhatWouldBeNoTopicStaysAsItIs) {
  const Rewrites one = rules({"x/# ^x/(.*)$ $1"});
  EXPECT_EQ(become(one, "x/"), "x/");
  EXPECT_EQ(become(one, "x/y"), "y");
  // A name must not become a filter.
  EXPECT_EQ(become(rules({"x/# x z/#"}), "x/y"), "x/y");
  EXPECT_EQ(become(rules({"x/# x z/#"}), "x/+"), "z/#");
  const Rewrites longer = rules({"# ^(.*)$ $1/$1"});
  const std::string topic(40'000, 'a');
  EXPECT_EQ(become(longer, topic), topic);
}

TEST(Rewrite, ARuleHasThreePartsThatFit) {
  EXPECT_EQ(error_of("a/# ^a$ b"), "");
  EXPECT_EQ(error_of("  a/#\t^a$   b  "), "");
  for (const char* text : {"", "a/#", "a/# ^a$", "a/# ^a$ b c"})
    EXPECT_EQ(error_of(text), "a topic filter, a regular expression and a target, with blanks between")
        << text;
  EXPECT_EQ(error_of("a#/b ^a$ b"), "a valid topic filter first");
  EXPECT_TRUE(error_of("a ^(a$ b").starts_with("a valid regular expression: missing )"));
  EXPECT_EQ(error_of("a ^(a)$ b/$2"), "no more $ than the expression has groups");
  EXPECT_EQ(error_of("a ^(a)$ b#"), "a valid topic or filter as the target");
  EXPECT_TRUE(error_of("a (?=a) b").starts_with("a valid regular expression: "));
}

}  // namespace
}  // namespace meshmq::topic
