// What is counted of each connection.

#include "broker/traffic.hpp"

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;
using mqtt::QoS;

constexpr Connect lasting{.clean_start = false, .client_id = "a", .session_expiry_s = 100};

std::string text(const Traffic& t) {
  return "received " + std::to_string(t.packets_received) + "/" + std::to_string(t.publishes_received) +
         ", sent " + std::to_string(t.packets_sent()) + "/" + std::to_string(t.publishes_sent);
}

/// Packets and, behind the slash, how many of them are PUBLISH.
std::string traffic_of(const Harness& h, std::string_view client_id) {
  const auto found = h.broker.clients(client_id);
  return found.size() == 1 ? text(found[0].traffic) : std::to_string(found.size()) + " clients";
}

TEST(Traffic, IsPacketsAndMessagesOfBothDirectionsAtEveryQos) {
  Harness h;
  auto& a = h.connect("a").subscribes("t", 2);
  auto& b = h.connect("b");
  EXPECT_EQ(traffic_of(h, "a"), "received 2/0, sent 2/0");
  b.publishes("t", "zero", 0);
  EXPECT_EQ(traffic_of(h, "b"), "received 2/1, sent 1/0");
  EXPECT_EQ(traffic_of(h, "a"), "received 2/0, sent 3/1");
  b.publishes("t", "one", 1);
  a.acks(PacketType::puback, 1);
  EXPECT_EQ(traffic_of(h, "b"), "received 3/2, sent 2/0");
  EXPECT_EQ(traffic_of(h, "a"), "received 3/0, sent 4/2");
  b.publishes("t", "two", 2).acks(PacketType::pubrel, 2);
  a.acks(PacketType::pubrec, 2).acks(PacketType::pubcomp, 2);
  EXPECT_EQ(traffic_of(h, "b"), "received 5/3, sent 4/0");
  EXPECT_EQ(traffic_of(h, "a"), "received 5/0, sent 6/3");
  b.sends(mqtt::Pingreq{}).unsubscribes("none");
  EXPECT_EQ(traffic_of(h, "b"), "received 7/3, sent 6/0");
}

TEST(Traffic, HasWhatIsRefusedAndWhatComesByAGroupOrWasRetained) {
  Harness h;
  auto& b = h.connect("b");
  b.sends(mqtt::Publish{.topic = "r", .payload = "kept", .retain = true});
  b.publishes("$delayed/x/y", "no time", 1);
  EXPECT_EQ(traffic_of(h, "b"), "received 3/2, sent 2/0");
  h.connect("a").subscribes("$share/g/s").subscribes("r");
  b.publishes("s", "by the group", 0);
  EXPECT_EQ(traffic_of(h, "a"), "received 3/0, sent 5/2");
}

TEST(Traffic, BeginsAnewWithEachConnectionAndStaysWhenItIsOver) {
  Harness h;
  auto& first = h.connect(lasting).subscribes("t", 2);
  for (const char* payload : {"one", "two"}) {
    h.delivers({.topic = "t", .payload = payload, .qos = QoS::exactly_once});
  }
  first.acks(PacketType::pubrec, 1).says_goodbye();
  EXPECT_EQ(traffic_of(h, "a"), "received 4/0, sent 5/2") << "DISCONNECT is a packet";
  h.delivers({.topic = "t", .payload = "three", .qos = QoS::exactly_once});
  EXPECT_EQ(traffic_of(h, "a"), "received 4/0, sent 5/2") << "what waits was not sent";
  h.connecting(lasting);
  EXPECT_EQ(traffic_of(h, "a"), "received 1/0, sent 4/2") << "CONNACK, PUBREL, a repetition and what waited";
  h.connecting(lasting);
  EXPECT_EQ(traffic_of(h, "a"), "received 1/0, sent 4/2") << "one connection replaces another";
}

TEST(Traffic, OfTheSocketIsKnownWhileThereIsOne) {
  Harness h;
  auto& a = h.connect(lasting);
  a.socket = {.bytes_received = 1, .reads = 2, .bytes_sent = 3, .writes = 4};
  const auto socket = h.broker.clients()[0].socket;
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->bytes_received, 1U);
  EXPECT_EQ(socket->reads, 2U);
  EXPECT_EQ(socket->bytes_sent, 3U);
  EXPECT_EQ(socket->writes, 4U);
  a.vanishes();
  EXPECT_FALSE(h.broker.clients()[0].socket);
}

TEST(Traffic, IsListedOfOneClientAlone) {
  Harness h;
  h.connect("a");
  h.connect("b");
  ASSERT_EQ(h.broker.clients("b").size(), 1U);
  EXPECT_EQ(h.broker.clients("b")[0].client_id, "b");
  EXPECT_TRUE(h.broker.clients("c").empty());
  EXPECT_EQ(h.broker.clients().size(), 2U);
}

}  // namespace
}  // namespace meshmq::broker::testing
