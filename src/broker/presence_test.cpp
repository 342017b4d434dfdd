// Events of clients that come and go.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::QoS;
using mqtt::ReasonCode;
using mqtt::Version;

Config speaking() {
  Config config;
  config.node_name = "n@h";
  config.presence = true;
  config.session_expiry_interval = std::chrono::hours(2);
  return config;
}

class PresenceTest : public ::testing::Test {
 protected:
  PresenceTest() { watcher.subscribes("$SYS/brokers/+/clients/#", 1).ignores(); }

  /// Topic and payload of what the watcher gets, one line each.
  std::string events() {
    std::string text;
    watcher.reads([&](const mqtt::Packet& packet) {
      const auto* publish = std::get_if<mqtt::Publish>(&packet);
      if (publish == nullptr) return;
      EXPECT_EQ(publish->qos, QoS::at_least_once);
      text.append(publish->topic.substr(publish->topic.rfind('/') + 1)).append(" ");
      text.append(publish->payload).append("\n");
      watcher.acks(mqtt::PacketType::puback, publish->packet_id);
    });
    return text;
  }
  /// Why they have gone.
  std::string reasons() {
    const std::string text = events();
    std::string found;
    const std::string name = "\"reason\":\"";
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      const std::size_t begin = at + name.size();
      found += text.substr(begin, text.find('"', begin) - begin) + " ";
    }
    return found;
  }

  Harness h{speaking()};
  TestClient& watcher = h.connect("watcher");
};

TEST_F(PresenceTest, TellsWhoComesAndGoes) {
  TestClient& client = h.open(Peer{.name = "10.0.0.1:4711", .listener_port = 1883});
  client.speaks(Version::v3_1_1);
  client.sends(Connect{.version = Version::v3_1_1,
                       .clean_start = false,
                       .keep_alive_s = 60,
                       .client_id = "c/1",
                       .username = "joe"});
  EXPECT_EQ(
      events(),
      "connected {\"clientid\":\"c/1\",\"ipaddress\":\"10.0.0.1\",\"proto_name\":\"MQTT\",\"proto_ver\":4,"
      "\"sockport\":1883,\"ts\":1000000,\"username\":\"joe\",\"clean_start\":false,\"connack\":0,"
      "\"connected_at\":1000000,\"expiry_interval\":7200,\"keepalive\":60}\n");
  h.advance(std::chrono::seconds(5));
  client.says_goodbye();
  EXPECT_EQ(
      events(),
      "disconnected {\"clientid\":\"c/1\",\"ipaddress\":\"10.0.0.1\",\"proto_name\":\"MQTT\",\"proto_ver\":4,"
      "\"sockport\":1883,\"ts\":1005000,\"username\":\"joe\",\"disconnected_at\":1005000,"
      "\"reason\":\"normal\"}\n");
}

TEST_F(PresenceTest, OtherVersionsAndAddresses) {
  h.open(Peer{.name = "[::1]:4711"})
      .sends(Connect{.version = Version::v5, .clean_start = true, .client_id = "six"});
  const std::string six = events();
  EXPECT_NE(six.find("\"ipaddress\":\"::1\",\"proto_name\":\"MQTT\",\"proto_ver\":5"), std::string::npos)
      << six;
  EXPECT_NE(six.find("\"username\":\"undefined\""), std::string::npos) << six;
  TestClient& old = h.open(Peer{.name = "unix"});
  old.speaks(Version::v3_1);
  old.sends(Connect{.version = Version::v3_1, .client_id = "old"});
  const std::string three = events();
  EXPECT_NE(three.find("\"ipaddress\":\"127.0.0.1\",\"proto_name\":\"MQIsdp\",\"proto_ver\":3"),
            std::string::npos)
      << three;
}

TEST_F(PresenceTest, SaysWhyAClientIsGone) {
  h.connect("a").vanishes();
  EXPECT_EQ(reasons(), "tcp_closed ");
  h.connect("b").sends(mqtt::Disconnect{.reason = ReasonCode::disconnect_with_will});
  EXPECT_EQ(reasons(), "disconnect_with_will ");
  h.connect("c");
  h.connect(Connect{.version = Version::v5, .clean_start = false, .client_id = "c"});
  EXPECT_EQ(reasons(), "takeovered ");
  h.connect("c");
  EXPECT_EQ(reasons(), "discarded ");
  h.connect("d");
  h.broker.kick("d", h.now);
  EXPECT_EQ(reasons(), "kicked ");
  h.connect("e").sends_bytes(std::string_view("\xF0\x00", 2));
  EXPECT_EQ(reasons(), "protocol_error ");
  h.connect(Connect{.version = Version::v5, .keep_alive_s = 10, .client_id = "f"});
  h.advance(std::chrono::seconds(16));
  EXPECT_EQ(reasons(), "keepalive_timeout ");
}

TEST_F(PresenceTest, IsNoPublishOfAClient) {
  const std::uint64_t published = h.metrics().messages_publish;
  h.connect("a").says_goodbye();
  EXPECT_EQ(h.metrics().messages_publish, published);
  watcher.says_goodbye();
  h.connect("b");
  EXPECT_EQ(h.metrics().messages_dropped, 0U);
}

TEST_F(PresenceTest, IsSilentOfIdsThatCannotStandInATopic) {
  h.connect("a+b").says_goodbye();
  h.connect("#").says_goodbye();
  EXPECT_EQ(events(), "");
}

TEST_F(PresenceTest, AClientGetsItsOwnEventBehindItsConnack) {
  h.connect(Connect{.version = Version::v5, .clean_start = false, .client_id = "me", .session_expiry_s = 100})
      .subscribes("$SYS/brokers/n@h/clients/me/connected")
      .ignores()
      .vanishes();
  const std::string got =
      h.connecting(
           Connect{.version = Version::v5, .clean_start = false, .client_id = "me", .session_expiry_s = 100})
          .receives();
  EXPECT_LT(got.find("CONNACK"), got.find("PUBLISH")) << got;
  EXPECT_NE(got.find("PUBLISH"), std::string::npos) << got;
}

TEST(Presence, IsSaidOnlyWhereItIsWanted) {
  Harness h;
  h.connect("watcher").subscribes("$SYS/#").ignores();
  h.router.take();
  h.connect("a").says_goodbye();
  EXPECT_EQ(h.router.take(), "");
}

}  // namespace
}  // namespace meshmq::broker::testing
