// "Why does this client (not) get this message": every answer is shown beside the delivery that it speaks of.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

std::string text_of(const std::vector<ExplainStep>& steps) {
  std::string text;
  for (const ExplainStep& step : steps) text += (step.ok ? "+ " : "- ") + step.step + ": " + step.text + "\n";
  return text;
}

class ExplainingTest : public ::testing::Test {
 protected:
  std::string delivery(const std::string& topic, int qos = 0, const std::string& publisher = "") {
    return text_of(h.broker.explain_delivery({"a", topic, static_cast<mqtt::QoS>(qos), publisher}, h.now));
  }
  std::string publish(const std::string& topic, int qos = 0, const std::string& publisher = "") {
    return text_of(h.broker.explain_publish({"a", topic, static_cast<mqtt::QoS>(qos), publisher}, h.now));
  }
  static mqtt::Connect lasting() {
    mqtt::Connect packet{.client_id = "a"};
    packet.clean_start = false;
    packet.session_expiry_s = 1000;
    return packet;
  }

  Harness h;
};

TEST_F(ExplainingTest, NobodyKnowsTheClient) {
  EXPECT_EQ(delivery("x"), "");
}

TEST_F(ExplainingTest, AMessageThatArrives) {
  auto& a = h.connect("a").subscribes("x/#", 1).ignores();
  const std::uint64_t checked = h.metrics().client_check_acl;
  EXPECT_EQ(delivery("x/1", 2),
            "+ session: connected from 10.0.0.1:40000, MQTT 5.0\n"
            "+ subscription: 'x/#' matches\n"
            "+ qos: published at QoS 2, subscribed at QoS 1: delivered at QoS 1\n"
            "+ window: 0 of 32 messages wait for an acknowledgement (zone.*.max_inflight, Receive Maximum)\n"
            "+ queue: sent at once\n");
  EXPECT_EQ(h.metrics().client_check_acl, checked) << "a question is no check";
  EXPECT_EQ(a.receives(), "");
}

TEST_F(ExplainingTest, NoSubscriptionMatches) {
  h.connect("a").subscribes("x/+").ignores();
  EXPECT_EQ(delivery("x/1/2"),
            "+ session: connected from 10.0.0.1:40000, MQTT 5.0\n"
            "- subscription: none of its 1 subscriptions matches 'x/1/2'\n");
}

TEST_F(ExplainingTest, ThePublisherWantsNothingOfItsOwn) {
  h.connect("a").subscribes(mqtt::Subscription{.filter = "x", .no_local = true}).ignores();
  EXPECT_NE(delivery("x", 0, "a").find("- no local: "), std::string::npos);
  EXPECT_EQ(delivery("x", 0, "b").find("no local"), std::string::npos);
}

TEST_F(ExplainingTest, AClientThatIsAwayGetsItFromTheQueue) {
  h.connect(lasting()).subscribes("x", 1).vanishes();
  const std::string text = delivery("x", 1);
  EXPECT_NE(text.find("+ session: away; its session expires in 1000 s"), std::string::npos) << text;
  EXPECT_NE(text.find("+ queue: waits behind 0 messages; there is room (zone.*.max_mqueue_len = 1000)"),
            std::string::npos)
      << text;
}

TEST_F(ExplainingTest, QosZeroIsNotKeptIfTheZoneSaysSo) {
  Config config;
  config.queue_store_qos0 = false;
  Harness other(config);
  other.connect(lasting()).subscribes("x", 1).vanishes();
  const std::string text =
      text_of(other.broker.explain_delivery({"a", "x", mqtt::QoS::at_most_once, ""}, other.now));
  EXPECT_NE(
      text.find("- queue: it is away, and messages of QoS 0 are not kept (zone.*.mqueue_store_qos0 = false)"),
      std::string::npos)
      << text;
}

TEST_F(ExplainingTest, AFullWindowAndAFullQueue) {
  Config config;
  config.inflight_max = 1;
  config.queue_messages_max = 1;
  Harness other(config);
  other.connect("a").subscribes("x", 1).ignores();
  auto& b = other.connect("b");
  b.publishes("x", "1", 1).publishes("x", "2", 1).ignores();
  const std::string text =
      text_of(other.broker.explain_delivery({"a", "x", mqtt::QoS::at_least_once, ""}, other.now));
  EXPECT_NE(text.find("+ window: 1 of 1 messages wait"), std::string::npos) << text;
  EXPECT_NE(text.find("waits behind 1 messages; the queue is full: the oldest is dropped for it"),
            std::string::npos)
      << text;
}

TEST_F(ExplainingTest, MembersOfAGroupShare) {
  h.connect("a").subscribes("$share/g/x").ignores();
  const std::string text = delivery("x");
  EXPECT_NE(text.find("+ subscription: '$share/g/x' matches\n"), std::string::npos) << text;
  EXPECT_NE(text.find("+ group: one member of '$share/g/x' gets it, perhaps another one: 1 of 1"),
            std::string::npos)
      << text;
}

TEST_F(ExplainingTest, WhatIsPublishedIsCheckedAndRewritten) {
  EXPECT_EQ(publish("x/#"), "- topic: 'x/#' is no topic name\n");
  EXPECT_EQ(publish("$delayed/60/x"), "+ delay: waits 60 s (module.delayed)\n+ topic: x\n");
  EXPECT_EQ(publish("$delayed/soon/x"),
            "- topic: '$delayed/soon/x' does not say when and where (module.delayed)\n");
  Config config;
  config.qos_max = mqtt::QoS::at_least_once;
  Harness other(config);
  EXPECT_EQ(text_of(other.broker.explain_publish({"a", "x", mqtt::QoS::exactly_once, ""}, other.now)),
            "- topic: QoS above 1 (mqtt.max_qos_allowed)\n");
}

TEST_F(ExplainingTest, ThePublishersRulesAreAsked) {
  AccessPolicy policy;
  AclRules rules(1);
  rules[0].allow = false;
  rules[0].action = AclAction::publish;
  rules[0].topics = {{"secret"}};
  policy.everybody = std::make_shared<const AclRules>(rules);
  h.broker.set_access(policy);
  auto& b = h.connect("b");
  EXPECT_EQ(publish("secret", 0, "b"),
            "- access: 'b' may not publish to 'secret' (acl_file, acl rules, zone.*.acl_nomatch)\n");
  EXPECT_NE(publish("open", 0, "b").find("+ access: 'b' may publish to 'open'"), std::string::npos);
  EXPECT_NE(publish("open", 0, "gone").find("its rules are not asked"), std::string::npos);
  b.publishes("secret", "x", 1);
  EXPECT_EQ(b.receives(), lines("PUBACK id=1 reason=87"));
}

}  // namespace
}  // namespace meshmq::broker::testing
