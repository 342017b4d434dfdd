// Sessions: resumed, taken over, discarded, expired.

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;
using mqtt::Version;

constexpr auto connack_v5 = "CONNACK receive_max=100 packet_max=1048576 alias_max=65535";
constexpr auto connack_v5_present = "CONNACK session receive_max=100 packet_max=1048576 alias_max=65535";

Connect persistent(std::string_view id, Version version = Version::v5) {
  return {.version = version,
          .clean_start = false,
          .client_id = id,
          .session_expiry_s = version == Version::v5 ? 1000U : 0U};
}

TEST(Session, KeepsSubscriptionsAndMessagesWhileTheClientIsAway) {  // [MQTT-3.1.2-5] [MQTT-3.2.2-3]
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Harness h;
    h.connect(persistent("a", version)).subscribes("t/#", 2).says_goodbye();
    auto& b = h.connect("b");
    b.publishes("t/0", "zero", 0).publishes("t/1", "one", 1).publishes("t/2", "two", 2);
    auto& a = h.connecting(persistent("a", version));
    EXPECT_EQ(a.receives(), lines(version == Version::v5 ? connack_v5_present : "CONNACK session",  //
                                  "PUBLISH topic='t/0' payload='zero'",                             //
                                  "PUBLISH topic='t/1' id=1 qos=1 payload='one'",
                                  "PUBLISH topic='t/2' id=2 qos=2 payload='two'"));
    EXPECT_EQ(h.metrics().session_resumed, 1U);
    EXPECT_EQ(h.metrics().session_takeovered, 0U);
  }
}

TEST(Session, Of31IsResumedWithoutSayingSo) {
  Harness h;
  h.connect(persistent("a", Version::v3_1)).subscribes("t", 1).says_goodbye();
  h.connect("b").publishes("t", "x", 1);
  EXPECT_EQ(h.connecting(persistent("a", Version::v3_1)).receives(),
            lines("CONNACK", "PUBLISH topic='t' id=1 qos=1 payload='x'"));
}

TEST(Session, DoesNotKeepQos0IfToldSo) {
  Harness h({.queue_store_qos0 = false});
  h.connect(persistent("a")).subscribes("t", 1).says_goodbye();
  h.connect("b").publishes("t", "zero", 0).publishes("t", "one", 1);
  EXPECT_EQ(h.connecting(persistent("a")).receives(),
            lines(connack_v5_present, "PUBLISH topic='t' id=1 qos=1 payload='one'"));
  EXPECT_EQ(h.metrics().delivery_dropped_qos0_msg, 1U);
  EXPECT_EQ(h.metrics().delivery_dropped, 1U);
}

TEST(Session, IsDiscardedByACleanStart) {  // [MQTT-3.1.2-4]
  Harness h;
  h.connect(persistent("a")).subscribes("t", 1).says_goodbye();
  EXPECT_TRUE(h.router.has_route("t"));
  EXPECT_EQ(h.connecting({.client_id = "a"}).receives(), lines(connack_v5));
  EXPECT_FALSE(h.router.has_route("t"));
  EXPECT_EQ(h.metrics().session_discarded, 1U);
  EXPECT_EQ(h.metrics().session_terminated, 0U);
  EXPECT_EQ(h.metrics().session_created, 2U);
}

TEST(Session, OfACleanClientEndsWithItsConnection) {
  Harness h;
  h.connect("a", Version::v3_1_1).subscribes("t", 1).vanishes();
  EXPECT_EQ(h.broker.stats().sessions, 0U);
  EXPECT_EQ(h.broker.stats().subscriptions, 0U);
  EXPECT_EQ(h.connecting(persistent("a", Version::v3_1_1)).receives(), lines("CONNACK"));
}

TEST(Session, EndsWhenItsExpiryHasPassed) {  // [MQTT-3.1.2-23]
  Harness h;
  h.connect({.client_id = "a", .session_expiry_s = 60}).subscribes("t", 1).vanishes();
  h.advance(std::chrono::seconds(59));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  h.advance(std::chrono::seconds(1));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
  EXPECT_FALSE(h.router.has_route("t"));
  EXPECT_EQ(h.metrics().session_terminated, 1U);
}

TEST(Session, OfA3xClientEndsAfterTheConfiguredTime) {
  Harness h({.session_expiry_interval = std::chrono::minutes(5)});
  h.connect(persistent("a", Version::v3_1_1)).vanishes();
  h.advance(std::chrono::minutes(4));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  h.advance(std::chrono::minutes(1));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(Session, WithTheLargestExpiryNeverEnds) {
  Harness h;
  h.connect({.client_id = "a", .session_expiry_s = 0xFFFFFFFF}).vanishes();
  h.now.mono += std::chrono::hours(24 * 365 * 200);
  h.broker.tick(h.now);
  EXPECT_EQ(h.broker.stats().sessions, 1U);
}

TEST(Session, ThatHasExpiredIsNotResumedEvenBeforeTheTick) {
  Harness h;
  h.connect({.client_id = "a", .session_expiry_s = 60}).vanishes();
  h.now.mono += std::chrono::seconds(61);
  EXPECT_EQ(h.connecting(persistent("a")).receives(), lines(connack_v5));
  EXPECT_EQ(h.metrics().session_terminated, 1U);
}

TEST(Session, DoesNotExpireWhileItIsUsed) {
  Harness h;
  h.connect({.client_id = "a", .session_expiry_s = 60}).vanishes();
  h.advance(std::chrono::seconds(30));
  auto& again = h.connect({.clean_start = false, .client_id = "a", .session_expiry_s = 60});
  h.advance(std::chrono::seconds(600));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  again.vanishes();
  h.advance(std::chrono::seconds(61));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(Takeover, EndsTheOlderConnectionAndKeepsTheSession) {  // [MQTT-3.1.4-3]
  Harness h;
  auto& old = h.connect(persistent("a")).subscribes("t", 1).ignores();
  auto& fresh = h.connecting(persistent("a"));
  EXPECT_EQ(old.receives(), lines("DISCONNECT reason=8e", "closed: takeovered"));
  EXPECT_EQ(fresh.receives(), lines(connack_v5_present));
  old.vanishes();
  h.connect("b").publishes("t", "x", 0);
  EXPECT_EQ(fresh.receives(), lines("PUBLISH topic='t' payload='x'"));
  EXPECT_EQ(h.metrics().session_takeovered, 1U);
  EXPECT_EQ(h.metrics().session_resumed, 1U);
  EXPECT_EQ(h.metrics().client_connected, 3U);
  EXPECT_EQ(h.metrics().client_disconnected, 1U);
}

TEST(Takeover, OfA3xClientJustCloses) {
  Harness h;
  auto& old = h.connect("a", Version::v3_1_1);
  auto& fresh = h.connecting({.version = Version::v3_1_1, .client_id = "a"});
  EXPECT_EQ(old.receives(), lines("closed: discarded"));
  EXPECT_EQ(fresh.receives(), lines("CONNACK"));
  EXPECT_EQ(h.metrics().session_discarded, 1U);
  EXPECT_EQ(h.metrics().session_terminated, 0U);
}

TEST(Takeover, OfASessionWithoutExpiryStartsAnew) {
  Harness h;
  h.connect("a").subscribes("t");
  EXPECT_EQ(h.connecting(persistent("a")).receives(), lines(connack_v5));
  EXPECT_FALSE(h.router.has_route("t"));
}

TEST(Takeover, ByACleanStartDiscards) {
  Harness h;
  auto& old = h.connect(persistent("a")).subscribes("t", 1).ignores();
  auto& fresh = h.connecting({.client_id = "a"});
  EXPECT_EQ(old.receives(), lines("DISCONNECT reason=8e", "closed: discarded"));
  EXPECT_EQ(fresh.receives(), lines(connack_v5));
  EXPECT_FALSE(h.router.has_route("t"));
}

TEST(Takeover, IgnoresWhatTheOldConnectionStillSends) {
  Harness h;
  auto& old = h.connect(persistent("a"));
  h.connect(persistent("a"));
  h.router.take();
  std::string bytes;
  mqtt::encode_packet(mqtt::Publish{.topic = "t"}, Version::v5, bytes);
  EXPECT_EQ(h.broker.handle_bytes(old.conn(), bytes, h.now), 0U);
  EXPECT_EQ(h.router.take(), "");
}

TEST(Resume, SendsAgainWhatWasNotAcknowledged) {  // [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1]
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Harness h;
    auto& a = h.connect(persistent("a", version)).subscribes("t", 2).ignores();
    auto& b = h.connect("b");
    for (const char* payload : {"1", "2", "3", "4"}) b.publishes("t", payload, payload[0] % 2 == 0 ? 2 : 1);
    EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=1 payload='1'",  //
                                  "PUBLISH topic='t' id=2 qos=2 payload='2'",  //
                                  "PUBLISH topic='t' id=3 qos=1 payload='3'",  //
                                  "PUBLISH topic='t' id=4 qos=2 payload='4'"));
    a.acks(PacketType::puback, 1).acks(PacketType::pubrec, 2);
    EXPECT_EQ(a.receives(), lines("PUBREL id=2"));
    a.vanishes();
    b.publishes("t", "5", 1);
    auto& again = h.connecting(persistent("a", version));
    EXPECT_EQ(again.receives(), lines(version == Version::v5 ? connack_v5_present : "CONNACK session",  //
                                      "PUBREL id=2",                                                    //
                                      "PUBLISH topic='t' id=3 qos=1 dup payload='3'",
                                      "PUBLISH topic='t' id=4 qos=2 dup payload='4'",
                                      "PUBLISH topic='t' id=5 qos=1 payload='5'"));
    again.acks(PacketType::pubcomp, 2).acks(PacketType::puback, 3).acks(PacketType::puback, 5);
    again.acks(PacketType::pubrec, 4).acks(PacketType::pubcomp, 4);
    EXPECT_EQ(again.receives(), lines("PUBREL id=4"));
    EXPECT_EQ(h.broker.clients()[0].inflight, 0U);
    EXPECT_EQ(h.metrics().messages_acked, 5U);
  }
}

TEST(Resume, RespectsASmallerReceiveMaximumOfTheNewConnection) {  // [MQTT-3.3.4-9]
  Harness h;
  auto& a = h.connect(persistent("a")).subscribes("t", 1).ignores();
  auto& b = h.connect("b");
  for (const char* payload : {"1", "2", "3", "4"}) b.publishes("t", payload, 1);
  a.vanishes();
  b.publishes("t", "5", 1);
  Connect narrow = persistent("a");
  narrow.receive_maximum = 2;
  auto& again = h.connecting(narrow);
  EXPECT_EQ(again.receives(), lines(connack_v5_present,  //
                                    "PUBLISH topic='t' id=1 qos=1 dup payload='1'",
                                    "PUBLISH topic='t' id=2 qos=1 dup payload='2'"));
  EXPECT_EQ(again.acks(PacketType::puback, 2).receives(),
            lines("PUBLISH topic='t' id=3 qos=1 dup payload='3'"));
  EXPECT_EQ(again.acks(PacketType::puback, 1).receives(),
            lines("PUBLISH topic='t' id=4 qos=1 dup payload='4'"));
  EXPECT_EQ(again.acks(PacketType::puback, 3).receives(), lines("PUBLISH topic='t' id=5 qos=1 payload='5'"));
  EXPECT_EQ(again.acks(PacketType::puback, 4).acks(PacketType::puback, 5).receives(), "");
}

TEST(Resume, SpeaksTheVersionOfTheNewConnection) {
  Harness h;
  auto& a =
      h.connect(persistent("a")).subscribes({.filter = "t", .qos = mqtt::QoS::at_least_once}, 7).ignores();
  h.connect("b").publishes("t", "x", 1);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=1 subscription=7 payload='x'"));
  a.vanishes();
  auto& v3 = h.connecting(persistent("a", Version::v3_1_1));
  EXPECT_EQ(v3.receives(), lines("CONNACK session", "PUBLISH topic='t' id=1 qos=1 dup payload='x'"));
  v3.vanishes();
  EXPECT_EQ(h.connecting(persistent("a")).receives(),
            lines(connack_v5_present, "PUBLISH topic='t' id=1 qos=1 dup subscription=7 payload='x'"));
}

TEST(Resume, DropsWhatTheNewConnectionDoesNotTake) {
  Harness h;
  h.connect(persistent("a")).subscribes("t", 1).ignores().vanishes();
  auto& b = h.connect("b");
  b.publishes("t", std::string(100, 'x'), 1).publishes("t", "y", 1);
  Connect small = persistent("a");
  small.packet_bytes_max = 50;
  auto& again = h.connecting(small);
  EXPECT_EQ(again.receives(), lines(connack_v5_present, "PUBLISH topic='t' id=1 qos=1 payload='y'"));
  EXPECT_EQ(h.metrics().delivery_dropped_too_large, 1U);
}

TEST(Resume, KeepsQos2ExactlyOnceInbound) {  // [MQTT-4.3.3-2]
  Harness h;
  auto& b = h.connect("b").subscribes("t", 0).ignores();
  auto& a = h.connect(persistent("a"));
  const mqtt::Publish publish{.topic = "t", .payload = "x", .packet_id = 9, .qos = mqtt::QoS::exactly_once};
  EXPECT_EQ(a.sends(publish).receives(), lines("PUBREC id=9"));
  a.vanishes();
  auto& again = h.connect(persistent("a"));
  mqtt::Publish repeated = publish;
  repeated.dup = true;
  EXPECT_EQ(again.sends(repeated).receives(), lines("PUBREC id=9"));
  EXPECT_EQ(again.acks(PacketType::pubrel, 9).receives(), lines("PUBCOMP id=9"));
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t' payload='x'"));
}

TEST(Retry, RepeatsTo3xClientsAfterTheInterval) {
  Harness h;
  auto& v3 = h.connect("a", Version::v3_1_1).subscribes("t", 2).ignores();
  auto& v5 = h.connect("b").subscribes("t", 2).ignores();
  h.advance(std::chrono::seconds(7));
  h.connect("c").publishes("t", "1", 1).publishes("t", "2", 2);
  v3.ignores().acks(PacketType::pubrec, 2).ignores();
  v5.ignores();
  h.advance(std::chrono::seconds(29));
  EXPECT_EQ(v3.receives(), "");
  h.advance(std::chrono::seconds(2));
  EXPECT_EQ(v3.receives(), lines("PUBLISH topic='t' id=1 qos=1 dup payload='1'", "PUBREL id=2"));
  h.advance(std::chrono::seconds(28));
  EXPECT_EQ(v3.receives(), "");
  h.advance(std::chrono::seconds(2));
  EXPECT_EQ(v3.receives(), lines("PUBLISH topic='t' id=1 qos=1 dup payload='1'", "PUBREL id=2"));
  EXPECT_EQ(v5.receives(), "");  // [MQTT-4.4.0-1] 5: only after a reconnect
}

TEST(Retry, CanBeTurnedOff) {
  Harness h({.retry_interval = std::chrono::seconds(0)});
  auto& a = h.connect("a", Version::v3_1_1).subscribes("t", 1).ignores();
  h.connect("c").publishes("t", "1", 1);
  a.ignores();
  h.advance(std::chrono::minutes(10));
  EXPECT_EQ(a.receives(), "");
}

}  // namespace
}  // namespace meshmq::broker::testing
