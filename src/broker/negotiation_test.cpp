// What is agreed upon at CONNECT, and the habits of a zone.

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker_harness.hpp"
#include "broker/session.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::QoS;
using mqtt::Version;

TEST(ReasonString, SaysWhichLimitWasMet) {
  Harness h({.client_id_bytes_max = 5, .topic_levels_max = 2, .subscriptions_max = 1});
  h.show_reason_strings = true;
  EXPECT_EQ(h.connecting({.client_id = "123456"}).receives(),
            lines("CONNACK reason=85 reason_string='client id longer than mqtt.max_clientid_len'",
                  "closed: limit"));
  auto& a = h.connect("a");
  EXPECT_EQ(a.publishes("1/2/3", "x").receives(),
            lines("DISCONNECT reason=90 reason_string='topic with more levels than mqtt.max_topic_levels'",
                  "closed: limit"));
  auto& b = h.connect("b").subscribes("t").ignores();
  EXPECT_EQ(b.subscribes("u").receives(),
            lines("SUBACK id=2 reason_string='more subscriptions than zone.*.max_subscriptions' code=151"));
}

TEST(ReasonString, IsNotSentToWhoDoesNotWantIt) {  // [MQTT-3.1.2-29]
  Harness h({.topic_levels_max = 2, .subscriptions_max = 1});
  h.show_reason_strings = true;
  auto& a = h.connect({.client_id = "a", .request_problem_information = false});
  EXPECT_EQ(a.subscribes("1/2/3").receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(a.publishes("1/2/3", "x").receives(), lines("DISCONNECT reason=90", "closed: limit"));
}

TEST(ReasonString, IsLeftOutWhereThePacketWouldBecomeTooLarge) {  // [MQTT-3.2.2-19] [MQTT-3.14.2-3]
  for (const std::uint32_t limit : {40U, 200U}) {
    Harness h({.topic_levels_max = 2});
    h.show_reason_strings = true;
    auto& a = h.connect({.client_id = "a", .packet_bytes_max = limit});
    const bool is_there = a.publishes("1/2/3", "x").receives().find("reason_string") != std::string::npos;
    EXPECT_EQ(is_there, limit == 200);
  }
}

TEST(MaximumPacketSize, OfAClientThatCannotTakeConnackClosesIt) {  // [MQTT-3.1.2-24]
  Harness h;
  EXPECT_EQ(h.connecting({.client_id = "a", .packet_bytes_max = 10}).receives(), lines("closed: limit"));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(MaximumPacketSize, HoldsForTheAnswersToSubscribeAndUnsubscribe) {
  const std::string filter(1, 't');
  const std::vector<mqtt::Subscription> filters(26, mqtt::Subscription{.filter = filter});
  const std::vector<std::string_view> names(26, filter);
  Harness h;
  const auto client = [&](std::string_view id) -> TestClient& {
    return h.connect({.client_id = id, .packet_bytes_max = 30});
  };
  const std::span all(filters);
  EXPECT_EQ(client("a").sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = all}).receives(),
            lines("DISCONNECT reason=95", "closed: limit"));
  EXPECT_FALSE(h.router.has_route("t"));
  auto& b = client("b").sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = all.first(25)});
  EXPECT_NE(b.receives().find("SUBACK"), std::string::npos);
  EXPECT_EQ(b.sends(mqtt::Unsubscribe{.packet_id = 2, .filters = names}).receives(),
            lines("DISCONNECT reason=95", "closed: limit"));
}

TEST(SessionExpiry, IsLimitedAndTheClientIsTold) {
  Harness h({.session_expiry_max_s = 60});
  EXPECT_EQ(h.connecting({.client_id = "a", .session_expiry_s = 60}).receives().find("session_expiry"),
            std::string::npos);
  auto& b = h.connecting({.client_id = "b", .session_expiry_s = expiry_never});
  EXPECT_NE(b.receives().find(" session_expiry=60 "), std::string::npos);
  b.sends(mqtt::Disconnect{.session_expiry_s = 1000});
  h.advance(std::chrono::seconds(59));
  EXPECT_EQ(h.broker.stats().sessions, 2U);
  h.advance(std::chrono::seconds(2));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
}

TEST(ResponseInformation, IsForThoseWhoAsk) {  // [MQTT-3.1.2-28]
  Harness h({.response_information = "replies/"});
  EXPECT_EQ(h.connecting({.client_id = "a"}).receives().find("response_information"), std::string::npos);
  EXPECT_NE(h.connecting({.client_id = "b", .request_response_information = true})
                .receives()
                .find("response_information='replies/'"),
            std::string::npos);
}

TEST(UsernameAsClientid, NamesTheSession) {
  Harness h({.use_username_as_clientid = true});
  auto& a = h.connecting({.client_id = "a", .username = "u"});
  EXPECT_EQ(a.receives().find(" client="), std::string::npos);
  EXPECT_EQ(h.broker.clients().front().client_id, "u");
  // [MQTT-3.2.2-16] Who brought none is told.
  EXPECT_NE(h.connecting({.username = "v"}).receives().find(" client='v'"), std::string::npos);
  h.connect({.client_id = "b"});
  EXPECT_EQ(h.broker.clients().front().client_id, "b");
}

TEST(IgnoreLoopDeliver, IsNoLocalForClientsOfMqtt3) {
  Harness h({.ignore_loop_deliver = true});
  auto& old = h.connect("old", Version::v3_1_1).subscribes("t").ignores();
  auto& modern = h.connect("modern").subscribes("t").ignores();
  old.publishes("t", "x");
  EXPECT_EQ(old.receives(), "");
  EXPECT_EQ(modern.receives(), lines("PUBLISH topic='t' payload='x'"));
  modern.publishes("t", "y");
  EXPECT_EQ(old.receives(), lines("PUBLISH topic='t' payload='y'"));
  EXPECT_EQ(modern.receives(), lines("PUBLISH topic='t' payload='y'"));
}

TEST(UpgradeQos, TakesTheLargerOne) {
  Harness h({.upgrade_qos = true});
  auto& a = h.connect("a").subscribes("t", 2).subscribes("$share/g/s", 1).ignores();
  auto& p = h.connect("p");
  p.publishes("t", "0").publishes("s", "1").publishes("t", "2", 1).ignores();
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='t' id=1 qos=2 payload='0'", "PUBLISH topic='s' id=2 qos=1 payload='1'",
                  "PUBLISH topic='t' id=3 qos=2 payload='2'"));
  p.sends(mqtt::Publish{.topic = "r", .payload = "x", .retain = true});
  EXPECT_EQ(a.subscribes("r", 1).receives(),
            lines("SUBACK id=3 code=1", "PUBLISH topic='r' id=4 qos=1 retain payload='x'"));
}

TEST(CheckPayloadFormat, RefusesWhatIsNotTheTextItSaysItIs) {
  Harness h({.check_payload_format = true});
  const std::string text = std::string("\x01\x01", 2);
  auto& a = h.connect("a");
  const auto publish = [&](QoS qos, std::string_view payload) {
    return a
        .sends(mqtt::Publish{.topic = "t",
                             .payload = payload,
                             .properties = text,
                             .packet_id = static_cast<mqtt::PacketId>(qos == QoS::at_most_once ? 0 : 1),
                             .qos = qos})
        .receives();
  };
  EXPECT_EQ(publish(QoS::at_least_once, "good"), lines("PUBACK id=1 reason=10"));
  EXPECT_EQ(publish(QoS::at_least_once, "\xFF"), lines("PUBACK id=1 reason=99"));
  EXPECT_EQ(publish(QoS::exactly_once, "\xFF"), lines("PUBREC id=1 reason=99"));
  EXPECT_EQ(publish(QoS::exactly_once, "good"), lines("PUBREC id=1 reason=10"));
  EXPECT_EQ(publish(QoS::at_most_once, "good"), "");
  EXPECT_EQ(publish(QoS::at_most_once, "\xFF"), lines("DISCONNECT reason=99", "closed: protocol_error"));
  const mqtt::Will will{.topic = "w", .payload = "\xFF", .properties = text};
  EXPECT_EQ(h.connecting({.client_id = "b", .will = will}).receives(),
            lines("CONNACK reason=99", "closed: protocol_error"));
}

TEST(SubscriptionIdentifierOff, IsSaidInConnackAndAProtocolErrorThen) {  // [MQTT5 3.2.2.3.12]
  Harness h({.subscription_identifier = false});
  auto& a = h.connecting({.client_id = "a"});
  EXPECT_NE(a.receives().find("no_subscription_ids"), std::string::npos);
  EXPECT_EQ(a.subscribes({.filter = "t"}, 7).receives(),
            lines("DISCONNECT reason=a1", "closed: protocol_error"));
}

TEST(Refusal, WithoutAReturnCodeInMqtt3ClosesWithoutAnswer) {  // [MQTT-3.2.2-6] of 3.1.1
  Harness h({.qos_max = QoS::at_most_once});
  const mqtt::Will will{.topic = "w", .qos = QoS::exactly_once};
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .client_id = "a", .will = will}).receives(),
            lines("closed: protocol_error"));
}

TEST(RetryInterval, OfNothingRepeatsNothing) {
  Harness h({.retry_interval = Duration(0)});
  auto& a = h.connect("a", Version::v3_1_1).subscribes("t", 1).ignores();
  h.connect("p").publishes("t", "x", 1);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=1 payload='x'"));
  h.advance(std::chrono::hours(1));
  EXPECT_EQ(a.receives(), "");
}

}  // namespace
}  // namespace meshmq::broker::testing
