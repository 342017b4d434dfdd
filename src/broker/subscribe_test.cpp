// SUBSCRIBE, UNSUBSCRIBE and retained messages.

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Publish;
using mqtt::QoS;
using mqtt::RetainHandling;
using mqtt::Subscription;
using mqtt::Version;

TEST(Subscribe, IsAcknowledgedWithOneCodeForEachFilter) {  // [MQTT-3.8.4-1] [MQTT-3.8.4-5] [MQTT-3.8.4-6]
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Harness h;
    auto& a = h.connect("a", version);
    const std::array filters{Subscription{.filter = "a", .qos = QoS::exactly_once},
                             Subscription{.filter = "b/+"},
                             Subscription{.filter = "c/#", .qos = QoS::at_least_once}};
    a.sends(mqtt::Subscribe{.packet_id = 77, .subscriptions = filters});
    EXPECT_EQ(a.receives(), lines("SUBACK id=77 code=2 code=0 code=1"));
    EXPECT_EQ(h.router.take(),
              lines("subscribe a +route +retained b/+ +route +retained c/# +route +retained"));
    EXPECT_EQ(h.broker.stats().subscriptions, 3U);
  }
}

TEST(Subscribe, RefusesSingleFiltersAndTakesTheOthers) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Harness h({.topic_levels_max = 3, .strict = false});
    const std::array filters{Subscription{.filter = "a#"},      Subscription{.filter = "a/#/b"},
                             Subscription{.filter = "a+"},      Subscription{.filter = ""},
                             Subscription{.filter = "1/2/3/4"}, Subscription{.filter = "ok"}};
    auto& a = h.connect("a", version);
    a.sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = filters});
    EXPECT_EQ(a.receives(), version == Version::v5
                                ? lines("SUBACK id=1 code=143 code=143 code=143 code=143 code=143 code=0")
                                : lines("SUBACK id=1 code=128 code=128 code=128 code=128 code=128 code=0"));
    EXPECT_EQ(h.router.take(), lines("subscribe ok +route +retained"));
  }
}

TEST(Subscribe, WithAnIllFormedFilterEndsTheConnection) {  // [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1]
  for (const std::string_view filter : {"a#", "a/#/b", "a+", ""}) {
    Harness h;
    const std::array filters{Subscription{.filter = "ok"}, Subscription{.filter = filter}};
    auto& a = h.connect("a");
    EXPECT_EQ(a.sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = filters}).receives(),
              lines("DISCONNECT reason=8f", "closed: protocol_error"));
    EXPECT_EQ(h.connect("b", Version::v3_1_1).subscribes(filter).receives(), lines("closed: protocol_error"));
    EXPECT_EQ(h.connect("c").unsubscribes(filter).receives(),
              lines("DISCONNECT reason=8f", "closed: protocol_error"));
    EXPECT_EQ(h.router.take(), "");
  }
}

TEST(Subscribe, IsAnsweredAtOnceIfNothingIsAccepted) {
  Harness h({.topic_levels_max = 3});
  EXPECT_EQ(h.connect("a").subscribes("1/2/3/4").receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(h.router.take(), "");
}

TEST(Subscribe, RespectsWhatIsOffered) {  // [MQTT-3.2.2-9]
  Harness h({.qos_max = QoS::at_least_once, .wildcard_subscription = false, .subscriptions_max = 1});
  auto& old = h.connect("old", Version::v3_1_1);
  EXPECT_EQ(old.subscribes("a/+").receives(), lines("SUBACK id=1 code=128"));
  auto& told = h.connect("told");
  EXPECT_EQ(told.subscribes("a/+").receives(), lines("DISCONNECT reason=a2", "closed: protocol_error"));
  auto& a = h.connect("a");
  a.next_id = 2;
  EXPECT_EQ(a.subscribes("a", 2).receives(), lines("SUBACK id=2 code=1"));
  EXPECT_EQ(a.subscribes("b").receives(), lines("SUBACK id=3 code=151"));
  EXPECT_EQ(a.subscribes("a", 0).receives(), lines("SUBACK id=4 code=0"));
}

TEST(Subscribe, WaitsForTheCluster) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes("t");
  EXPECT_EQ(a.receives(), "");
  // Messages may come before SUBACK: [MQTT5 3.8.4].
  h.delivers({.topic = "t", .payload = "early"});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='early'"));
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0"));
}

TEST(Subscribe, AsksForARouteOnlyOnce) {
  Harness h;
  h.connect("a").subscribes("t");
  h.router.take();
  h.connect("b").subscribes("t");
  EXPECT_EQ(h.router.take(), lines("subscribe t +retained"));
}

TEST(Subscribe, WaitsForARouteThatAnotherClientHasAskedFor) {
  Harness h;
  h.router.hold_subscribes = true;
  h.connect("a").subscribes("t");
  auto& b = h.connect("b").subscribes("t");
  EXPECT_EQ(h.router.take(), lines("subscribe t +route +retained", "subscribe t +route +retained"));
  EXPECT_EQ(b.receives(), "");
  h.release_subscribes();
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=0"));
  h.connect("c").subscribes("t");
  EXPECT_EQ(h.router.take(), lines("subscribe t +retained"));
}

TEST(Subscribe, IsForgottenIfTheClientIsGoneBeforeTheAnswer) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes("t");
  a.vanishes();
  auto& b = h.connect({.clean_start = false, .client_id = "b", .session_expiry_s = 10}).subscribes("u");
  b.vanishes();
  h.release_subscribes();
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(h.broker.stats().subscriptions, 1U);
  EXPECT_FALSE(h.router.has_route("t"));
  EXPECT_TRUE(h.router.has_route("u"));
}

TEST(Subscribe, AnAnswerNobodyWaitsForIsIgnored) {
  Harness h;
  h.broker.subscribe_done(1, {}, h.now);
  h.broker.subscribe_done(2, {{}}, h.now);
}

TEST(Subscribe, AgainReplacesTheOptions) {  // [MQTT-3.8.4-3]
  Harness h;
  auto& a = h.connect("a").subscribes({.filter = "t", .qos = QoS::exactly_once}, 1);
  a.subscribes({.filter = "t", .qos = QoS::at_most_once}, 2).ignores();
  h.delivers({.topic = "t", .qos = QoS::exactly_once});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' subscription=2"));
  EXPECT_EQ(h.broker.stats().subscriptions, 1U);
}

TEST(Subscribe, ManyAtOncePauseTheClient) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a");
  for (int i = 0; i < 100; ++i) a.subscribes("t" + std::to_string(i));
  EXPECT_EQ(a.receives(), lines("paused"));
  h.router.hold_subscribes = false;
  h.run();
  EXPECT_EQ(h.broker.stats().subscriptions, 100U);
}

TEST(Unsubscribe, EndsDeliveryAndTheRoute) {  // [MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.11.3-1]
  Harness h;
  auto& a = h.connect("a").subscribes("t").subscribes("u").ignores();
  auto& b = h.connect("b").subscribes("t").ignores();
  h.router.take();
  EXPECT_EQ(a.unsubscribes("t").receives(), lines("UNSUBACK id=3 code=0"));
  EXPECT_EQ(h.router.take(), "");
  EXPECT_EQ(a.unsubscribes("t").receives(), lines("UNSUBACK id=4 code=17"));
  h.delivers({.topic = "t"});
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t'"));
  b.unsubscribes("t");
  EXPECT_EQ(h.router.take(), lines("unroute t", "subscribe")) << "others have to know before UNSUBACK";
  EXPECT_EQ(h.connect("c", Version::v3_1_1).unsubscribes("x").receives(), lines("UNSUBACK id=1"));
}

TEST(Subscribe, ReachesWhatItsClientPublishesBehindItWithoutWaiting) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes("t", 1).publishes("t", "1", 1);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=1 payload='1'", "PUBACK id=2"));
  a.sends(Publish{.topic = "t", .payload = "kept", .retain = true});
  EXPECT_EQ(a.receives(), "") << "it comes with SUBACK, once";
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=1", "PUBLISH topic='t' retain payload='kept'"));
}

TEST(Subscribe, ToAGroupIsWaitedForByWhatItsClientPublishesBehindIt) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes("$share/g/t", 1).publishes("t", "1", 1).sends(mqtt::Pingreq{});
  EXPECT_EQ(a.receives(), lines("paused"));
  h.router.take();
  h.release_subscribes();
  h.run();
  EXPECT_EQ(a.receives(), lines("resumed", "SUBACK id=1 code=1", "PUBLISH topic='t' id=1 qos=1 payload='1'",
                                "PUBACK id=2", "PINGRESP"));
  EXPECT_EQ(h.router.take(), lines("route t"));
  // Nobody else waits.
  a.subscribes("$share/h/t").publishes("t", "2", 1);
  h.connect("b").publishes("t", "3", 1).ignores();
  EXPECT_EQ(h.router.take(), lines("share $share/h/t 1/1", "subscribe $share/h/t", "route t"));
  a.vanishes();
  h.release_subscribes();
}

TEST(Unsubscribe, BeforeSubackLeavesNothing) {
  Harness h;
  h.router.hold_subscribes = true;
  h.connect("p").sends(Publish{.topic = "t", .payload = "old", .retain = true});
  auto& a = h.connect("a").subscribes("t").unsubscribes("t");
  EXPECT_EQ(a.receives(), "");
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0", "UNSUBACK id=2 code=0"));
  EXPECT_FALSE(h.router.has_route("t"));
}

TEST(Unsubscribe, AndSubscribeAgainWaitsForTheNewRoute) {
  Harness h;
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes("t").unsubscribes("t").subscribes("t");
  EXPECT_EQ(h.router.take(),
            lines("subscribe t +route +retained", "unroute t", "subscribe", "subscribe t +route +retained"));
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0", "UNSUBACK id=2 code=0", "SUBACK id=3 code=0"));
  EXPECT_TRUE(h.router.has_route("t"));
}

TEST(Subscriptions, OfManySessionsStayInStep) {
  Harness h;
  constexpr int clients = 20;
  for (int i = 0; i < clients; ++i) {
    auto& c = h.connect("c" + std::to_string(i));
    for (int f = 0; f < 10; ++f) c.subscribes("f" + std::to_string((i + f) % 15), 1);
  }
  for (std::uint32_t i = 0; i < clients; i += 3)
    h.client(ConnId(i)).unsubscribes("f" + std::to_string(i % 15));
  for (std::uint32_t i = 1; i < clients; i += 3) h.client(ConnId(i)).vanishes();
  for (std::uint32_t i = 0; i < clients; ++i) h.client(ConnId(i)).ignores();
  for (int f = 0; f < 15; ++f) h.delivers({.topic = "f" + std::to_string(f), .payload = std::to_string(f)});
  for (std::uint32_t i = 0; i < clients; ++i) {
    std::string expected;
    for (std::uint32_t f = 0; f < 15; ++f) {
      const bool wanted = (f + 15 - i % 15) % 15 < 10 && i % 3 != 1 && !(i % 3 == 0 && f == i % 15);
      if (wanted)
        expected += "PUBLISH topic='f" + std::to_string(f) + "' payload='" + std::to_string(f) + "'\n";
    }
    EXPECT_EQ(h.client(ConnId(i)).receives(), expected) << i;
  }
  for (std::uint32_t i = 0; i < clients; ++i) {
    if (i % 3 != 1) h.client(ConnId(i)).vanishes();
  }
  EXPECT_EQ(h.broker.stats().subscriptions, 0U);
  EXPECT_EQ(h.router.route_count(), 0U);
}

// ---------------------------------------------------------------- retained

class Retained : public ::testing::Test {
 public:
  void SetUp() override {
    h.connect("p")
        .sends(Publish{.topic = "r/1", .payload = "one", .retain = true})
        .sends(Publish{
            .topic = "r/2", .payload = "two", .packet_id = 1, .qos = QoS::exactly_once, .retain = true});
  }
  Harness h;
};

TEST_F(Retained, MessagesFollowSubackInOrder) {  // [MQTT-3.3.1-8] [MQTT-3.3.1-9]
  auto& a = h.connect("a").subscribes("r/+", 1);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=1", "PUBLISH topic='r/1' retain payload='one'",
                                "PUBLISH topic='r/2' id=1 qos=1 retain payload='two'"));
}

TEST_F(Retained, MessagesComeForEachFilterOfThePacket) {
  auto& a = h.connect("a");
  const std::string too_deep(128, '/');
  const std::array filters{Subscription{.filter = "r/2"}, Subscription{.filter = "none"},
                           Subscription{.filter = too_deep}, Subscription{.filter = "r/1"}};
  a.sends(mqtt::Subscribe{.packet_id = 1, .subscription_id = 5, .subscriptions = filters});
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0 code=0 code=143 code=0",
                                "PUBLISH topic='r/2' retain subscription=5 payload='two'",
                                "PUBLISH topic='r/1' retain subscription=5 payload='one'"));
}

TEST_F(Retained, HandlingDecidesWhenTheyCome) {  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
  auto& a = h.connect("a");
  const auto with = [](RetainHandling handling) {
    return Subscription{.filter = "r/1", .retain_handling = handling};
  };
  EXPECT_EQ(a.subscribes(with(RetainHandling::do_not_send)).receives(), lines("SUBACK id=1 code=0"));
  EXPECT_EQ(a.subscribes(with(RetainHandling::send_if_new)).receives(), lines("SUBACK id=2 code=0"));
  EXPECT_EQ(a.subscribes(with(RetainHandling::send)).receives(),
            lines("SUBACK id=3 code=0", "PUBLISH topic='r/1' retain payload='one'"));
  a.unsubscribes("r/1").ignores();
  EXPECT_EQ(a.subscribes(with(RetainHandling::send_if_new)).receives(),
            lines("SUBACK id=5 code=0", "PUBLISH topic='r/1' retain payload='one'"));
}

TEST_F(Retained, MessagesAreGoneAfterAnEmptyOne) {  // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
  h.connect("q").sends(Publish{.topic = "r/1", .retain = true});
  EXPECT_EQ(h.connect("a").subscribes("r/1").receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Retained, MessagesOfOnesOwnObeyNoLocal) {
  auto& p = h.connect("p");
  EXPECT_EQ(p.subscribes({.filter = "r/1", .no_local = true}).receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Retained, MessagesThatExpiredAreNotSent) {
  h.connect("q").sends(Publish{.topic = "r/3", .payload = "x", .expiry_s = 5, .retain = true});
  h.advance(std::chrono::seconds(3));
  EXPECT_EQ(h.connect("a").subscribes("r/3").receives(),
            lines("SUBACK id=1 code=0", "PUBLISH topic='r/3' retain expiry=2 payload='x'"));
  h.advance(std::chrono::seconds(3));
  EXPECT_EQ(h.connect("b").subscribes("r/3").receives(), lines("SUBACK id=1 code=0"));
}

TEST(RetainedBacklog, IsSentAsTheClientKeepsUp) {
  Harness h({.inflight_max = 1, .queue_messages_max = 2, .output_bytes_max = 200});
  auto& p = h.connect("p");
  std::string expected;
  for (int i = 10; i < 60; ++i) {
    const std::string topic = "r/" + std::to_string(i);
    p.sends(Publish{.topic = topic, .payload = "0123456789", .retain = true});
    expected += "PUBLISH topic='" + topic + "' retain payload='0123456789'\n";
  }
  auto& a = h.connect("a");
  h.slow.insert(a.conn().value);
  a.subscribes("r/#", 1);
  EXPECT_LT(a.unread_bytes(), 250U);
  std::string got = a.receives();
  for (int i = 0; i < 60; ++i) {
    h.broker.drained(a.conn(), h.now);
    got += a.receives();
  }
  EXPECT_EQ(got, lines("SUBACK id=1 code=1") + expected);
  EXPECT_EQ(h.metrics().delivery_dropped, 0U);
}

TEST(RetainedBacklog, OfManySubscriptionsIsBounded) {
  Harness h({.inflight_max = 1, .queue_messages_max = 1});
  auto& p = h.connect("p", Version::v3_1_1);
  for (PacketId id = 1; id <= 50; ++id) {
    const std::string topic = "r/" + std::to_string(id);
    p.sends(
        Publish{.topic = topic, .payload = "x", .packet_id = id, .qos = QoS::at_least_once, .retain = true});
  }
  auto& a = h.connect("a");
  for (int i = 0; i < 10; ++i) a.subscribes("r/#", 1);
  EXPECT_EQ(h.metrics().delivery_dropped_queue_full, 8U * 50U);
  EXPECT_EQ(h.broker.clients()[0].dropped_msgs, 8U * 50U);
  for (PacketId id = 1; id <= 100; ++id) a.acks(PacketType::puback, id);
  EXPECT_EQ(h.broker.clients()[0].traffic.publishes_sent, 100U);
}

TEST(RetainedBacklog, GoesThroughTheWindow) {
  Harness h({.inflight_max = 2, .queue_messages_max = 1});
  auto& p = h.connect("p", Version::v3_1_1);
  for (int i = 1; i < 7; ++i) {
    p.sends(Publish{.topic = "r/" + std::to_string(i),
                    .payload = "x",
                    .packet_id = static_cast<mqtt::PacketId>(i),
                    .qos = QoS::at_least_once,
                    .retain = true});
  }
  auto& a = h.connect("a").subscribes("r/#", 1);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=1", "PUBLISH topic='r/1' id=1 qos=1 retain payload='x'",
                                "PUBLISH topic='r/2' id=2 qos=1 retain payload='x'"));
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(a.acks(PacketType::puback, static_cast<mqtt::PacketId>(i)).receives(),
              lines("PUBLISH topic='r/" + std::to_string(i + 2) + "' id=" + std::to_string(i + 2) +
                    " qos=1 retain payload='x'"));
  }
}

}  // namespace
}  // namespace meshmq::broker::testing
