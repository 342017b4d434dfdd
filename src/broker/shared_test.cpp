// Shared subscriptions on one worker ([MQTT5 4.8.2]).

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::PacketType;
using mqtt::Publish;
using mqtt::Subscription;
using mqtt::Version;

class Shared : public ::testing::Test {
 protected:
  TestClient& member(std::string_view id, int qos = 1, std::string_view filter = "$share/g/t") {
    return h.connect(id).subscribes(filter, qos).ignores();
  }
  TestClient& persistent(std::string_view id) {
    auto& client = h.connect(mqtt::Connect{.clean_start = false, .client_id = id, .session_expiry_s = 100});
    return client.subscribes("$share/g/t", 1).ignores();
  }

  Harness h;
};

std::string got(std::string_view payload, int id = 0, std::string_view more = "") {
  std::string text = "PUBLISH topic='t'";
  if (id != 0) text += " id=" + std::to_string(id) + " qos=1";
  return text.append(more).append(" payload='").append(payload).append("'\n");
}

TEST_F(Shared, EachMessageGoesToOneMember) {
  auto& a = member("a");
  auto& b = member("b");
  auto& p = h.connect("p");
  for (const char* payload : {"1", "2", "3", "4"}) p.publishes("t", payload);
  EXPECT_EQ(a.receives(), got("1") + got("3"));
  EXPECT_EQ(b.receives(), got("2") + got("4"));
}

TEST_F(Shared, GroupsAndOrdinarySubscribersGetTheirOwnCopies) {
  auto& a = member("a");
  member("b", 0, "$share/other/+");
  a.subscribes("t", 0).subscribes("$share/other/+").unsubscribes("$share/other/+").ignores();
  h.connect("p").publishes("t", "1", 1);
  EXPECT_EQ(a.receives(), got("1") + got("1", 1));
  EXPECT_EQ(h.metrics().messages_sent, 3U);
}

TEST_F(Shared, QueueIsAGroupLikeAnyOther) {
  auto& a = h.connect("a", Version::v3_1_1);
  EXPECT_EQ(a.subscribes("$queue/t", 1).receives(), lines("SUBACK id=1 code=1"));
  h.connect("p").publishes("t", "1");
  EXPECT_EQ(a.receives(), got("1"));
  EXPECT_EQ(h.broker.subscriptions()[0].filter, "$share/$queue/t");
  a.unsubscribes("$share/$queue/t");
  EXPECT_EQ(h.broker.stats().shared_subscriptions, 0U);
}

TEST_F(Shared, NamesThatCannotBeEndTheConnection) {  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  for (const char* filter : {"$share/", "$share/a", "$share//t", "$share/a/", "$share/a+/x", "$share/#/x",
                             "$queue/", "$share/a/$share/b/t", "$share/a/b#"}) {
    const std::string answer = lines("DISCONNECT reason=8f", "closed: protocol_error");
    EXPECT_EQ(h.connect("a").subscribes(filter).receives(), answer) << filter;
    EXPECT_EQ(h.connect("a").unsubscribes(filter).receives(), answer) << filter;
  }
  EXPECT_EQ(h.connect("a").unsubscribes("$share/a/t").receives(), lines("UNSUBACK id=1 code=17"));
}

TEST(SharedNotStrict, NamesThatCannotBeAreRefusedOneByOne) {
  Harness h({.strict = false});
  auto& a = h.connect("a");
  EXPECT_EQ(a.subscribes("$share//t").receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(a.unsubscribes("$share//t").receives(), lines("UNSUBACK id=2 code=143"));
}

TEST_F(Shared, NoLocalIsAProtocolError) {  // [MQTT-3.8.3-4]
  auto& a = h.connect("a");
  EXPECT_EQ(a.subscribes({.filter = "$share/g/t", .no_local = true}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
}

TEST_F(Shared, RetainedMessagesAreNotSent) {
  h.connect("p").sends(Publish{.topic = "t", .payload = "old", .retain = true});
  EXPECT_EQ(h.connect("a").subscribes("$share/g/t").receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Shared, OptionsOfTheMemberHold) {
  auto& a = h.connect("a").subscribes(
      {.filter = "$share/g/t", .qos = mqtt::QoS::at_least_once, .retain_as_published = true}, 7);
  a.ignores();
  h.connect("p").sends(
      Publish{.topic = "t", .payload = "x", .packet_id = 1, .qos = mqtt::QoS::exactly_once, .retain = true});
  EXPECT_EQ(a.receives(), "PUBLISH topic='t' id=1 qos=1 retain subscription=7 payload='x'\n");
  a.subscribes("$share/g/t", 0).ignores();
  h.connect("q").publishes("t", "y", 1);
  EXPECT_EQ(a.receives(), got("y"));
}

TEST(SharedOff, IsSaidInConnackAndAProtocolErrorThen) {  // [MQTT5 3.2.2.3.13]
  Harness h({.shared_subscription = false});
  auto& a = h.connecting(mqtt::Connect{.client_id = "a"});
  EXPECT_NE(a.receives().find("no_shared"), std::string::npos);
  EXPECT_EQ(a.subscribes("$share/g/t").receives(), lines("DISCONNECT reason=9e", "closed: protocol_error"));
  auto& b = h.connect("b", Version::v3_1_1);
  EXPECT_EQ(b.subscribes("$share/g/t").receives(), lines("SUBACK id=1 code=128"));
}

TEST_F(Shared, TheNodeIsToldWhoIsThere) {
  auto& a = persistent("a");
  auto& b = member("b");
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 1/1", "subscribe $share/g/t", "share $share/g/t 2/2",
                                   "subscribe $share/g/t"));
  a.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 1/2"));
  b.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 0/1"));
  h.connect(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 1/1"));
}

TEST_F(Shared, AMemberThatIsAwayGetsNothingWhileAnotherIsThere) {
  auto& a = persistent("a");
  auto& b = member("b");
  a.vanishes();
  auto& p = h.connect("p");
  p.publishes("t", "1", 1).publishes("t", "2", 1);
  EXPECT_EQ(b.receives(), got("1", 1) + got("2", 2));
}

TEST_F(Shared, AMemberThatIsAwayIsTheLastResort) {
  persistent("a").vanishes();
  auto& p = h.connect("p");
  h.router.remote_members = true;
  p.publishes("t", "1", 1);
  EXPECT_NE(h.router.take().find("pass on 1"), std::string::npos);
  h.router.remote_members = false;
  p.publishes("t", "2", 1);
  auto& a = h.connecting(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  EXPECT_NE(a.receives().find(got("2", 1)), std::string::npos);
}

TEST_F(Shared, WhatTheLastConnectionLeavesGoesToTheNext) {  // [MQTT-4.8.2-6]
  auto& a = member("a");
  auto& p = h.connect("p");
  p.publishes("t", "1", 1).publishes("t", "2", 1).publishes("t", "3", 0);
  a.acks(PacketType::puback, 1);
  h.router.take();
  a.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 0/0", "redispatch 2 $share/g/t"));
}

TEST_F(Shared, AQos2MessageThatWasSentGoesToNobodyElse) {  // [MQTT-4.8.2-5]
  auto& a = h.connect(mqtt::Connect{.client_id = "a", .receive_maximum = 1});
  a.subscribes("$share/g/t", 2).ignores();
  h.connect("p").publishes("t", "1", 2).publishes("t", "2", 2);
  h.router.take();
  a.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 0/0", "redispatch 2 $share/g/t"));
}

TEST_F(Shared, ASessionThatWaitsKeepsWhatWasSentAndGivesBackTheRest) {
  auto& a = h.connect(
      mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100, .receive_maximum = 1});
  a.subscribes("$share/g/t", 1).subscribes("t", 1).ignores();
  h.connect("p").publishes("t", "1", 1);
  h.router.take();
  a.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 0/1", "redispatch 1 $share/g/t"));
  auto& again = h.connecting(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  EXPECT_NE(again.receives().find("id=1 qos=1 dup payload='1'"), std::string::npos);
}

TEST_F(Shared, ASessionThatIsDiscardedGivesEverythingBack) {
  auto& a = persistent("a");
  h.connect("p").publishes("t", "1", 1);
  a.vanishes();
  h.router.take();
  h.connect("a");
  EXPECT_EQ(h.router.take(), lines("share $share/g/t 0/0", "redispatch 1 $share/g/t"));
}

TEST_F(Shared, APickWithoutMembersIsPassedOn) {
  member("a").unsubscribes("$share/g/t");
  h.router.take();
  const SharedPick pick{.group = "$share/g/t"};
  EXPECT_EQ(h.broker.deliver_shared(mqtt::Message::make({.topic = "t", .payload = "1"}), {&pick, 1}, h.now),
            0U);
  EXPECT_EQ(h.router.take(), lines("pass on 1 $share/g/t"));
}

TEST(SharedOverflow, AnotherMemberTakesWhatOneHasNoPlaceFor) {
  Harness h({.inflight_max = 1, .queue_messages_max = 1});
  auto& a = h.connect("a").subscribes("$share/g/t", 1).ignores();
  auto& b = h.connect("b").subscribes("$share/g/t", 1).ignores();
  h.router.sticky = true;
  auto& p = h.connect("p");
  for (const char* payload : {"1", "2", "3", "4"}) p.publishes("t", payload, 1);
  EXPECT_EQ(h.metrics().delivery_dropped, 0U);
  EXPECT_EQ(a.receives().empty(), false);
  EXPECT_EQ(b.receives().empty(), false);
  // All are full: another worker, or the oldest goes.
  h.router.remote_members = true;
  p.publishes("t", "5", 1);
  EXPECT_NE(h.router.take().find("pass on 5"), std::string::npos);
  h.router.remote_members = false;
  p.publishes("t", "6", 1);
  EXPECT_EQ(h.metrics().delivery_dropped_queue_full, 1U);
}

TEST(SharedOverflow, DispatchAckWantsARoomInTheWindow) {
  Harness h({.shared_dispatch_ack = true, .inflight_max = 1});
  auto& a = h.connect("a").subscribes("$share/g/t", 1).ignores();
  auto& b = h.connect("b").subscribes("$share/g/t", 1).ignores();
  auto& p = h.connect("p");
  h.router.sticky = true;
  p.publishes("t", "1", 1).publishes("t", "2", 1);
  EXPECT_EQ(a.receives().substr(0, 8), "PUBLISH ");
  EXPECT_EQ(b.receives().substr(0, 8), "PUBLISH ");
  EXPECT_EQ(p.publishes("t", "3", 1).receives().find("error"), std::string::npos);
  EXPECT_EQ(h.broker.clients()[0].enqueued_msgs + h.broker.clients()[1].enqueued_msgs, 1U);
}

TEST_F(Shared, AMessageTooLargeForOneGoesToAnother) {
  auto& small = h.connect(mqtt::Connect{.client_id = "a", .packet_bytes_max = 30});
  small.subscribes("$share/g/t").ignores();
  auto& b = member("b");
  const std::string payload(100, 'x');
  h.connect("p").publishes("t", payload);
  EXPECT_EQ(small.receives(), "");
  EXPECT_EQ(b.receives(), got(payload));
}

TEST_F(Shared, AStickyPickStaysWithItsMemberAsLongAsThatIsThere) {
  std::map<std::string, TestClient*> members;
  for (const char* id : {"a", "b", "c"}) members[id] = &member(id);
  h.router.sticky = true;
  h.router.next_number = 99;
  auto& p = h.connect("p");
  std::string chosen;
  const auto publish = [&] {
    p.publishes("t", "x");
    std::string who;
    for (const auto& [id, client] : members) {
      if (!client->receives().empty()) who += id;
    }
    return who;
  };
  chosen = publish();
  ASSERT_EQ(chosen.size(), 1U);
  members["d"] = &member("d");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(publish(), chosen);
  members[chosen]->vanishes();
  members.erase(chosen);
  chosen = publish();
  ASSERT_EQ(chosen.size(), 1U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(publish(), chosen);
}

TEST_F(Shared, ManyGroupsOfOneSessionCount) {
  Harness limited({.subscriptions_max = 2});
  auto& a = limited.connect("a");
  EXPECT_EQ(a.subscribes("$share/g/1").subscribes("x").subscribes("$share/g/2").receives(),
            lines("SUBACK id=1 code=0", "SUBACK id=2 code=0", "SUBACK id=3 code=151"));
  EXPECT_EQ(a.subscribes("$share/g/1", 1).receives(), lines("SUBACK id=4 code=1"));
  EXPECT_EQ(limited.broker.stats().subscriptions, 2U);
  EXPECT_EQ(limited.broker.clients()[0].subscriptions, 2U);
}

}  // namespace
}  // namespace meshmq::broker::testing
