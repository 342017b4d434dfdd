// What EMQ X adds to MQTT: delayed publish, topic rewrite, automatic subscriptions.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::Version;

topic::RewritesPtr rewrites(std::initializer_list<std::string_view> texts) {
  std::vector<topic::RewriteRule> rules;
  for (const std::string_view text : texts) rules.push_back(std::move(*topic::RewriteRule::parse(text)));
  return std::make_shared<const topic::Rewrites>(std::move(rules));
}

/// Topics and seconds of what the router was told to keep.
std::string kept(const Harness& h) {
  std::string text;
  for (const auto& [message, due] : h.router.delayed)
    text += std::string(message->topic()) + " in " + std::to_string((due - h.now.wall) / 1000) + "\n";
  return text;
}

// ---------------------------------------------------------------- $delayed/<seconds>/<topic>

TEST(DelayedPublish, IsKeptAndNotPublishedYet) {
  Harness h;
  auto& all = h.connect("all").subscribes("#").subscribes("$delayed/#").ignores();
  auto& a = h.connect("a").publishes("$delayed/15/x/y", "later", 1);
  EXPECT_EQ(kept(h), "x/y in 15\n");
  EXPECT_EQ(h.router.delayed[0].first->payload(), "later");
  EXPECT_EQ(h.router.delayed[0].first->publisher(), "a");
  EXPECT_EQ(a.receives(), "") << "the cluster does not have it yet";
  h.settle_all();
  EXPECT_EQ(a.receives(), "PUBACK id=1\n");
  EXPECT_EQ(all.receives(), "");
  EXPECT_EQ(h.metrics().messages_delayed, 1U);
}

TEST(DelayedPublish, ThatNobodyKeepsIsRefused) {
  Harness h;
  auto& a = h.connect("a").publishes("$delayed/1/t", "", 1).publishes("$delayed/1/t", "", 2);
  h.refuse_all();
  EXPECT_EQ(a.receives(), lines("PUBACK id=1 reason=97", "PUBREC id=2 reason=97"));
  EXPECT_EQ(h.metrics().packets_publish_dropped, 2U);
  // The id of the refused one is free.
  a.next_id = 2;
  EXPECT_EQ(a.publishes("t", "", 2).receives(), "PUBREC id=2 reason=10\n");
}

TEST(DelayedPublish, ThatNobodyKeepsEndsAConnectionThatCannotBeTold) {  // [MQTT-4.8.0-2]
  Harness h;
  auto& a = h.connect("a", Version::v3_1_1);
  a.publishes("$delayed/1/t", "", 1).publishes("$delayed/1/t", "", 2);
  h.refuse_all();
  EXPECT_EQ(a.receives(), "closed: limit\n") << "what is not acknowledged comes again";
  EXPECT_EQ(h.metrics().packets_publish_dropped, 1U) << "the other one found nobody to tell";
}

TEST(DelayedPublish, MustSayWhenAndWhere) {
  Harness h;
  auto& a = h.connect("a").publishes("$delayed/soon/t", "", 1).publishes("$delayed/5", "", 2);
  EXPECT_EQ(a.receives(), lines("PUBACK id=1 reason=90", "PUBREC id=2 reason=90"));
  EXPECT_EQ(a.publishes("$delayed/5", "").receives(), "");
  EXPECT_EQ(kept(h), "");
}

TEST(DelayedPublish, IsATopicLikeOthersIfItIsOff) {
  Config config;
  config.delayed = false;
  Harness h(config);
  auto& all = h.connect("all").subscribes("$delayed/#").ignores();
  h.connect("a").publishes("$delayed/15/x", "now");
  EXPECT_EQ(all.receives(), lines("PUBLISH topic='$delayed/15/x' payload='now'"));
  EXPECT_EQ(kept(h), "");
}

TEST(DelayedPublish, RulesSpeakOfWhereItGoes) {
  Harness h;
  AclRule deny;
  deny.topics.push_back({"secret/#"});
  h.broker.set_access({.everybody = {}, .file = std::make_shared<const AclRules>(AclRules{deny})});
  auto& a = h.connect("a").publishes("$delayed/1/secret/x", "", 1).publishes("$delayed/1/t", "", 1);
  h.settle_all();
  EXPECT_EQ(a.receives(), lines("PUBACK id=1 reason=87", "PUBACK id=2"));
  EXPECT_EQ(kept(h), "t in 1\n");
  auto& w = h.connecting(Connect{.client_id = "w", .will = mqtt::Will{.topic = "$delayed/1/secret/x"}});
  EXPECT_EQ(w.receives(), lines("CONNACK reason=87", "closed: not_authorized"));
}

TEST(DelayedPublish, HoldsForWills) {
  Harness h;
  h.connect(Connect{.client_id = "a", .will = mqtt::Will{.topic = "$delayed/60/w"}}).vanishes();
  h.connect(Connect{.client_id = "b", .will = mqtt::Will{.topic = "$delayed/never/w"}}).vanishes();
  EXPECT_EQ(kept(h), "w in 60\n");
}

TEST(DelayedPublish, LiesBelowTheMountpoint) {
  Config config;
  config.mountpoint = "tenant/";
  Harness h(config);
  h.connect("a").publishes("$delayed/1/t", "");
  EXPECT_EQ(kept(h), "tenant/t in 1\n");
}

// ---------------------------------------------------------------- module.rewrite

TEST(TopicRewrite, PutsAnotherTopicInPlaceOfWhatIsPublished) {
  Config config;
  config.rewrite_publish = rewrites({"x/# ^x/(.+)$ z/%c/$1"});
  Harness h(config);
  auto& all = h.connect("all").subscribes("#").ignores();
  auto& a = h.connect(Connect{.client_id = "a", .will = mqtt::Will{.topic = "x/will"}});
  a.publishes("x/y", "1").publishes("y/y", "2");
  EXPECT_EQ(all.receives(), lines("PUBLISH topic='z/a/y' payload='1'", "PUBLISH topic='y/y' payload='2'"));
  a.sends(mqtt::Publish{.topic = "x/1", .payload = "3", .topic_alias = 1})
      .sends(mqtt::Publish{.payload = "4", .topic_alias = 1});
  EXPECT_EQ(all.receives(), lines("PUBLISH topic='z/a/1' payload='3'", "PUBLISH topic='z/a/1' payload='4'"));
  a.vanishes();
  EXPECT_EQ(all.receives(), "PUBLISH topic='z/a/will'\n");
}

TEST(TopicRewrite, MayDelay) {
  Config config;
  config.rewrite_publish = rewrites({"late/# ^late/(.+)$ $delayed/30/$1"});
  Harness h(config);
  h.connect("a").publishes("late/t", "");
  EXPECT_EQ(kept(h), "t in 30\n");
}

TEST(TopicRewrite, HoldsForSubscribeAndUnsubscribe) {
  Config config;
  config.rewrite_subscribe = rewrites({"x/# ^x/(.+)$ z/$1"});
  Harness h(config);
  auto& a = h.connect("a").subscribes("x/+").subscribes("$share/g/x/1").ignores();
  EXPECT_TRUE(h.router.has_route("z/+"));
  EXPECT_FALSE(h.router.has_route("x/+"));
  h.connect("b").publishes("z/1", "hello").publishes("x/1", "no");
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='z/1' payload='hello'", "PUBLISH topic='z/1' payload='hello'"));
  EXPECT_EQ(a.unsubscribes("x/+").unsubscribes("$share/g/x/1").unsubscribes("z/+").receives(),
            lines("UNSUBACK id=3 code=0", "UNSUBACK id=4 code=0", "UNSUBACK id=5 code=17"));
}

TEST(TopicRewrite, RulesSpeakOfWhatTheClientSays) {
  Config config;
  config.rewrite_publish = config.rewrite_subscribe = rewrites({"x/# ^x/(.+)$ secret/$1"});
  Harness h(config);
  AclRule deny;
  deny.topics.push_back({"secret/#"});
  h.broker.set_access({.everybody = {}, .file = std::make_shared<const AclRules>(AclRules{deny})});
  auto& a = h.connect("a");
  EXPECT_EQ(a.subscribes("x/#").receives(), "SUBACK id=1 code=0\n");
  EXPECT_EQ(a.publishes("x/1", "").receives(), "PUBLISH topic='secret/1'\n");
  EXPECT_EQ(a.subscribes("secret/#").receives(), "SUBACK id=2 code=135\n");
}

// ---------------------------------------------------------------- module.subscription

TEST(AutoSubscription, ComesWithTheConnection) {
  Config config;
  config.auto_subscriptions = {{.filter = "to/%c/%u", .qos = mqtt::QoS::at_least_once},
                               {.filter = "$share/g/work"}};
  Harness h(config);
  auto& a = h.connect(Connect{.client_id = "a", .username = "joe"});
  EXPECT_EQ(a.receives(), "") << "no SUBACK: nobody asked";
  h.connect("b").publishes("to/a/joe", "hi", 1).publishes("work", "do");
  // Who has no user name is subscribed to the second one only.
  EXPECT_EQ(h.broker.subscriptions().size(), 3U);
  const std::string got = a.receives();
  EXPECT_TRUE(got.starts_with("PUBLISH topic='to/a/joe' id=1 qos=1 payload='hi'\n")) << got;
  a.says_goodbye();
  EXPECT_FALSE(h.router.has_route("to/a/joe"));
}

TEST(AutoSubscription, GetsRetainedMessagesAsItIsSaid) {
  Config config;
  config.auto_subscriptions = {{.filter = "r"}};
  Harness h(config);
  h.connect("b").sends(mqtt::Publish{.topic = "r", .payload = "kept", .retain = true});
  auto& a = h.connecting(Connect{.client_id = "a"});
  EXPECT_TRUE(a.receives().ends_with("PUBLISH topic='r' retain payload='kept'\n"));
}

TEST(AutoSubscription, NobodyIsCalledAsAFilter) {
  Config config;
  config.auto_subscriptions = {{.filter = "to/%c"}, {.filter = "of/%u"}};
  Harness h(config);
  h.connect(Connect{.client_id = "#", .username = "+"});
  EXPECT_EQ(h.broker.subscriptions().size(), 0U);
}

/// An operator asks for a client.
class SubscriptionFromOutside : public ::testing::Test {
 protected:
  /// Nothing: there is no answer (yet).
  std::optional<mqtt::ReasonCode> subscribe(std::string_view filter, mqtt::QoS qos) {
    EXPECT_TRUE(h.broker.subscribe("a", filter, qos, ++operation));
    return answer();
  }
  std::optional<mqtt::ReasonCode> answer() {
    const auto answers = h.router.take_subscribed_for();
    if (answers.empty()) return std::nullopt;
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].first, operation);
    return answers[0].second;
  }

  Harness h{Config{.exclusive_subscription = true}};
  Token operation = 0;
};

TEST_F(SubscriptionFromOutside, IsAsIfTheClientHadAsked) {
  auto& a = h.connect("a");
  EXPECT_EQ(subscribe("t/+", mqtt::QoS::at_least_once), mqtt::ReasonCode::granted_qos_1);
  EXPECT_EQ(a.receives(), "") << "no SUBACK";
  h.connect("b").publishes("t/1", "hi", 1);
  EXPECT_EQ(a.receives(), "PUBLISH topic='t/1' id=1 qos=1 payload='hi'\n");
  EXPECT_EQ(subscribe("$share/g/s", mqtt::QoS::at_most_once), mqtt::ReasonCode::success);
  EXPECT_EQ(h.broker.unsubscribe("a", "$share/g/s"), mqtt::ReasonCode::success);
  EXPECT_EQ(h.broker.unsubscribe("a", "t/+"), mqtt::ReasonCode::success);
  EXPECT_EQ(h.broker.unsubscribe("a", "t/+"), mqtt::ReasonCode::no_subscription_existed);
  EXPECT_FALSE(h.router.has_route("t/+"));
  EXPECT_EQ(subscribe("t/#/x", mqtt::QoS::at_most_once), mqtt::ReasonCode::topic_filter_invalid);
}

TEST_F(SubscriptionFromOutside, IsAnsweredWhenItIsKnownWhoHasAnExclusiveOne) {
  h.router.hold_subscribes = true;
  auto& a = h.connect("a");
  EXPECT_EQ(subscribe("$exclusive/t", mqtt::QoS::at_least_once), std::nullopt);
  h.release_subscribes();
  EXPECT_EQ(answer(), mqtt::ReasonCode::granted_qos_1);
  h.router.exclusive_taken = true;
  EXPECT_EQ(subscribe("$exclusive/u", mqtt::QoS::at_least_once), std::nullopt);
  h.release_subscribes();
  EXPECT_EQ(answer(), mqtt::ReasonCode::quota_exceeded);
  EXPECT_EQ(subscribe("$exclusive/v", mqtt::QoS::at_least_once), std::nullopt);
  a.vanishes();
  h.release_subscribes();
  EXPECT_EQ(answer(), mqtt::ReasonCode::quota_exceeded);
}

TEST_F(SubscriptionFromOutside, NeedsAConnection) {
  h.connect(Connect{.clean_start = false, .client_id = "away"}).says_goodbye();
  EXPECT_FALSE(h.broker.subscribe("away", "t", mqtt::QoS::at_most_once, 1));
  EXPECT_EQ(h.broker.unsubscribe("nobody", "t"), std::nullopt);
}

TEST(AutoSubscription, WhatIsNotAllowedIsLeftOut) {
  Config config;
  config.auto_subscriptions = {{.filter = "secret"}, {.filter = "t"}};
  Harness h(config);
  AclRule deny;
  deny.topics.push_back({"secret"});
  h.broker.set_access({.everybody = {}, .file = std::make_shared<const AclRules>(AclRules{deny})});
  h.connect("a");
  ASSERT_EQ(h.broker.subscriptions().size(), 1U);
  EXPECT_EQ(h.broker.subscriptions()[0].filter, "t");
}

}  // namespace
}  // namespace meshmq::broker::testing
