// PUBLISH from clients: checks, acknowledgements, aliases, back-pressure.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::PacketType;
using mqtt::Publish;
using mqtt::QoS;
using mqtt::ReasonCode;
using mqtt::Version;

TEST(Publish, ReachesASubscriberWithTheSmallerQosOfBoth) {  // [MQTT-3.8.4-8]
  Harness h;
  auto& alice = h.connect("alice").subscribes("a/+", 1).ignores();
  auto& bob = h.connect("bob", Version::v3_1_1);
  bob.publishes("a/x", "zero", 0).publishes("a/x", "one", 1).publishes("a/x", "two", 2);
  EXPECT_EQ(bob.receives(), lines("PUBACK id=1", "PUBREC id=2"));
  EXPECT_EQ(alice.receives(), lines("PUBLISH topic='a/x' payload='zero'",  //
                                    "PUBLISH topic='a/x' id=1 qos=1 payload='one'",
                                    "PUBLISH topic='a/x' id=2 qos=1 payload='two'"));
  EXPECT_EQ(h.metrics().messages_received, 3U);
  EXPECT_EQ(h.metrics().messages_sent, 3U);
  EXPECT_EQ(h.metrics().messages_qos1_sent, 2U);
  EXPECT_EQ(h.metrics().messages_delivered, 3U);
  EXPECT_EQ(h.metrics().messages_dropped, 0U);
}

TEST(Publish, IsRoutedOnceAndDeliveredHereOnlyIfTheRouterSaysSo) {
  Harness h;
  auto& alice = h.connect("alice").subscribes("a").ignores();
  h.router.take();
  h.connect("bob").publishes("a", "x").publishes("b", "y");
  EXPECT_EQ(h.router.take(), lines("route a", "route b"));
  EXPECT_EQ(alice.receives(), lines("PUBLISH topic='a' payload='x'"));
}

TEST(Publish, SaysInV5IfNobodyIsSubscribed) {  // [MQTT5 3.4.2.1]
  Harness h;
  auto& v5 = h.connect("a").publishes("t", "", 1).publishes("t", "", 2);
  EXPECT_EQ(v5.receives(), lines("PUBACK id=1 reason=10", "PUBREC id=2 reason=10"));
  auto& v3 = h.connect("b", Version::v3_1_1).publishes("t", "", 1);
  EXPECT_EQ(v3.receives(), lines("PUBACK id=1"));
  EXPECT_EQ(h.metrics().messages_dropped_no_subscribers, 3U);
  EXPECT_EQ(h.metrics().messages_dropped, 3U);
  h.router.remote_subscribers = true;
  EXPECT_EQ(v5.publishes("t", "", 1).receives(), lines("PUBACK id=3"));
}

TEST(Publish, CarriesItsPropertiesToV5) {  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-17] [MQTT-3.3.2-20]
  Harness h;
  std::string properties;
  mqtt::append_byte_property(properties, mqtt::PropertyId::payload_format_indicator, 1);
  mqtt::append_string_property(properties, mqtt::PropertyId::content_type, "json");
  mqtt::append_user_property(properties, "k", "v");
  auto& v5 = h.connect("a").subscribes("t").ignores();
  auto& v3 = h.connect("b", Version::v3_1_1).subscribes("t").ignores();
  h.connect("c").sends(Publish{.topic = "t", .payload = "x", .properties = properties});
  EXPECT_EQ(v5.receives(),
            lines("PUBLISH topic='t' payload_format=1 content_type='json' user='k' to='v' payload='x'"));
  EXPECT_EQ(v3.receives(), lines("PUBLISH topic='t' payload='x'"));
}

TEST(Publish, KeepsTheOrderOfOneTopicAndQos) {  // [MQTT-4.6.0-5]
  Harness h;
  auto& a = h.connect("a").subscribes("t", 2).ignores();
  auto& b = h.connect("b");
  std::string expected;
  for (int i = 1; i <= 20; ++i) {
    b.publishes("t", std::to_string(i), 1);
    expected += "PUBLISH topic='t' id=" + std::to_string(i) + " qos=1 payload='" + std::to_string(i) + "'\n";
  }
  EXPECT_EQ(a.receives(), expected);
}

TEST(Publish, WithQos2IsDeliveredOnceUntilReleased) {  // [MQTT-4.3.3-2]
  Harness h;
  auto& a = h.connect("a").subscribes("t").ignores();
  auto& b = h.connect("b", Version::v3_1_1);
  Publish publish{.topic = "t", .payload = "x", .packet_id = 5, .qos = QoS::exactly_once};
  b.sends(publish).sends(publish);
  publish.dup = true;
  b.sends(publish);
  EXPECT_EQ(b.receives(), lines("PUBREC id=5", "PUBREC id=5", "PUBREC id=5"));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='x'"));
  EXPECT_EQ(b.acks(PacketType::pubrel, 5).receives(), lines("PUBCOMP id=5"));
  publish.dup = false;
  EXPECT_EQ(b.sends(publish).receives(), lines("PUBREC id=5"));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='x'"));
}

TEST(Publish, UnderAnIdThatIsStillTakenIsRefusedInV5) {
  Harness h;
  auto& b = h.connect("b").subscribes("t").ignores();
  const Publish first{.topic = "t", .payload = "1", .packet_id = 5, .qos = QoS::exactly_once};
  const Publish other{.topic = "t", .payload = "2", .packet_id = 5, .qos = QoS::exactly_once};
  EXPECT_EQ(b.sends(first).sends(other).receives(),
            lines("PUBLISH topic='t' payload='1'", "PUBREC id=5", "PUBREC id=5 reason=91"));
  EXPECT_EQ(h.metrics().packets_publish_error, 1U);
}

TEST(Pubrel, OfAnUnknownIdIsAnswered) {  // [MQTT-4.3.3-11]
  Harness h;
  EXPECT_EQ(h.connect("a").acks(PacketType::pubrel, 7).receives(), lines("PUBCOMP id=7 reason=92"));
  EXPECT_EQ(h.connect("b", Version::v3_1_1).acks(PacketType::pubrel, 7).receives(), lines("PUBCOMP id=7"));
}

TEST(Publish, KnowsAnIdThatWasNeverReleasedForALimitedTime) {
  Harness h({.await_rel_timeout = std::chrono::seconds(60)});
  auto& a = h.connect("a").publishes("t", "", 2).ignores();
  h.advance(std::chrono::seconds(50));
  EXPECT_EQ(h.broker.clients()[0].awaiting_rel, 1U);
  h.advance(std::chrono::seconds(200));
  EXPECT_EQ(h.broker.clients()[0].awaiting_rel, 0U);
  EXPECT_EQ(a.receives(), "");
}

// ---------------------------------------------------------------- acknowledgements that wait

TEST(Ack, WaitsUntilTheClusterHasTheMessage) {
  Harness h;
  h.router.unsettled = true;
  auto& a = h.connect("a").publishes("t", "", 1).publishes("t", "", 2);
  EXPECT_EQ(a.receives(), "");
  h.settle_all();
  EXPECT_EQ(a.receives(), lines("PUBACK id=1 reason=10", "PUBREC id=2 reason=10"));
}

TEST(Ack, KeepsTheOrderOfThePublishes) {  // [MQTT-4.6.0-2] [MQTT-4.6.0-3]
  Harness h;
  auto& a = h.connect("a", Version::v3_1_1);
  h.router.unsettled = true;
  a.publishes("t", "", 1).publishes("t", "", 2);
  h.router.unsettled = false;
  a.publishes("t", "", 1);
  h.settle(1);
  EXPECT_EQ(a.receives(), "");
  h.settle(0);
  EXPECT_EQ(a.receives(), lines("PUBACK id=1", "PUBREC id=2", "PUBACK id=3"));
}

TEST(Ack, OfARepetitionWaitsLikeThePublish) {
  Harness h;
  h.router.unsettled = true;
  auto& a = h.connect("a", Version::v3_1_1);
  Publish publish{.topic = "t", .packet_id = 5, .qos = QoS::exactly_once};
  a.sends(publish).sends(publish);
  EXPECT_EQ(a.receives(), "");
  h.settle_all();
  EXPECT_EQ(a.receives(), lines("PUBREC id=5", "PUBREC id=5"));
}

TEST(Ack, ForAClientThatIsGoneIsForgotten) {
  Harness h;
  h.router.unsettled = true;
  auto& a = h.connect("a").publishes("t", "", 1).publishes("t", "", 1);
  a.vanishes();
  h.settle(1);
  h.settle(0);
  h.settle(0);
  EXPECT_EQ(a.receives(), "");
}

TEST(Ack, DoesNotReachTheNextUserOfAConnId) {
  Harness h;
  h.router.unsettled = true;
  auto& a = h.connect("a").publishes("t", "", 1);
  const ConnId conn = a.conn();
  a.vanishes();
  h.broker.open(conn, "10.0.0.9:1", h.now);
  std::string connect;
  mqtt::encode_packet(mqtt::Connect{.client_id = "other"}, Version::v5, connect);
  h.settle(0);
  EXPECT_EQ(a.receives(), "");
}

TEST(Ack, OfAnUnknownTokenIsIgnored) {
  Harness h;
  for (const Token token : {Token{0}, Token{1}, Token{2}, Token{1000}, ~Token{0}}) {
    h.broker.publish_settled(token, h.now);
  }
}

TEST(Ack, IsNotOwedForQos0) {
  Harness h;
  h.router.unsettled = true;
  EXPECT_EQ(h.connect("a").publishes("t", "").receives(), "");
  EXPECT_EQ(h.unsettled_count(), 0U);
}

TEST(ReceiveMaximum, PausesAClientToWhomWeOweAsManyAcks) {
  Harness h({.awaiting_rel_max = 3});
  h.router.unsettled = true;
  auto& a = h.connect("a");
  std::string bytes;
  for (mqtt::PacketId id = 1; id <= 5; ++id) {
    mqtt::encode_packet(Publish{.topic = "t", .packet_id = id, .qos = QoS::at_least_once}, Version::v5,
                        bytes);
  }
  a.sends_bytes(bytes);
  EXPECT_EQ(a.receives(), lines("paused"));
  EXPECT_EQ(h.unsettled_count(), 3U);
  h.settle(0);
  EXPECT_EQ(a.receives(), lines("PUBACK id=1 reason=10", "resumed", "paused"));
  EXPECT_EQ(h.unsettled_count(), 4U);
  h.settle_all();
  EXPECT_EQ(a.receives(),
            lines("PUBACK id=2 reason=10", "resumed", "PUBACK id=3 reason=10", "PUBACK id=4 reason=10"));
  h.settle_all();
  EXPECT_EQ(a.receives(), lines("PUBACK id=5 reason=10"));
}

TEST(ReceiveMaximum, ExceededByAV5ClientEndsTheConnection) {  // [MQTT-3.3.4-7]
  Harness h({.awaiting_rel_max = 2});
  auto& a = h.connect("a", Version::v5);
  a.publishes("t", "", 2).publishes("t", "", 2).ignores();
  EXPECT_EQ(a.publishes("t", "", 2).receives(), lines("DISCONNECT reason=93", "closed: limit"));
}

TEST(ReceiveMaximum, CountsWhatWeHaveNotYetAnswered) {
  Harness h({.awaiting_rel_max = 2});
  auto& a = h.connect("a", Version::v5);
  a.publishes("t", "", 2).ignores();
  h.router.unsettled = true;
  EXPECT_EQ(a.publishes("t", "", 2).receives(), "");
  EXPECT_EQ(a.publishes("t", "", 2).receives(), lines("DISCONNECT reason=93", "closed: limit"));
}

TEST(ReceiveMaximum, CountsQos1AsWell) {
  Harness h({.awaiting_rel_max = 2});
  auto& a = h.connect("a", Version::v5);
  a.publishes("t", "", 2).publishes("t", "", 2).ignores();
  EXPECT_EQ(a.publishes("t", "", 1).receives(), lines("DISCONNECT reason=93", "closed: limit"));
}

TEST(ReceiveMaximum, IsFreedByPubrel) {
  Harness h({.awaiting_rel_max = 2});
  auto& a = h.connect("a", Version::v5);
  a.publishes("t", "", 2).publishes("t", "", 2).ignores();
  a.acks(PacketType::pubrel, 1).ignores();
  EXPECT_EQ(a.publishes("t", "", 2).receives(), lines("PUBREC id=3 reason=10"));
}

TEST(ReceiveMaximum, IsNotKnownTo3xClients) {
  Harness h({.awaiting_rel_max = 2});
  auto& a = h.connect("a", Version::v3_1_1);
  for (int i = 0; i < 5; ++i) a.publishes("t", "", 2);
  EXPECT_EQ(a.receives(), lines("PUBREC id=1", "PUBREC id=2", "PUBREC id=3", "PUBREC id=4", "PUBREC id=5"));
}

// ---------------------------------------------------------------- topic aliases

TEST(TopicAlias, StandsForTheTopicThatSetIt) {  // [MQTT5 3.3.2.3.4]
  Harness h;
  auto& a = h.connect("a").subscribes("#").ignores();
  auto& b = h.connect("b");
  b.sends(Publish{.topic = "t/1", .payload = "1", .topic_alias = 1});
  b.sends(Publish{.topic = "t/2", .payload = "2", .topic_alias = 65535});
  b.sends(Publish{.payload = "3", .topic_alias = 1});
  b.sends(Publish{.topic = "t/4", .payload = "4", .topic_alias = 1});
  b.sends(Publish{.payload = "5", .topic_alias = 1});
  b.sends(Publish{.payload = "6", .topic_alias = 65535});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t/1' payload='1'", "PUBLISH topic='t/2' payload='2'",
                                "PUBLISH topic='t/1' payload='3'", "PUBLISH topic='t/4' payload='4'",
                                "PUBLISH topic='t/4' payload='5'", "PUBLISH topic='t/2' payload='6'"));
}

TEST(TopicAlias, AboveTheMaximumIsAnError) {  // [MQTT-3.3.2-9]
  Harness h({.topic_alias_max = 3});
  EXPECT_EQ(h.connect("a").sends(Publish{.topic = "t", .topic_alias = 4}).receives(),
            lines("DISCONNECT reason=94", "closed: protocol_error"));
}

TEST(TopicAlias, ThatWasNeverSetIsAnError) {
  Harness h;
  EXPECT_EQ(h.connect("a").sends(Publish{.topic_alias = 4}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
}

TEST(TopicAlias, EndsWithTheConnection) {  // [MQTT-3.3.2-7]
  Harness h;
  const mqtt::Connect connect{.clean_start = false, .client_id = "a", .session_expiry_s = 10};
  h.connect(connect).sends(Publish{.topic = "t", .topic_alias = 1}).vanishes();
  EXPECT_EQ(h.connect(connect).sends(Publish{.topic_alias = 1}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
}

TEST(TopicAlias, TakesABoundedAmountOfMemory) {
  Harness h({.packet_bytes_max = 100});
  auto& a = h.connect("a");
  a.sends(Publish{.topic = std::string(60, 'x'), .topic_alias = 1});
  a.sends(Publish{.topic = std::string(60, 'y'), .topic_alias = 1});
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(a.sends(Publish{.topic = std::string(60, 'z'), .topic_alias = 2}).receives(),
            lines("DISCONNECT reason=97", "closed: limit"));
}

// ---------------------------------------------------------------- limits

TEST(Publish, BeyondWhatIsOfferedEndsTheConnection) {  // [MQTT-3.2.2-11] [MQTT-3.2.2-14]
  Harness h({.topic_levels_max = 2, .qos_max = QoS::at_least_once, .retain_available = false});
  EXPECT_EQ(h.connect("a").publishes("t", "", 2).receives(),
            lines("DISCONNECT reason=9b", "closed: protocol_error"));
  EXPECT_EQ(h.connect("b").sends(Publish{.topic = "t", .retain = true}).receives(),
            lines("DISCONNECT reason=9a", "closed: protocol_error"));
  EXPECT_EQ(h.connect("c").publishes("a/b/c", "").receives(), lines("DISCONNECT reason=90", "closed: limit"));
  EXPECT_EQ(h.connect("d", Version::v3_1_1).publishes("t", "", 2).receives(),
            lines("closed: protocol_error"));
  EXPECT_EQ(h.router.take(), "");
}

TEST(Publish, LargerThanThePacketLimitEndsTheConnection) {  // [MQTT-3.2.2-15]
  Harness h({.packet_bytes_max = 100});
  EXPECT_EQ(h.connect("a").publishes("t", std::string(200, 'x')).receives(),
            lines("DISCONNECT reason=95", "closed: limit"));
}

TEST(Publish, IsNotReadWhileTheNodeIsCongested) {
  Harness h;
  h.router.congested = true;
  auto& a = h.connect("a").publishes("t", "1", 1);
  auto& b = h.connect("b").publishes("t", "2", 1);
  EXPECT_EQ(a.receives(), lines("paused", "PUBACK id=1 reason=10"));
  EXPECT_EQ(b.receives(), lines("paused", "PUBACK id=1 reason=10"));
  a.publishes("t", "3", 1);
  EXPECT_EQ(a.receives(), "");
  h.router.congested = false;
  b.vanishes();
  h.broker.resume_publishers(h.now);
  h.run();
  EXPECT_EQ(a.receives(), lines("resumed", "PUBACK id=2 reason=10"));
}

TEST(Publish, WithRetainIsStoredBeforeItIsRouted) {
  Harness h;
  auto& a = h.connect("a").subscribes("t").ignores();
  h.router.take();
  auto& b = h.connect("b").sends(Publish{.topic = "t", .payload = "x", .retain = true});
  b.sends(Publish{.topic = "t", .retain = true});
  EXPECT_EQ(h.router.take(), lines("retain t", "route t", "retain t", "route t"));
  // [MQTT-3.3.1-9] of 3.1.1: to those who were there the message is like any other.
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='x'", "PUBLISH topic='t'"));
  EXPECT_EQ(h.metrics().messages_retained, 1U);
}

TEST(Publish, OfAnEmptyRetainedMessageMayEndWithItsDeletion) {
  Config config;
  config.stop_publish_clear = true;
  Harness h(config);
  auto& a = h.connect("a").subscribes("t").ignores();
  h.router.take();
  auto& b = h.connect("b").sends(Publish{.topic = "t", .payload = "x", .retain = true});
  b.sends(Publish{.topic = "t", .packet_id = 1, .qos = QoS::at_least_once, .retain = true});
  b.sends(Publish{.topic = "t"});
  EXPECT_EQ(h.router.take(), lines("retain t", "route t", "retain t", "route t"));
  EXPECT_EQ(b.receives(), lines("PUBACK id=1"));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='x'", "PUBLISH topic='t'"));
}

}  // namespace
}  // namespace meshmq::broker::testing
