// Wills.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::QoS;
using mqtt::ReasonCode;
using mqtt::Version;

Connect with_will(Version version = Version::v5) {
  return {.version = version,
          .keep_alive_s = 10,
          .client_id = "mortal",
          .will = mqtt::Will{.topic = "w", .payload = "gone", .qos = QoS::at_least_once}};
}

class Will : public ::testing::Test {
 public:
  Will() : watcher(h.connect("watcher").subscribes("w", 1).ignores()) {}

  Harness h;
  TestClient& watcher;
  const std::string will_line = lines("PUBLISH topic='w' id=1 qos=1 payload='gone'");
};

TEST_F(Will, IsPublishedWhenTheNetworkFails) {  // [MQTT-3.1.2-8]
  h.connect(with_will()).vanishes();
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsPublishedAfterAKeepAliveTimeout) {
  h.connect(with_will(Version::v3_1_1));
  h.advance(std::chrono::seconds(16));
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsPublishedAfterAProtocolError) {
  h.connect(with_will(Version::v3_1_1)).sends_bytes(std::string_view("\xF0\x00", 2));
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsPublishedWhenTheClientIsKicked) {
  h.connect(with_will());
  h.broker.kick("mortal", h.now);
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsDiscardedByDisconnect) {  // [MQTT-3.1.2-10] [MQTT-3.14.4-3]
  h.connect(with_will()).says_goodbye().vanishes();
  h.connect(with_will(Version::v3_1_1)).says_goodbye().vanishes();
  EXPECT_EQ(watcher.receives(), "");
}

TEST_F(Will, IsPublishedIfDisconnectAsksForIt) {  // [MQTT5 3.14.2.1]
  h.connect(with_will()).sends(mqtt::Disconnect{.reason = ReasonCode::disconnect_with_will});
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsPublishedOnce) {
  auto& a = h.connect(with_will());
  a.sends(mqtt::Disconnect{.reason = ReasonCode::disconnect_with_will}).vanishes();
  h.advance(std::chrono::seconds(60));
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, IsRetainedIfToldSo) {  // [MQTT-3.1.2-15]
  Connect connect = with_will();
  connect.will->retain = true;
  h.connect(connect).vanishes();
  EXPECT_EQ(watcher.receives(), will_line);
  EXPECT_EQ(h.connect("late").subscribes("w").receives(),
            lines("SUBACK id=1 code=0", "PUBLISH topic='w' retain payload='gone'"));
}

TEST_F(Will, WaitsForItsDelay) {  // [MQTT5 3.1.3.2.2]
  Connect connect = with_will();
  connect.session_expiry_s = 100;
  connect.will->delay_s = 20;
  connect.will->expiry_s = 30;
  h.connect(connect).vanishes();
  h.advance(std::chrono::milliseconds(19'800));
  EXPECT_EQ(watcher.receives(), "");
  h.advance(std::chrono::milliseconds(400));
  EXPECT_EQ(watcher.receives(), lines("PUBLISH topic='w' id=1 qos=1 expiry=30 payload='gone'"));
  EXPECT_EQ(h.broker.stats().sessions, 2U);
  h.advance(std::chrono::seconds(100));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  EXPECT_EQ(watcher.receives(), "");
}

TEST_F(Will, DoesNotWaitBeyondTheEndOfTheSession) {
  Connect connect = with_will();
  connect.will->delay_s = 20;
  h.connect(connect).vanishes();
  EXPECT_EQ(watcher.receives(), will_line);
  connect.session_expiry_s = 10;
  h.connect(connect).vanishes();
  h.advance(std::chrono::seconds(9));
  EXPECT_EQ(watcher.receives(), "");
  h.advance(std::chrono::seconds(1));
  EXPECT_EQ(watcher.receives(), lines("PUBLISH topic='w' id=2 qos=1 payload='gone'"));
}

TEST_F(Will, IsNotPublishedIfTheClientIsBackInTime) {  // [MQTT-3.1.3-9]
  Connect connect = with_will();
  connect.clean_start = false;
  connect.session_expiry_s = 100;
  connect.will->delay_s = 20;
  h.connect(connect).vanishes();
  h.advance(std::chrono::seconds(10));
  connect.will.reset();
  h.connect(connect).vanishes();
  h.advance(std::chrono::seconds(200));
  EXPECT_EQ(watcher.receives(), "");
}

TEST_F(Will, OfADiscardedSessionIsPublishedAtOnce) {
  Connect connect = with_will();
  connect.session_expiry_s = 100;
  connect.will->delay_s = 20;
  h.connect(connect).vanishes();
  connect.clean_start = true;
  connect.will.reset();
  h.connect(connect);
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, WithoutDelayIsPublishedAtATakeover) {
  Connect connect = with_will();
  connect.clean_start = false;
  connect.session_expiry_s = 100;
  h.connect(connect);
  h.connect(connect);
  EXPECT_EQ(watcher.receives(), will_line);
}

TEST_F(Will, WithDelayIsForgottenAtATakeover) {
  Connect connect = with_will();
  connect.clean_start = false;
  connect.session_expiry_s = 100;
  connect.will->delay_s = 5;
  h.connect(connect);
  connect.will.reset();
  auto& again = h.connect(connect);
  again.sends(mqtt::Pingreq{});
  h.advance(std::chrono::seconds(10));
  EXPECT_EQ(watcher.receives(), "");
}

TEST_F(Will, ReachesItsOwnPersistentSession) {
  Connect connect = with_will();
  connect.clean_start = false;
  connect.session_expiry_s = 100;
  h.connect(connect).subscribes("w", 1).vanishes();
  EXPECT_EQ(watcher.receives(), will_line);
  EXPECT_NE(h.connecting(connect).receives().find("PUBLISH topic='w' id=1 qos=1 payload='gone'"),
            std::string::npos);
}

TEST_F(Will, IsKnownToOthersAsLongAsItMayBePublished) {
  Connect connect = with_will();
  connect.clean_start = false;
  connect.session_expiry_s = 100;
  connect.will->delay_s = 300;
  using Wills = std::map<std::string, std::string>;
  h.connect(connect);
  EXPECT_EQ(h.router.wills, (Wills{{"mortal", "gone after 100"}}));
  auto& again = h.connect(connect);
  EXPECT_EQ(h.router.wills, (Wills{{"mortal", "gone after 100"}}));
  again.vanishes();
  EXPECT_EQ(h.router.wills, (Wills{{"mortal", "gone after 100 from " + std::to_string(h.now.wall)}}));
  h.advance(std::chrono::seconds(101));
  EXPECT_EQ(h.router.wills, Wills{});
  h.connect(connect).says_goodbye();
  EXPECT_EQ(h.router.wills, Wills{});
  h.connect(connect).vanishes();
  connect.will.reset();
  h.connect(connect);
  EXPECT_EQ(h.router.wills, Wills{});
}

TEST_F(Will, IsPublishedAtShutDown) {
  h.connect(with_will());
  h.router.take();
  h.broker.shut_down(h.now);
  EXPECT_EQ(h.router.take(), lines("unroute w", "route w"));
}

}  // namespace
}  // namespace meshmq::broker::testing
