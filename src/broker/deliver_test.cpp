// Messages on their way to clients: window, queue, overlapping filters, limits of the receiver.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;
using mqtt::Publish;
using mqtt::QoS;
using mqtt::Subscription;
using mqtt::Version;

std::string publish_line(int id, std::string_view payload, std::string_view topic = "t") {
  return "PUBLISH topic='" + std::string(topic) + "' id=" + std::to_string(id) + " qos=1 payload='" +
         std::string(payload) + "'";
}

TEST(Deliver, FromElsewhereGoesToThisWorkersSubscribersOnly) {
  Harness h;
  auto& a = h.connect("a").subscribes("t/+", 1).ignores();
  auto& b = h.connect("b").subscribes("t/x").ignores();
  h.router.take();
  EXPECT_EQ(h.delivers({.topic = "t/x", .payload = "1", .qos = QoS::at_least_once}), 2U);
  EXPECT_EQ(h.delivers({.topic = "t/y", .payload = "2"}), 1U);
  EXPECT_EQ(h.delivers({.topic = "u", .payload = "3"}), 0U);
  EXPECT_EQ(a.receives(), lines(publish_line(1, "1", "t/x"), "PUBLISH topic='t/y' payload='2'"));
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t/x' payload='1'"));
  EXPECT_EQ(h.router.take(), "");
}

TEST(Deliver, SharesOneFrameAmongReceiversOfOneForm) {
  Harness h;
  for (int i = 0; i < 50; ++i) {
    h.connect("c" + std::to_string(i), i % 2 == 0 ? Version::v3_1_1 : Version::v5)
        .subscribes("t", i % 3)
        .ignores();
  }
  EXPECT_EQ(h.delivers({.topic = "t", .payload = "x", .qos = QoS::exactly_once}), 50U);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const std::string qos = i % 3 == 0 ? "" : i % 3 == 1 ? " id=1 qos=1" : " id=1 qos=2";
    EXPECT_EQ(h.client(ConnId(i)).receives(), lines("PUBLISH topic='t'" + qos + " payload='x'"));
  }
  EXPECT_EQ(h.metrics().messages_sent, 50U);
  EXPECT_EQ(h.metrics().messages_qos0_sent, 17U);
  EXPECT_EQ(h.metrics().messages_qos1_sent, 17U);
  EXPECT_EQ(h.metrics().messages_qos2_sent, 16U);
}

TEST(Deliver, SendsOneCopyIfFiltersOverlap) {  // [MQTT-3.3.4-2] [MQTT-3.3.4-3]
  Harness h;
  auto& a = h.connect("a");
  a.subscribes({.filter = "t/#", .qos = QoS::at_most_once}, 1);
  a.subscribes({.filter = "t/+", .qos = QoS::exactly_once}, 268'435'455);
  a.subscribes({.filter = "t/x", .qos = QoS::at_least_once});
  auto& b = h.connect("b", Version::v3_1_1).subscribes("t/#", 0).subscribes("t/x", 1).ignores();
  a.ignores();
  EXPECT_EQ(h.delivers({.topic = "t/x", .payload = "p", .qos = QoS::exactly_once}), 2U);
  const std::string got = a.receives();
  EXPECT_TRUE(
      got == lines("PUBLISH topic='t/x' id=1 qos=2 subscription=1 subscription=268435455 payload='p'") ||
      got == lines("PUBLISH topic='t/x' id=1 qos=2 subscription=268435455 subscription=1 payload='p'"))
      << got;
  EXPECT_EQ(b.receives(), lines(publish_line(1, "p", "t/x")));
}

TEST(Deliver, MergesManyOverlapsOfManySessions) {
  Harness h;
  for (int i = 0; i < 30; ++i) {
    auto& c = h.connect("c" + std::to_string(i));
    if (i % 2 == 0) c.subscribes("t/#", 1);
    if (i % 3 == 0) c.subscribes("+/x", 2);
    if (i % 5 == 0) c.subscribes("t/x", 0);
    c.ignores();
  }
  for (int round = 0; round < 3; ++round) {
    const std::size_t taken = h.delivers({.topic = "t/x", .payload = "p", .qos = QoS::exactly_once});
    std::size_t expected = 0;
    for (std::uint32_t i = 0; i < 30; ++i) {
      const bool wanted = i % 2 == 0 || i % 3 == 0 || i % 5 == 0;
      expected += wanted ? 1U : 0U;
      const std::string id = " id=" + std::to_string(round + 1);
      const std::string qos = i % 3 == 0 ? id + " qos=2" : i % 2 == 0 ? id + " qos=1" : "";
      EXPECT_EQ(h.client(ConnId(i)).receives(),
                wanted ? lines("PUBLISH topic='t/x'" + qos + " payload='p'") : "");
    }
    EXPECT_EQ(taken, expected);
  }
}

TEST(Deliver, NamesTheSubscriptionToV5) {  // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
  Harness h;
  auto& a = h.connect("a").subscribes({.filter = "t"}, 7).ignores();
  auto& b = h.connect("b").subscribes({.filter = "t"}, 8).ignores();
  auto& c = h.connect("c").subscribes({.filter = "t"}).ignores();
  auto& d = h.connect("d").subscribes({.filter = "t"}, 7).ignores();
  h.delivers({.topic = "t", .payload = "x"});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' subscription=7 payload='x'"));
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t' subscription=8 payload='x'"));
  EXPECT_EQ(c.receives(), lines("PUBLISH topic='t' payload='x'"));
  EXPECT_EQ(d.receives(), lines("PUBLISH topic='t' subscription=7 payload='x'"));
  EXPECT_EQ(h.metrics().messages_sent, 4U);
}

TEST(Deliver, DoesNotReturnToItsPublisherIfToldSo) {  // [MQTT-3.8.3-3]
  Harness h;
  auto& a = h.connect("a").subscribes({.filter = "t", .no_local = true}).ignores();
  auto& b = h.connect("b").subscribes({.filter = "t", .no_local = true}).ignores();
  a.publishes("t", "x");
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t' payload='x'"));
  EXPECT_EQ(h.metrics().delivery_dropped_no_local, 1U);
  // Another subscription of the same client still counts.
  a.subscribes({.filter = "+"}, 3).ignores();
  a.publishes("t", "y");
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' subscription=3 payload='y'"));
}

TEST(Deliver, KeepsTheRetainFlagIfToldSo) {  // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  Harness h;
  auto& as_published = h.connect("a").subscribes({.filter = "t", .retain_as_published = true}).ignores();
  auto& plain = h.connect("b").subscribes({.filter = "t"}).ignores();
  auto& publisher = h.connect("c");
  publisher.sends(Publish{.topic = "t", .payload = "1", .retain = true}).publishes("t", "2");
  EXPECT_EQ(as_published.receives(),
            lines("PUBLISH topic='t' retain payload='1'", "PUBLISH topic='t' payload='2'"));
  EXPECT_EQ(plain.receives(), lines("PUBLISH topic='t' payload='1'", "PUBLISH topic='t' payload='2'"));
}

TEST(Deliver, ToABridgeKeepsTheRetainFlagAndNothingReturns) {
  Harness h;
  auto& bridge = h.connect(Connect{.version = Version::v3_1_1, .bridge = true, .client_id = "b"});
  bridge.subscribes("t").ignores();
  bridge.publishes("t", "own");
  h.connect("c").sends(Publish{.topic = "t", .payload = "x", .retain = true});
  EXPECT_EQ(bridge.receives(), lines("PUBLISH topic='t' retain payload='x'"));
}

// ---------------------------------------------------------------- window and queue

TEST(Window, HoldsBackWhatTheClientHasNotAsked) {  // [MQTT-3.3.4-9]
  Harness h;
  auto& a = h.connect(Connect{.client_id = "a", .receive_maximum = 2}).subscribes("t", 1).ignores();
  for (const char* payload : {"1", "2", "3", "4"}) {
    h.delivers({.topic = "t", .payload = payload, .qos = QoS::at_least_once});
  }
  h.delivers({.topic = "t", .payload = "zero"});
  EXPECT_EQ(a.receives(),
            lines(publish_line(1, "1"), publish_line(2, "2"), "PUBLISH topic='t' payload='zero'"));
  EXPECT_EQ(a.acks(PacketType::puback, 2).receives(), lines(publish_line(3, "3")));
  EXPECT_EQ(a.acks(PacketType::puback, 1).receives(), lines(publish_line(4, "4")));
  EXPECT_EQ(h.broker.clients()[0].enqueued_msgs, 2U);
  EXPECT_EQ(h.broker.clients()[0].traffic.publishes_sent, 5U);
}

TEST(Window, IsTheSmallerOfBothSides) {
  Harness h({.inflight_max = 1});
  auto& a = h.connect(Connect{.client_id = "a", .receive_maximum = 2}).subscribes("t", 1).ignores();
  h.delivers({.topic = "t", .payload = "1", .qos = QoS::at_least_once});
  h.delivers({.topic = "t", .payload = "2", .qos = QoS::at_least_once});
  EXPECT_EQ(a.receives(), lines(publish_line(1, "1")));
}

TEST(Window, IsFreedByPubcompOrARefusal) {  // [MQTT-4.3.3-4]
  Harness h({.inflight_max = 1});
  auto& a = h.connect("a").subscribes("t", 2).ignores();
  for (const char* payload : {"1", "2", "3"}) {
    h.delivers({.topic = "t", .payload = payload, .qos = QoS::exactly_once});
  }
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=2 payload='1'"));
  EXPECT_EQ(a.acks(PacketType::pubrec, 1).receives(), lines("PUBREL id=1"));
  EXPECT_EQ(a.acks(PacketType::pubcomp, 1).receives(), lines("PUBLISH topic='t' id=2 qos=2 payload='2'"));
  a.sends(mqtt::Ack{.type = PacketType::pubrec, .packet_id = 2, .reason = mqtt::ReasonCode::quota_exceeded});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=3 qos=2 payload='3'"));
}

TEST(Window, SkipsIdsThatAreStillInUse) {  // [MQTT-2.2.1-4]
  Harness h({.inflight_max = 4});
  auto& a = h.connect("a").subscribes("t", 1).ignores();
  h.delivers({.topic = "t", .payload = "first", .qos = QoS::at_least_once});
  EXPECT_EQ(a.receives(), lines(publish_line(1, "first")));
  int expected = 1;
  for (int i = 0; i < 70'000; ++i) {
    h.delivers({.topic = "t", .payload = "x", .qos = QoS::at_least_once});
    do {
      expected = expected % 65535 + 1;
    } while (expected % 4 == 1);  // the ring's place of the first one
    ASSERT_EQ(a.receives(), lines(publish_line(expected, "x")));
    a.acks(PacketType::puback, static_cast<mqtt::PacketId>(expected));
  }
  EXPECT_EQ(h.broker.clients()[0].inflight, 1U);
}

TEST(Ack, OfAnUnknownIdIsNoError) {
  Harness h;
  auto& a = h.connect("a");
  a.acks(PacketType::puback, 5).acks(PacketType::pubcomp, 5);
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(a.acks(PacketType::pubrec, 5).receives(), lines("PUBREL id=5 reason=92"));
  a.sends(
      mqtt::Ack{.type = PacketType::pubrec, .packet_id = 5, .reason = mqtt::ReasonCode::unspecified_error});
  EXPECT_EQ(a.receives(), "");
  auto& v3 = h.connect("b", Version::v3_1_1).acks(PacketType::pubrec, 5);
  EXPECT_EQ(v3.receives(), lines("PUBREL id=5"));
}

TEST(Ack, OfTheWrongKindIsAProtocolError) {
  Harness h;
  for (const PacketType wrong : {PacketType::pubrec, PacketType::pubcomp}) {
    auto& a = h.connect("a").subscribes("t", 1).ignores();
    h.delivers({.topic = "t", .qos = QoS::at_least_once});
    a.ignores().acks(wrong, 1);
    EXPECT_EQ(a.receives(), lines("DISCONNECT reason=82", "closed: protocol_error"));
  }
  for (const PacketType wrong : {PacketType::puback, PacketType::pubcomp}) {
    auto& a = h.connect("a").subscribes("t", 2).ignores();
    h.delivers({.topic = "t", .qos = QoS::exactly_once});
    a.ignores().acks(wrong, 1);
    EXPECT_EQ(a.receives(), lines("DISCONNECT reason=82", "closed: protocol_error"));
  }
}

TEST(Pubrec, RepeatedIsAnsweredAgain) {
  Harness h;
  auto& a = h.connect("a").subscribes("t", 2).ignores();
  h.delivers({.topic = "t", .qos = QoS::exactly_once});
  a.ignores().acks(PacketType::pubrec, 1).acks(PacketType::pubrec, 1);
  EXPECT_EQ(a.receives(), lines("PUBREL id=1", "PUBREL id=1"));
}

TEST(Queue, DropsTheOldestWhenItIsFull) {
  Harness h({.queue_messages_max = 2});
  h.connect(Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100})
      .subscribes("t", 1)
      .vanishes();
  for (const char* payload : {"1", "2", "3", "4"}) {
    h.delivers({.topic = "t", .payload = payload, .qos = QoS::at_least_once});
  }
  EXPECT_EQ(h.metrics().delivery_dropped_queue_full, 2U);
  EXPECT_EQ(h.metrics().delivery_dropped, 2U);
  EXPECT_EQ(h.broker.clients()[0].dropped_msgs, 2U);
  auto& a = h.connect(Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  (void)a;
  auto& again = h.connecting(Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  const std::string got = again.receives();
  EXPECT_NE(got.find("dup payload='3'"), std::string::npos) << got;
  EXPECT_NE(got.find("dup payload='4'"), std::string::npos) << got;
}

TEST(Queue, WithoutALimitKeepsEverything) {
  Harness h({.queue_messages_max = 0});
  const Connect connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100};
  h.connect(connect).subscribes("t", 1).vanishes();
  for (int i = 0; i < 5000; ++i) h.delivers({.topic = "t", .qos = QoS::at_least_once});
  auto& a = h.connect(connect);
  for (int i = 1; i <= 5000; ++i) a.acks(PacketType::puback, static_cast<mqtt::PacketId>(i));
  EXPECT_EQ(h.broker.clients()[0].traffic.publishes_sent, 5000U);
  EXPECT_EQ(h.broker.clients()[0].inflight, 0U);
}

// ---------------------------------------------------------------- expiry and size

TEST(Expiry, CountsDownWhileAMessageWaits) {  // [MQTT-3.3.2-6]
  Harness h;
  const Connect connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100};
  h.connect(connect).subscribes("t", 1).vanishes();
  h.connect("b").sends(
      Publish{.topic = "t", .payload = "x", .expiry_s = 60, .packet_id = 1, .qos = QoS::at_least_once});
  h.advance(std::chrono::seconds(20));
  auto& a = h.connecting(connect);
  EXPECT_NE(a.receives().find("PUBLISH topic='t' id=1 qos=1 expiry=40 payload='x'"), std::string::npos);
}

TEST(Expiry, OfALiveMessageIsPassedOn) {
  Harness h;
  auto& v5 = h.connect("a").subscribes("t").ignores();
  auto& v3 = h.connect("c", Version::v3_1_1).subscribes("t").ignores();
  h.connect("b").sends(Publish{.topic = "t", .expiry_s = 60});
  EXPECT_EQ(v5.receives(), lines("PUBLISH topic='t' expiry=60"));
  EXPECT_EQ(v3.receives(), lines("PUBLISH topic='t'"));
}

TEST(Expiry, DropsWhatHasWaitedTooLong) {  // [MQTT-3.3.2-5]
  Harness h;
  const Connect connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100};
  h.connect(connect).subscribes("t", 1).vanishes();
  auto& b = h.connect("b");
  b.sends(Publish{.topic = "t", .payload = "x", .expiry_s = 10, .packet_id = 1, .qos = QoS::at_least_once});
  b.publishes("t", "y", 1);
  h.advance(std::chrono::seconds(20));
  const std::string got = h.connecting(connect).receives();
  EXPECT_EQ(got.find("payload='x'"), std::string::npos);
  EXPECT_NE(got.find("id=1 qos=1 payload='y'"), std::string::npos);
  EXPECT_EQ(h.metrics().delivery_dropped_expired, 1U);
}

TEST(Expiry, DropsWhatArrivesTooLate) {
  Harness h;
  auto& a = h.connect("a").subscribes("t").ignores();
  h.delivers({.topic = "t", .expiry_s = 5, .created_at = h.now.wall - 6000});
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(h.metrics().messages_dropped_expired, 1U);
}

TEST(PacketSize, OfTheClientIsRespected) {  // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
  Harness h;
  auto& a = h.connect(Connect{.client_id = "a", .packet_bytes_max = 20}).subscribes("t", 1).ignores();
  auto& b = h.connect("b").subscribes("t", 1).ignores();
  h.delivers({.topic = "t", .payload = "a message of thirty characters", .qos = QoS::at_least_once});
  h.delivers({.topic = "t", .payload = "a message of thirty characters"});
  h.delivers({.topic = "t", .payload = "short", .qos = QoS::at_least_once});
  EXPECT_EQ(a.receives(), lines(publish_line(1, "short")));
  EXPECT_EQ(b.receives(),
            lines(publish_line(1, "a message of thirty characters"),
                  "PUBLISH topic='t' payload='a message of thirty characters'", publish_line(2, "short")));
  EXPECT_EQ(h.metrics().delivery_dropped_too_large, 2U);
}

// ---------------------------------------------------------------- slow consumers

TEST(SlowConsumer, LosesQos0AndKeepsTheRest) {
  Harness h({.output_bytes_max = 100});
  auto& a = h.connect("a").subscribes("t", 1).ignores();
  h.slow.insert(a.conn().value);
  const std::string large(120, 'x');
  h.delivers({.topic = "t", .payload = large});
  h.delivers({.topic = "t", .payload = "lost"});
  h.delivers({.topic = "t", .payload = "kept", .qos = QoS::at_least_once});
  h.delivers({.topic = "t", .payload = "lost too"});
  EXPECT_EQ(h.metrics().delivery_dropped_qos0_msg, 2U);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='" + large + "'"));
  h.drained(a);
  h.delivers({.topic = "t", .payload = "seen"});
  EXPECT_EQ(a.receives(), lines(publish_line(1, "kept"), "PUBLISH topic='t' payload='seen'"));
}

TEST(SlowConsumer, OfAcknowledgementsIsNotRead) {
  Harness h({.output_bytes_max = 40});
  auto& a = h.connect("a");
  h.slow.insert(a.conn().value);
  std::string pings;
  for (int i = 0; i < 1000; ++i) mqtt::encode_packet(mqtt::Pingreq{}, Version::v5, pings);
  a.sends_bytes(pings);
  EXPECT_LE(a.unread_bytes(), 42U);
  EXPECT_EQ(h.metrics().packets_pingresp_sent, 21U);
  h.drained(a);
  EXPECT_EQ(h.metrics().packets_pingresp_sent, 1000U);
}

TEST(SlowConsumer, FindsItsQueueAfterAReconnect) {
  Harness h({.output_bytes_max = 100});
  const Connect connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100};
  auto& a = h.connect(connect).subscribes("t", 1).ignores();
  h.slow.insert(a.conn().value);
  h.delivers({.topic = "t", .payload = std::string(120, 'x')});
  h.delivers({.topic = "t", .payload = "kept", .qos = QoS::at_least_once});
  a.vanishes();
  EXPECT_NE(h.connecting(connect).receives().find(publish_line(1, "kept")), std::string::npos);
}

}  // namespace
}  // namespace meshmq::broker::testing
