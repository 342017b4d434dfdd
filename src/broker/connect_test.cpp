// CONNECT, CONNACK, DISCONNECT, keep-alive.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/hash.hpp"
#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;
using mqtt::ReasonCode;
using mqtt::Version;

constexpr auto connack_v5 = "CONNACK receive_max=100 packet_max=1048576 alias_max=65535";

/// A client id whose home is that worker of two.
std::string id_at_home(std::uint16_t worker) {
  for (int i = 0;; ++i) {
    std::string id = "client-" + std::to_string(i);
    if (hash_bytes(id) % 2 == worker) return id;
  }
}

TEST(Connect, IsAnsweredWithWhatTheBrokerOffers) {
  Harness h;
  EXPECT_EQ(h.connecting({.client_id = "a"}).receives(), lines(connack_v5));
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .client_id = "b"}).receives(), lines("CONNACK"));
  EXPECT_EQ(h.connecting({.version = Version::v3_1, .client_id = "c"}).receives(), lines("CONNACK"));
  EXPECT_EQ(h.broker.stats().connections, 3U);
  EXPECT_EQ(h.metrics().client_connected, 3U);
  EXPECT_EQ(h.metrics().packets_connect_received, 3U);
  EXPECT_EQ(h.metrics().packets_connack_sent, 3U);
}

TEST(Connect, TellsLimitsThatDifferFromMqtts) {
  Harness h({.packet_bytes_max = 5000,
             .qos_max = mqtt::QoS::at_least_once,
             .topic_alias_max = 7,
             .retain_available = false,
             .wildcard_subscription = false,
             .server_keepalive_s = 33,
             .awaiting_rel_max = 0});
  EXPECT_EQ(h.connecting({.keep_alive_s = 60, .client_id = "a"}).receives(),
            lines("CONNACK qos_max=1 no_retain packet_max=5000 alias_max=7 no_wildcards keep_alive=33"));
}

TEST(Connect, AListenersZoneHoldsForItsClients) {
  Config config;
  config.more_zones.push_back({.packet_bytes_max = 500, .server_keepalive_s = 20});
  Harness h(config);
  EXPECT_EQ(h.open(Peer{.name = "10.0.0.9:1", .zone = 1}).sends(Connect{.client_id = "a"}).receives(),
            lines("CONNACK receive_max=100 packet_max=500 alias_max=65535 keep_alive=20"));
  EXPECT_EQ(h.open(Peer{.name = "10.0.0.9:2", .zone = 7}).sends(Connect{.client_id = "b"}).receives(),
            h.open().sends(Connect{.client_id = "c"}).receives());
}

TEST(Connect, ACertificateMaySayWhoTheClientIs) {
  Harness h;
  h.open(Peer{.name = "10.0.0.9:1", .username = "thing", .clientid = "thing-1"})
      .sends(Connect{.client_id = "liar", .username = "root"});
  h.open(Peer{.name = "10.0.0.9:2", .username = "thing"}).sends(Connect{.client_id = "thing-2"});
  h.open(Peer{.name = "10.0.0.9:3", .cn = "no name"})
      .sends(Connect{.client_id = "thing-3", .username = "me"});
  std::string seen;
  for (const ClientInfo& client : h.broker.clients()) seen += client.client_id + "=" + client.username + " ";
  EXPECT_EQ(seen, "thing-1=thing thing-2=thing thing-3=me ");
}

TEST(Connect, ACertificatesClientIdHasItsOwnHome) {
  Harness h({.worker_count = 2});
  EXPECT_EQ(h.open(Peer{.name = "10.0.0.9:1", .clientid = id_at_home(1)})
                .sends(Connect{.client_id = id_at_home(0)})
                .receives(),
            "moved to 1\n");
}

TEST(Connect, AssignsAnIdToWhoHasNone) {  // [MQTT-3.1.3-6] [MQTT-3.2.2-16]
  Harness h;
  const std::string first = h.connecting({}).receives();
  const std::string second = h.connecting({}).receives();
  EXPECT_NE(first.find(" client='meshmq-"), std::string::npos) << first;
  EXPECT_NE(first, second);
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1}).receives(), lines("CONNACK"));
  EXPECT_EQ(h.broker.stats().sessions, 3U);
}

TEST(Connect, AssignsIdsWhoseHomeIsThisWorker) {
  Harness h({.worker_count = 2}, 1);
  for (int i = 0; i < 20; ++i) h.connecting({});
  for (const ClientInfo& client : h.broker.clients()) EXPECT_EQ(hash_bytes(client.client_id) % 2, 1U);
}

TEST(Connect, WithoutAnIdNeedsACleanSessionBefore5) {  // [MQTT-3.1.3-8] of 3.1.1
  Harness h;
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .clean_start = false}).receives(),
            lines("CONNACK reason=85", "closed: protocol_error"));
  EXPECT_EQ(h.connecting({.version = Version::v3_1}).receives(),
            lines("CONNACK reason=85", "closed: protocol_error"));
  EXPECT_EQ(h.metrics().packets_connack_error, 2U);
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(Connect, IsRefusedIfTheIdIsTooLong) {
  Harness h({.client_id_bytes_max = 5});
  EXPECT_EQ(h.connecting({.client_id = "123456"}).receives(), lines("CONNACK reason=85", "closed: limit"));
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .client_id = "123456"}).receives(),
            lines("CONNACK reason=85", "closed: limit"));
}

TEST(Connect, MovesToTheHomeOfItsId) {
  Harness h({.worker_count = 2}, 0);
  const std::string away = id_at_home(1);
  auto& c = h.connecting({.client_id = away});
  EXPECT_EQ(c.receives(), lines("moved to 1"));
  EXPECT_EQ(h.metrics().packets_received, 0U);
  EXPECT_EQ(h.metrics().bytes_received, 0U);
  EXPECT_EQ(h.broker.stats().connections, 0U);
  const std::string here = id_at_home(0);
  EXPECT_EQ(h.connecting({.client_id = here}).receives(), lines(connack_v5));
}

TEST(Connect, MovesWithAllItsBytes) {
  Harness h({.worker_count = 2}, 0);
  std::string bytes;
  const std::string away = id_at_home(1);
  mqtt::encode_packet(Connect{.client_id = away}, Version::v5, bytes);
  mqtt::encode_packet(mqtt::Pingreq{}, Version::v5, bytes);
  auto& c = h.open();
  EXPECT_EQ(h.broker.handle_bytes(c.conn(), bytes, h.now), 0U);
  EXPECT_EQ(c.receives(), lines("moved to 1"));
}

TEST(Connect, MustBeTheFirstPacket) {  // [MQTT-3.1.0-1]
  Harness h;
  EXPECT_EQ(h.open().sends(mqtt::Pingreq{}).receives(), lines("closed: protocol_error"));
  EXPECT_EQ(h.open().sends_bytes("\x30").receives(), lines("closed: protocol_error"));
  EXPECT_EQ(h.open().sends_bytes("GET / HTTP/1.1\r\n").receives(), lines("closed: protocol_error"));
}

TEST(Connect, MayComeOnceOnly) {  // [MQTT-3.1.0-2]
  Harness h;
  auto& c = h.connect("a");
  EXPECT_EQ(c.sends(Connect{.client_id = "a"}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
  auto& old = h.connect("b", Version::v3_1_1);
  EXPECT_EQ(old.sends(Connect{.version = Version::v3_1_1, .client_id = "b"}).receives(),
            lines("closed: protocol_error"));
}

TEST(Connect, OfAnUnknownVersionIsToldSo) {  // [MQTT-3.1.2-2]
  Harness h;
  std::string bytes;
  mqtt::encode_packet(Connect{.client_id = "a"}, Version::v5, bytes);
  bytes[8] = 6;
  EXPECT_EQ(h.open().sends_bytes(bytes).receives(), lines("CONNACK reason=84", "closed: protocol_error"));
  bytes[8] = 2;
  EXPECT_EQ(h.open(Version::v3_1_1).sends_bytes(bytes).receives(),
            lines("CONNACK reason=84", "closed: protocol_error"));
}

TEST(Connect, IsClosedWithoutAWordIfA3xClientSendsNonsense) {
  Harness h;
  std::string bytes;
  mqtt::encode_packet(Connect{.version = Version::v3_1_1, .client_id = "a"}, Version::v3_1_1, bytes);
  bytes[9] = 1;  // reserved flag, [MQTT-3.1.2-3]
  EXPECT_EQ(h.open(Version::v3_1_1).sends_bytes(bytes).receives(), lines("closed: protocol_error"));
}

TEST(Connect, WithAWillBeyondTheLimitsIsRefused) {  // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
  Harness h({.topic_levels_max = 3, .qos_max = mqtt::QoS::at_most_once, .retain_available = false});
  mqtt::Connect connect{.client_id = "a", .will = mqtt::Will{.topic = "w", .qos = mqtt::QoS::at_least_once}};
  EXPECT_EQ(h.connecting(connect).receives(), lines("CONNACK reason=9b", "closed: protocol_error"));
  connect.will = mqtt::Will{.topic = "w", .retain = true};
  EXPECT_EQ(h.connecting(connect).receives(), lines("CONNACK reason=9a", "closed: protocol_error"));
  connect.will = mqtt::Will{.topic = "1/2/3/4"};
  EXPECT_EQ(h.connecting(connect).receives(), lines("CONNACK reason=90", "closed: limit"));
}

TEST(Connect, WaitsForTheRestOfAPacketThatComesInPieces) {
  Harness h;
  std::string bytes;
  mqtt::encode_packet(Connect{.client_id = "a"}, Version::v5, bytes);
  auto& c = h.open();
  for (const char byte : bytes) {
    EXPECT_EQ(c.receives(), "");
    c.sends_bytes({&byte, 1});
  }
  EXPECT_EQ(c.receives(), lines(connack_v5));
}

TEST(Connect, MustComeInTime) {
  Harness h;
  auto& c = h.open();
  h.advance(std::chrono::seconds(14));
  EXPECT_EQ(c.receives(), "");
  h.advance(std::chrono::seconds(2));
  EXPECT_EQ(c.receives(), lines("closed: idle_timeout"));
  c.vanishes();
  EXPECT_EQ(h.broker.stats().connections, 0U);
}

TEST(KeepAlive, EndsAConnectionAfterOneAndAHalfTimes) {  // [MQTT-3.1.2-22]
  Harness h;
  auto& v5 = h.connect({.keep_alive_s = 10, .client_id = "a"});
  auto& v3 = h.connect({.version = Version::v3_1_1, .keep_alive_s = 20, .client_id = "b"});
  h.advance(std::chrono::milliseconds(14'900));
  EXPECT_EQ(v5.receives(), "");
  h.advance(std::chrono::milliseconds(1'000));
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=8d", "closed: keepalive_timeout"));
  EXPECT_EQ(v3.receives(), "");
  h.advance(std::chrono::milliseconds(15'000));
  EXPECT_EQ(v3.receives(), lines("closed: keepalive_timeout"));
  EXPECT_EQ(h.metrics().client_disconnected, 2U);
}

TEST(KeepAlive, IsSatisfiedByAnyPacket) {
  Harness h;
  auto& c = h.connect({.keep_alive_s = 10, .client_id = "a"});
  for (int i = 0; i < 10; ++i) {
    h.advance(std::chrono::seconds(10));
    EXPECT_EQ(c.sends(mqtt::Pingreq{}).receives(), lines("PINGRESP"));  // [MQTT-3.12.4-1]
  }
  h.advance(std::chrono::seconds(10));
  EXPECT_EQ(c.publishes("t", "x", 0).receives(), "");
  h.advance(std::chrono::seconds(10));
  EXPECT_EQ(c.receives(), "");
}

TEST(KeepAlive, IsNotSatisfiedByHalfAPacket) {
  Harness h;
  auto& c = h.connect({.keep_alive_s = 10, .client_id = "a"});
  h.advance(std::chrono::seconds(10));
  c.sends_bytes("\xC0");
  h.advance(std::chrono::seconds(6));
  EXPECT_EQ(c.receives(), lines("DISCONNECT reason=8d", "closed: keepalive_timeout"));
}

TEST(KeepAlive, OfZeroNeverEndsAConnection) {
  Harness h;
  auto& c = h.connect({.keep_alive_s = 0, .client_id = "a"});
  h.advance(std::chrono::hours(2));
  EXPECT_EQ(c.receives(), "");
}

TEST(KeepAlive, OfTheServerCountsForV5Only) {  // [MQTT-3.1.2-21] [MQTT-3.2.2-21]
  Harness h({.server_keepalive_s = 5});
  auto& v5 = h.connect({.keep_alive_s = 0, .client_id = "a"});
  auto& v3 = h.connect({.version = Version::v3_1_1, .keep_alive_s = 0, .client_id = "b"});
  h.advance(std::chrono::seconds(9));
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=8d", "closed: keepalive_timeout"));
  EXPECT_EQ(v3.receives(), "");
}

TEST(KeepAlive, DoesNotBlameAClientForNotBeingRead) {
  Harness h;
  h.router.congested = true;
  auto& c = h.connect({.keep_alive_s = 10, .client_id = "a"}).publishes("t", "x", 0);
  EXPECT_EQ(c.receives(), lines("paused"));
  h.advance(std::chrono::seconds(60));
  EXPECT_EQ(c.receives(), "");
  h.broker.resume_publishers(h.now);
  h.advance(std::chrono::seconds(9));
  EXPECT_EQ(c.receives(), lines("resumed"));
}

TEST(Disconnect, ClosesWithoutAnAnswer) {  // [MQTT-3.14.4-1]
  Harness h;
  EXPECT_EQ(h.connect("a").says_goodbye().receives(), lines("closed: normal"));
  EXPECT_EQ(h.connect("b", Version::v3_1_1).says_goodbye().receives(), lines("closed: normal"));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
  EXPECT_EQ(h.metrics().packets_disconnect_received, 2U);
}

TEST(Disconnect, EndsWhatIsActedOn) {
  Harness h;
  auto& c = h.connect("a");
  std::string bytes;
  mqtt::encode_packet(mqtt::Disconnect{}, Version::v5, bytes);
  mqtt::encode_packet(mqtt::Publish{.topic = "t"}, Version::v5, bytes);
  EXPECT_EQ(c.sends_bytes(bytes).receives(), lines("closed: normal"));
  EXPECT_EQ(h.router.take(), "");
}

TEST(Disconnect, MayNotReviveASessionThatHadNoExpiry) {  // [MQTT-3.14.2-2]
  Harness h;
  EXPECT_EQ(h.connect("a").sends(mqtt::Disconnect{.session_expiry_s = 10}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(Disconnect, MayChangeTheExpiry) {
  Harness h;
  auto& c = h.connect({.client_id = "a", .session_expiry_s = 100});
  EXPECT_EQ(c.sends(mqtt::Disconnect{.session_expiry_s = 5}).receives(), lines("closed: normal"));
  h.advance(std::chrono::seconds(4));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  h.advance(std::chrono::seconds(2));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
  EXPECT_EQ(h.metrics().session_terminated, 1U);
}

TEST(Auth, IsAProtocolErrorWithoutAMethod) {  // [MQTT-4.12.0-6]
  Harness h;
  EXPECT_EQ(h.connect("a").sends(mqtt::Auth{.reason = ReasonCode::reauthenticate}).receives(),
            lines("DISCONNECT reason=82", "closed: protocol_error"));
}

TEST(Kick, ClosesTheConnectionAndEndsTheSession) {
  Harness h;
  auto& v5 = h.connect({.client_id = "a", .session_expiry_s = 100}).subscribes("t").ignores();
  auto& v3 = h.connect("b", Version::v3_1_1);
  EXPECT_TRUE(h.broker.kick("a", h.now));
  EXPECT_TRUE(h.broker.kick("b", h.now));
  EXPECT_FALSE(h.broker.kick("c", h.now));
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=98", "closed: kicked"));
  EXPECT_EQ(v3.receives(), lines("closed: kicked"));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
  EXPECT_FALSE(h.router.has_route("t"));
}

TEST(Kick, EndsASessionWithoutConnection) {
  Harness h;
  h.connect({.client_id = "a", .session_expiry_s = 100}).says_goodbye();
  EXPECT_EQ(h.broker.stats().sessions, 1U);
  EXPECT_TRUE(h.broker.kick("a", h.now));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(EndConnection, SaysGoodbyeAndKeepsTheSession) {
  Harness h;
  auto& v5 = h.connect({.client_id = "a", .session_expiry_s = 100});
  auto& new_one = h.open();
  h.broker.end_connection(v5.conn(), h.now);
  h.broker.end_connection(new_one.conn(), h.now);
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=98", "closed: kicked"));
  EXPECT_EQ(new_one.receives(), lines("closed: kicked"));
  EXPECT_EQ(h.broker.stats().sessions, 1U);
}

TEST(Evacuation, ClientsAreToldToUseAnotherServer) {
  Config config;
  config.server_reference = "b:1883";
  Harness h(config);
  auto& v5 = h.connect("a");
  auto& v3 = h.connect("b", Version::v3_1_1);
  auto& small = h.connect({.version = Version::v5, .client_id = "c", .packet_bytes_max = 30});
  h.broker.turn_away(true);
  EXPECT_EQ(h.broker.send_away(0, h.now), 0U);
  EXPECT_EQ(h.broker.send_away(2, h.now), 2U);
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=9c server='b:1883'", "closed: evacuated"));
  EXPECT_EQ(v3.receives(), lines("closed: evacuated"));
  EXPECT_EQ(h.broker.send_away(5, h.now), 1U);
  EXPECT_EQ(small.receives(), lines("DISCONNECT reason=9c", "closed: evacuated"));
  EXPECT_EQ(h.connecting({.version = Version::v5, .client_id = "d"}).receives(),
            lines("CONNACK reason=9c server='b:1883'", "closed: evacuated"));
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .client_id = "e"}).receives(),
            lines("CONNACK reason=88", "closed: evacuated"));
  h.broker.turn_away(false);
  h.connect("d");
  EXPECT_EQ(h.broker.stats().connections, 1U);
}

TEST(ShutDown, SaysGoodbyeToEverybody) {
  Harness h;
  auto& v5 = h.connect("a");
  auto& v3 = h.connect("b", Version::v3_1_1);
  auto& new_one = h.open();
  h.broker.shut_down(h.now);
  EXPECT_EQ(v5.receives(), lines("DISCONNECT reason=8b", "closed: shutting_down"));
  EXPECT_EQ(v3.receives(), lines("closed: shutting_down"));
  EXPECT_EQ(new_one.receives(), lines("closed: shutting_down"));
  EXPECT_EQ(h.broker.stats().connections, 0U);
}

TEST(Clients, AreListedInOrderWithWhatIsKnown) {
  Harness h;
  h.connect({.version = Version::v3_1_1,
             .clean_start = false,
             .keep_alive_s = 60,
             .client_id = "zoe",
             .username = "zo"})
      .subscribes("b", 1)
      .subscribes("a", 2)
      .says_goodbye();
  h.connect("amy").publishes("x", "", 2);
  h.advance(std::chrono::seconds(1));
  const auto clients = h.broker.clients();
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].client_id, "amy");
  EXPECT_EQ(clients[0].awaiting_rel, 1U);
  EXPECT_EQ(clients[0].username, "");
  EXPECT_EQ(clients[0].peername, "10.0.0.1:40001");
  EXPECT_TRUE(clients[0].connected);
  EXPECT_EQ(clients[0].disconnected_at, 0);
  EXPECT_EQ(clients[1].client_id, "zoe");
  EXPECT_EQ(clients[1].username, "zo");
  EXPECT_EQ(clients[1].subscriptions, 2U);
  EXPECT_EQ(clients[1].keepalive_s, 60);
  EXPECT_EQ(clients[1].session_expiry_interval_s, 7200U);
  EXPECT_FALSE(clients[1].clean_start);
  EXPECT_FALSE(clients[1].connected);
  EXPECT_EQ(clients[1].disconnected_at, 1'000'000);
  const auto subscriptions = h.broker.subscriptions();
  ASSERT_EQ(subscriptions.size(), 2U);
  EXPECT_EQ(subscriptions[0].filter, "a");
  EXPECT_EQ(subscriptions[0].qos, mqtt::QoS::exactly_once);
  EXPECT_EQ(subscriptions[1].filter, "b");
}

}  // namespace
}  // namespace meshmq::broker::testing
