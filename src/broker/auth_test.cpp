// Clients that the node is asked about, and enhanced authentication.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Auth;
using mqtt::Connect;
using mqtt::ReasonCode;
using mqtt::Version;

constexpr auto connack = "CONNACK receive_max=100 packet_max=1048576 alias_max=65535";

struct Asking : ::testing::Test {
  Asking() { h.broker.set_access({.ask = true}); }
  Harness h;
};

TEST_F(Asking, AClientWaitsUntilItIsKnown) {
  auto& a = h.connecting({.client_id = "a", .username = "ann", .password = "pass"});
  EXPECT_EQ(a.receives(), lines("paused"));
  const AdmissionRequest& asked = h.router.admissions.at(0).second;
  EXPECT_EQ(asked.client_id, "a");
  EXPECT_EQ(asked.username, "ann");
  EXPECT_EQ(asked.password, "pass");
  EXPECT_EQ(asked.method, "");
  h.admits({});
  EXPECT_EQ(a.receives(), lines("resumed", connack));
  EXPECT_EQ(h.metrics().client_authenticate, 1U);
  EXPECT_EQ(h.metrics().client_auth_success, 1U);
  EXPECT_EQ(h.metrics().client_auth_anonymous, 0U);
  EXPECT_EQ(h.router.admissions.size(), 1U) << "nobody is asked twice";
  EXPECT_EQ(a.subscribes("t").receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Asking, WhatFollowsConnectAtOnceWaitsToo) {
  auto& a = h.open(Version::v3_1_1);
  std::string bytes;
  mqtt::encode_packet(Connect{.version = Version::v3_1_1, .client_id = "a"}, Version::v3_1_1, bytes);
  mqtt::encode_packet(mqtt::Pingreq{}, Version::v3_1_1, bytes);
  EXPECT_EQ(a.sends_bytes(bytes).receives(), lines("paused"));
  h.admits({.anonymous = true});
  EXPECT_EQ(a.receives(), lines("resumed", "CONNACK", "PINGRESP"));
  EXPECT_EQ(h.metrics().client_auth_anonymous, 1U);
}

TEST_F(Asking, ARefusalIsToldInTheClientsVersion) {
  struct Case {
    Version version;
    ReasonCode reason;
    const char* connack;
  };
  const Case cases[] = {
      {Version::v5, ReasonCode::bad_user_name_or_password, "CONNACK reason=86"},
      {Version::v5, ReasonCode::banned, "CONNACK reason=8A"},
      {Version::v3_1_1, ReasonCode::bad_user_name_or_password, "CONNACK"},
      {Version::v3_1_1, ReasonCode::not_authorized, "CONNACK"},
      {Version::v3_1, ReasonCode::banned, "CONNACK"},
      {Version::v3_1_1, ReasonCode::server_busy, "CONNACK"},
  };
  for (const Case& c : cases) {
    auto& a = h.open(c.version);
    a.sends(Connect{.version = c.version, .client_id = "a"}).ignores();
    h.admits({.reason = c.reason, .why = "a test"});
    const std::string seen = a.receives();
    EXPECT_EQ(seen.substr(0, 8), "resumed\n");
    EXPECT_NE(seen.find("closed: not_authorized"), std::string::npos) << seen;
    EXPECT_NE(seen.find("CONNACK"), std::string::npos) << seen;
  }
  EXPECT_EQ(h.metrics().client_auth_failure, 4U);
  EXPECT_EQ(h.metrics().client_auth_banned, 2U);
  EXPECT_EQ(h.metrics().packets_connack_auth_error, 3U);
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST_F(Asking, WhoGoesMeanwhileIsForgotten) {
  h.connecting({.client_id = "a"}).vanishes();
  EXPECT_EQ(h.router.dropped_admissions.size(), 1U);
  auto& b = h.open();
  EXPECT_EQ(b.conn().value, 1U);
  h.admits({});
  EXPECT_EQ(b.receives(), "");
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST_F(Asking, ASessionOfAnotherNodeIsFetchedOnlyForWhoMayHaveIt) {
  h.router.hold_claims = true;
  auto& a = h.connecting({.clean_start = false, .client_id = "a"});
  EXPECT_TRUE(h.router.claims.empty());
  h.admits({});
  ASSERT_EQ(h.router.claims.size(), 1U);
  h.broker.claim_done(h.router.claims[0], false, false, h.now);
  h.run();
  EXPECT_EQ(h.router.admissions.size(), 1U);
  EXPECT_NE(a.receives().find("CONNACK"), std::string::npos);
}

// ---------------------------------------------------------------- enhanced authentication

Connect with_method(std::string_view client_id) {
  return {.client_id = client_id, .authentication_method = "M", .authentication_data = "one"};
}

Auth client_says(std::string_view data, ReasonCode reason = ReasonCode::continue_authentication) {
  return {.reason = reason, .authentication_method = "M", .authentication_data = data};
}

constexpr Admission challenge() {
  return {.reason = ReasonCode::continue_authentication, .data = "two"};
}

TEST(Auth, GoesBackAndForthUntilTheClientIsIn) {  // [MQTT-4.12.0-2], [MQTT-4.12.0-3]
  Harness h;
  auto& a = h.connecting(with_method("a"));
  EXPECT_EQ(a.receives(), lines("paused"));
  EXPECT_EQ(h.router.admissions.at(0).second.method, "M");
  EXPECT_EQ(h.router.admissions.at(0).second.data, "one");
  h.admits({.reason = ReasonCode::continue_authentication, .data = "two"});
  EXPECT_EQ(a.receives(), lines("resumed", "AUTH reason=18 auth_method='M' auth_data='two'"));
  a.sends(client_says("three"));
  EXPECT_EQ(h.router.messages.at(0), std::pair(h.router.admissions[0].first, std::string("three")));
  EXPECT_EQ(a.receives(), lines("paused"));
  h.admits({.data = "four", .username = "ann"});
  EXPECT_EQ(a.receives(), lines(std::string(connack) + " auth_method='M' auth_data='four'", "resumed"));
  EXPECT_EQ(h.broker.clients().at(0).username, "ann");
  EXPECT_EQ(h.metrics().client_auth_success, 1U);
  EXPECT_EQ(h.metrics().packets_auth_received, 1U);
  EXPECT_EQ(h.metrics().packets_auth_sent, 1U);
  EXPECT_EQ(h.broker.clients().at(0).traffic.packets_received, 2U) << "CONNECT, AUTH";
  EXPECT_EQ(h.broker.clients().at(0).traffic.packets_sent(), 2U) << "AUTH, CONNACK";
  EXPECT_EQ(a.subscribes("t").receives(), lines("SUBACK id=1 code=0"));
}

TEST(Auth, AClientThatProvesNothingIsRefused) {  // [MQTT-4.12.0-4]
  Harness h;
  auto& a = h.connecting(with_method("a"));
  h.admits(challenge());
  a.sends(client_says("lie")).ignores();
  h.admits({.reason = ReasonCode::not_authorized});
  EXPECT_EQ(a.receives(), lines("CONNACK reason=87", "closed: not_authorized"));
  EXPECT_EQ(h.metrics().client_auth_failure, 1U);
  auto& b = h.connecting(with_method("b")).ignores();
  h.admits({.reason = ReasonCode::bad_authentication_method});
  EXPECT_EQ(b.receives(), lines("CONNACK reason=8c", "closed: not_authorized"));
}

TEST(Auth, NothingButAuthAndDisconnectMayComeBeforeConnack) {  // [MQTT-3.1.2-30]
  Harness h;
  auto& a = h.connecting(with_method("a"));
  h.admits(challenge());
  a.ignores().subscribes("t");
  EXPECT_EQ(a.receives(), lines("closed: protocol_error"));
  EXPECT_EQ(h.router.dropped_admissions.size(), 1U);
  auto& b = h.connecting(with_method("b"));
  h.admits(challenge());
  EXPECT_EQ(b.ignores().says_goodbye().receives(), lines("closed: normal"));
  auto& c = h.connecting(with_method("c"));
  h.admits(challenge());
  EXPECT_EQ(c.ignores().sends(with_method("c")).receives(), lines("closed: protocol_error"));
  EXPECT_EQ(h.broker.stats().sessions, 0U);
}

TEST(Auth, MustKeepToItsMethodAndItsTurn) {  // [MQTT-4.12.0-5]
  Harness h;
  const Auth wrong[] = {{.reason = ReasonCode::continue_authentication},
                        {.reason = ReasonCode::continue_authentication, .authentication_method = "N"},
                        client_says("x", ReasonCode::reauthenticate),
                        client_says("x", ReasonCode::success)};
  for (const Auth& packet : wrong) {
    auto& a = h.connecting(with_method("a"));
    h.admits(challenge());
    EXPECT_EQ(a.ignores().sends(packet).receives(), lines("closed: protocol_error"));
  }
}

TEST(Auth, TakesNoLongerThanTheIdleTimeout) {
  Harness h;
  auto& a = h.connecting(with_method("a"));
  h.admits(challenge());
  a.ignores();
  h.advance(std::chrono::seconds(16));
  EXPECT_EQ(a.receives(), lines("closed: idle_timeout"));
  EXPECT_EQ(h.router.dropped_admissions.size(), 1U);
}

TEST(Auth, ATooSmallMaximumPacketSizeIsNotExceeded) {  // [MQTT-3.1.2-24]
  Harness h;
  Connect packet = with_method("a");
  packet.packet_bytes_max = 30;
  auto& a = h.connecting(packet);
  h.admits({.reason = ReasonCode::continue_authentication, .data = std::string(100, 'x')});
  EXPECT_EQ(a.receives(), lines("paused", "resumed", "closed: limit"));
}

struct Proven : ::testing::Test {
  Proven() : a(h.connecting(with_method("a"))) {
    h.admits({.username = "ann"});
    a.ignores();
  }
  Harness h;
  TestClient& a;
};

TEST_F(Proven, AClientMayProveItselfAgain) {  // [MQTT5 4.12.1]
  a.sends(client_says("one", ReasonCode::reauthenticate));
  const AdmissionRequest& asked = h.router.admissions.at(1).second;
  EXPECT_TRUE(asked.again);
  EXPECT_EQ(asked.username, "ann");
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=1 reason=10")) << "nothing stands still";
  h.admits(challenge());
  EXPECT_EQ(a.receives(), lines("AUTH reason=18 auth_method='M' auth_data='two'"));
  a.sends(client_says("three"));
  h.admits({.data = "four", .username = "ann"});
  EXPECT_EQ(a.receives(), lines("AUTH auth_method='M' auth_data='four'"));
  a.sends(client_says("one", ReasonCode::reauthenticate));
  EXPECT_EQ(h.router.admissions.size(), 3U) << "as often as it wants";
}

TEST_F(Proven, AClientThatFailsToIsClosed) {  // [MQTT-4.12.1-2]
  a.sends(client_says("one", ReasonCode::reauthenticate));
  h.admits({.reason = ReasonCode::not_authorized, .why = "a test"});
  EXPECT_EQ(a.receives(), lines("DISCONNECT reason=87", "closed: not_authorized"));
}

TEST_F(Proven, AuthThatNobodyAskedForIsAProtocolError) {  // [MQTT-4.12.1-1]
  EXPECT_EQ(a.sends(client_says("x")).receives(), lines("DISCONNECT reason=82", "closed: protocol_error"));
}

TEST_F(Proven, TwoExchangesAtOnceAreAProtocolError) {
  a.sends(client_says("one", ReasonCode::reauthenticate));
  a.sends(client_says("one", ReasonCode::reauthenticate));
  EXPECT_EQ(a.receives(), lines("DISCONNECT reason=82", "closed: protocol_error"));
  EXPECT_EQ(h.router.dropped_admissions.size(), 1U);
}

// ---------------------------------------------------------------- rules of single clients

TEST(RulesForOne, AreAskedBeforeThoseForEverybodyAndHoldAtOnce) {
  Harness h;
  const auto rules = [](bool allow, std::string filter) {
    return std::make_shared<const AclRules>(
        AclRules{{.allow = allow, .action = AclAction::pubsub, .topics = {{std::move(filter)}}}});
  };
  h.broker.set_access({.everybody = rules(false, "t")});
  auto& a = h.connecting({.client_id = "a", .username = "ann"}).ignores();
  auto& b = h.connect("b");
  h.broker.set_rules(RulesFor::username, "ann", rules(true, "t"));
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=1 reason=10"));
  EXPECT_EQ(b.publishes("t", "x", 1).receives(), lines("PUBACK id=1 reason=87"));
  h.broker.set_rules(RulesFor::client_id, "a", rules(false, "#"));
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=2 reason=87"));
  h.broker.set_rules(RulesFor::client_id, "a", nullptr);
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=3 reason=10"));
  h.broker.set_rules(RulesFor::username, "ann", nullptr);
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=4 reason=87"));
}

// ---------------------------------------------------------------- clients that come and go

TEST(Flapping, EndsWithinTheWindowAreCounted) {
  Config config;
  config.enable_flapping_detect = true;
  config.flapping = {.count_max = 3, .window = std::chrono::seconds(10), .ban = std::chrono::seconds(60)};
  Harness h(config);
  h.connect("a").says_goodbye();
  h.connect("a").vanishes();
  EXPECT_TRUE(h.router.flapped.empty());
  h.advance(std::chrono::seconds(2));
  h.connect("b").vanishes();
  h.connect("a").sends(mqtt::Auth{.reason = ReasonCode::reauthenticate});
  ASSERT_EQ(h.router.flapped.size(), 1U);
  EXPECT_EQ(h.router.flapped[0].client_id, "a");
  EXPECT_EQ(h.router.flapped[0].count, 3U);
  EXPECT_EQ(h.router.flapped[0].within, std::chrono::seconds(2));
  h.advance(std::chrono::seconds(11));
  for (int i = 0; i < 6; ++i) {
    h.connect("b").vanishes();
    h.advance(std::chrono::seconds(6));
  }
  EXPECT_EQ(h.router.flapped.size(), 1U) << "slowly enough";
}

TEST(Flapping, WhatOthersDoDoesNotCount) {
  Config config;
  config.flapping.count_max = 1;
  config.enable_flapping_detect = true;
  Harness h(config);
  h.connect("a");
  h.connect("a");
  h.broker.kick("a", h.now);
  h.connect("b");
  h.broker.shut_down(h.now);
  EXPECT_TRUE(h.router.flapped.empty());
  Harness off(Config{.flapping = {.count_max = 1}});
  off.connect("a").vanishes();
  EXPECT_TRUE(off.router.flapped.empty());
}

}  // namespace
}  // namespace meshmq::broker::testing
