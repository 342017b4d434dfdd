// What rules mean for one client.

#include "broker/client_acl.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace meshmq::broker {
namespace {

constexpr AclClient dashboard{.client_id = "d1", .username = "dashboard", .address = {"\x0A\0\0\1", 4}};
constexpr AclClient local{.client_id = "l1", .username = "", .address = {"\x7F\0\0\1", 4}};
constexpr AclClient other{.client_id = "o1", .username = "joe", .address = {"\x0A\0\0\2", 4}};

AclWho user(std::string name) {
  return {.kind = AclWho::Kind::username, .text = std::move(name)};
}
AclWho client(std::string id) {
  return {.kind = AclWho::Kind::client_id, .text = std::move(id)};
}
AclWho address(std::string_view range) {
  return {.kind = AclWho::Kind::address, .range = *front::AddressRange::parse(range)};
}
AclRule rule(bool allow, AclWho who, AclAction action, std::vector<AclTopic> topics) {
  return {.allow = allow, .who = std::move(who), .action = action, .topics = std::move(topics)};
}
AclRule everything(bool allow) {
  return {.allow = allow, .everywhere = true};
}

ClientAclPtr acl_for(const AclClient& of, AclRules rules, bool otherwise = true) {
  const AclRulesPtr layers[] = {std::make_shared<const AclRules>(std::move(rules))};
  return ClientAcl::make(layers, of, otherwise);
}

/// EMQ X 4.3's shipped acl.conf.
AclRules shipped() {
  return {rule(true, user("dashboard"), AclAction::subscribe, {{"$SYS/#"}}),
          rule(true, address("127.0.0.1"), AclAction::pubsub, {{"$SYS/#"}, {"#"}}),
          rule(false, {}, AclAction::subscribe, {{"$SYS/#"}, {"#", true}}), everything(true)};
}

TEST(ClientAcl, TheShippedRulesMeanWhatTheySay) {
  const auto d = acl_for(dashboard, shipped());
  EXPECT_TRUE(d->may_subscribe("$SYS/#"));
  EXPECT_TRUE(d->may_subscribe("$SYS/brokers"));
  EXPECT_FALSE(d->may_subscribe("#"));
  EXPECT_TRUE(d->may_publish("$SYS/x"));
  const auto l = acl_for(local, shipped());
  EXPECT_TRUE(l->may_subscribe("#"));
  EXPECT_TRUE(l->may_subscribe("$SYS/#"));
  const auto o = acl_for(other, shipped());
  EXPECT_FALSE(o->may_subscribe("#"));
  EXPECT_FALSE(o->may_subscribe("$SYS/#"));
  EXPECT_FALSE(o->may_subscribe("$SYS/brokers/+/version"));
  EXPECT_TRUE(o->may_subscribe("a/#"));
  EXPECT_TRUE(o->may_subscribe("+/#"));
  EXPECT_TRUE(o->may_publish("anything"));
}

TEST(ClientAcl, TheFirstRuleThatSpeaksDecides) {
  const auto acl = acl_for(
      other, {rule(false, {}, AclAction::publish, {{"a/b"}}), rule(true, {}, AclAction::pubsub, {{"a/+"}}),
              rule(false, {}, AclAction::pubsub, {{"a/#"}})});
  EXPECT_FALSE(acl->may_publish("a/b"));
  EXPECT_TRUE(acl->may_publish("a/c"));
  EXPECT_FALSE(acl->may_publish("a/c/d"));
  EXPECT_FALSE(acl->may_publish("a"));
  EXPECT_TRUE(acl->may_publish("b"));
  EXPECT_TRUE(acl->may_subscribe("a/b"));
}

TEST(ClientAcl, WhereNoRuleSpeaksTheDefaultHolds) {
  EXPECT_TRUE(acl_for(other, {}, true)->may_publish("a"));
  EXPECT_FALSE(acl_for(other, {}, false)->may_publish("a"));
  const AclRules rules = {rule(true, user("joe"), AclAction::publish, {{"a"}})};
  EXPECT_TRUE(acl_for(other, rules, false)->may_publish("a"));
  EXPECT_FALSE(acl_for(other, rules, false)->may_subscribe("a"));
  EXPECT_FALSE(acl_for(dashboard, rules, false)->may_publish("a"));
}

TEST(ClientAcl, WhoIsAskedInAllForms) {
  const auto means = [](const AclWho& who, const AclClient& of) { return who.means(of); };
  EXPECT_TRUE(means(client("o1"), other));
  EXPECT_FALSE(means(client("o1"), local));
  EXPECT_FALSE(means(user(""), local));
  EXPECT_TRUE(means(address("10.0.0.0/8"), other));
  EXPECT_FALSE(means(address("10.0.0.0/8"), local));
  EXPECT_FALSE(means(address("0.0.0.0/0"), {.client_id = "x", .username = "", .address = ""}));
  const AclWho both{.kind = AclWho::Kind::all_of, .parts = {user("joe"), address("10.0.0.2")}};
  EXPECT_TRUE(means(both, other));
  EXPECT_FALSE(means(both, dashboard));
  const AclWho either{.kind = AclWho::Kind::one_of, .parts = {user("joe"), client("d1")}};
  EXPECT_TRUE(means(either, other));
  EXPECT_TRUE(means(either, dashboard));
  EXPECT_FALSE(means(either, local));
}

TEST(ClientAcl, PlaceholdersStandForTheClientsOwnNames) {
  const AclRules rules = {rule(true, {}, AclAction::pubsub, {{"c/%c/#"}, {"u/%u"}, {"x%c"}, {"e/%c", true}}),
                          everything(false)};
  const auto o = acl_for(other, rules);
  EXPECT_TRUE(o->may_publish("c/o1/x"));
  EXPECT_TRUE(o->may_subscribe("c/o1/#"));
  EXPECT_FALSE(o->may_publish("c/d1/x"));
  EXPECT_TRUE(o->may_publish("u/joe"));
  EXPECT_FALSE(o->may_publish("xo1"));
  EXPECT_TRUE(o->may_publish("x%c"));
  EXPECT_TRUE(o->may_publish("e/%c"));
  // Without a username `u/%u` names no topic.
  EXPECT_FALSE(acl_for(local, rules)->may_publish("u/"));
  EXPECT_FALSE(acl_for(local, rules)->may_publish("u/%u"));
}

TEST(ClientAcl, NamesThatLookLikeFiltersOpenNothing) {
  const AclRules rules = {rule(true, {}, AclAction::pubsub, {{"c/%c"}}), everything(false)};
  for (const char* id : {"+", "#", "a/b", "+/x"}) {
    const auto acl = acl_for({.client_id = id, .username = "", .address = ""}, rules);
    EXPECT_FALSE(acl->may_publish("c/victim")) << id;
    EXPECT_FALSE(acl->may_publish("c/a/b")) << id;
    EXPECT_FALSE(acl->may_subscribe("c/+")) << id;
    EXPECT_FALSE(acl->may_subscribe("c/#")) << id;
  }
}

TEST(ClientAcl, AnAllowedFilterHoldsNoMoreThanTheRules) {
  const auto allow = acl_for(other, {rule(true, {}, AclAction::subscribe, {{"a/+"}}), everything(false)});
  EXPECT_TRUE(allow->may_subscribe("a/b"));
  EXPECT_TRUE(allow->may_subscribe("a/+"));
  EXPECT_FALSE(allow->may_subscribe("a/#"));
  EXPECT_FALSE(allow->may_subscribe("+/b"));
  EXPECT_FALSE(allow->may_subscribe("#"));
  const auto deny = acl_for(other, {rule(false, {}, AclAction::subscribe, {{"a/+"}})});
  EXPECT_FALSE(deny->may_subscribe("a/b"));
  EXPECT_FALSE(deny->may_subscribe("a/#"));
  EXPECT_TRUE(deny->may_subscribe("a"));
}

TEST(AclFilter, TakesLevelByLevel) {
  struct Example {
    const char* filter;
    const char* topic;
    bool takes;
  };
  for (const auto& [filter, topic, takes] : std::initializer_list<Example>{{"a", "a", true},
                                                                           {"a", "b", false},
                                                                           {"a", "a/b", false},
                                                                           {"a/b", "a", false},
                                                                           {"a/", "a", false},
                                                                           {"a/", "a/", true},
                                                                           {"a/#", "a", true},
                                                                           {"a/#", "ab", false},
                                                                           {"+", "a", true},
                                                                           {"+", "a/b", false},
                                                                           {"+", "", true},
                                                                           {"+/+", "/", true},
                                                                           {"#", "$SYS/x", true},
                                                                           {"+/x", "$SYS/x", true},
                                                                           {"a/#", "a/+/c", true},
                                                                           {"a/#", "a/#", true},
                                                                           {"a/b", "a/+", false},
                                                                           {"a/b", "a/#", false}}) {
    EXPECT_EQ(acl_filter_takes(filter, topic, true), takes) << filter << " " << topic;
    EXPECT_EQ(acl_filter_takes(filter, topic, false), takes) << filter << " " << topic;
  }
  EXPECT_FALSE(acl_filter_takes("a/+", "a/#", true));
  EXPECT_TRUE(acl_filter_takes("a/+", "a/#", false));
}

}  // namespace
}  // namespace meshmq::broker
