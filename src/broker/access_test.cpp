// What clients see of rules.

#include "broker/access.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::ReasonCode;
using mqtt::Version;

AclRule deny(AclAction action, std::string filter) {
  return {.allow = false, .action = action, .topics = {{std::move(filter)}}};
}

AccessPolicy policy(AclRules rules) {
  return {.file = std::make_shared<const AclRules>(std::move(rules))};
}

TEST(Access, AForbiddenPublishIsAnsweredAndGoesNowhere) {
  Harness h;
  h.broker.set_access(policy({deny(AclAction::publish, "secret/#")}));
  auto& s = h.connect("s").subscribes("#", 2).ignores();
  auto& a = h.connect("a");
  EXPECT_EQ(a.publishes("secret/a", "x", 0).receives(), "");
  EXPECT_EQ(a.publishes("secret/a", "x", 1).receives(), lines("PUBACK id=1 reason=87"));
  EXPECT_EQ(a.publishes("secret/a", "x", 2).receives(), lines("PUBREC id=2 reason=87"));
  EXPECT_EQ(s.receives(), "");
  EXPECT_EQ(h.metrics().packets_publish_auth_error, 3U);
  EXPECT_EQ(h.metrics().packets_publish_dropped, 3U);
  EXPECT_EQ(h.metrics().client_acl_deny, 3U);
  a.publishes("open/a", "x", 0);
  EXPECT_EQ(s.receives(), lines("PUBLISH topic='open/a' payload='x'"));
  EXPECT_EQ(h.metrics().client_check_acl, 5U);
}

TEST(Access, AClientOfVersion3HearsNothingOfARefusal) {
  Harness h;
  h.broker.set_access(policy({deny(AclAction::pubsub, "secret/#")}));
  auto& a = h.connect("a", Version::v3_1_1);
  EXPECT_EQ(a.publishes("secret/a", "x", 1).receives(), lines("PUBACK id=1"));
  EXPECT_EQ(a.subscribes("secret/a").receives(), lines("SUBACK id=2 code=128"));
}

TEST(Access, AForbiddenFilterIsRefusedAloneAmongOthers) {
  Harness h;
  h.broker.set_access(policy({deny(AclAction::subscribe, "secret/#")}));
  auto& a = h.connect("a");
  const mqtt::Subscription wanted[] = {{.filter = "secret/a"}, {.filter = "open"}, {.filter = "secret/#"}};
  EXPECT_EQ(a.sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = wanted}).receives(),
            lines("SUBACK id=1 code=135 code=0 code=135"));
  EXPECT_EQ(a.subscribes("$share/g/secret/x").receives(), lines("SUBACK id=1 code=135"));
  EXPECT_TRUE(h.router.has_route("open"));
  EXPECT_FALSE(h.router.has_route("secret/a"));
  EXPECT_EQ(h.metrics().packets_subscribe_error, 2U);
  EXPECT_EQ(h.metrics().packets_subscribe_auth_error, 2U);
}

TEST(Access, DenyActionDisconnectEndsTheConnection) {
  Harness h({.acl_deny_disconnect = true});
  h.broker.set_access(policy({deny(AclAction::pubsub, "secret/#")}));
  EXPECT_EQ(h.connect("a").publishes("secret/a", "x", 1).receives(),
            lines("DISCONNECT reason=87", "closed: not_authorized"));
  const mqtt::Subscription wanted[] = {{.filter = "open"}, {.filter = "secret/#"}};
  EXPECT_EQ(h.connect("b").sends(mqtt::Subscribe{.packet_id = 1, .subscriptions = wanted}).receives(),
            lines("DISCONNECT reason=87", "closed: not_authorized"));
  EXPECT_FALSE(h.router.has_route("open"));
  EXPECT_EQ(h.connect("c", Version::v3_1_1).publishes("secret/a", "x").receives(),
            lines("closed: not_authorized"));
}

TEST(Access, AWillIsCheckedWhenItIsLeft) {
  Harness h;
  h.broker.set_access(policy({deny(AclAction::publish, "secret/#")}));
  EXPECT_EQ(h.connecting({.client_id = "a", .will = mqtt::Will{.topic = "secret/a"}}).receives(),
            lines("CONNACK reason=87", "closed: not_authorized"));
  h.connect({.client_id = "b", .will = mqtt::Will{.topic = "open"}});
  EXPECT_EQ(h.metrics().packets_connack_auth_error, 1U);
}

TEST(Access, NewRulesHoldForThoseWhoAreThere) {
  Harness h;
  auto& a = h.connect("a");
  EXPECT_EQ(a.publishes("secret/a", "x", 1).receives(), lines("PUBACK id=1 reason=10"));
  h.broker.set_access(policy({deny(AclAction::publish, "secret/#")}));
  EXPECT_EQ(a.publishes("secret/a", "x", 1).receives(), lines("PUBACK id=2 reason=87"));
  h.broker.set_access({});
  EXPECT_EQ(a.publishes("secret/a", "x", 1).receives(), lines("PUBACK id=3 reason=10"));
}

TEST(Access, AZoneMayHaveNoRulesOrAnotherDefault) {
  Config config{.acl_nomatch_allow = false};
  config.more_zones.push_back({.enable_acl = false});
  Harness h(config);
  auto& a = h.open(Peer{.name = "10.0.0.9:1", .zone = 0});
  a.sends(Connect{.client_id = "a"}).ignores();
  EXPECT_EQ(a.publishes("t", "x", 1).receives(), lines("PUBACK id=1 reason=87"));
  auto& b = h.open(Peer{.name = "10.0.0.9:1", .zone = 1});
  b.sends(Connect{.client_id = "b"}).ignores();
  EXPECT_EQ(b.publishes("t", "x", 1).receives(), lines("PUBACK id=1 reason=10"));
  EXPECT_EQ(h.metrics().client_check_acl, 1U);
}

TEST(Access, RulesMaySpeakOfAddresses) {
  Harness h;
  AclRule rule = deny(AclAction::publish, "t");
  rule.who = {.kind = AclWho::Kind::address, .range = *front::AddressRange::parse("10.0.0.0/8")};
  h.broker.set_access(policy({rule}));
  const auto publish = [&](const char* name) {
    auto& client = h.open(Peer{.name = name});
    client.sends(Connect{.client_id = name}).ignores();
    return client.publishes("t", "x", 1).receives();
  };
  EXPECT_EQ(publish("10.1.2.3:99"), lines("PUBACK id=1 reason=87"));
  EXPECT_EQ(publish("[::ffff:10.1.2.3]:99"), lines("PUBACK id=1 reason=87"));
  EXPECT_EQ(publish("[2001:db8::1]:99"), lines("PUBACK id=1 reason=10"));
  EXPECT_EQ(publish("11.1.2.3:99"), lines("PUBACK id=1 reason=10"));
}

TEST(Access, OfAUnixSocketIsLocal) {
  EXPECT_EQ(address_of("unix:/run/meshmq.sock"), std::string("\x7F\0\0\1", 4));
  EXPECT_EQ(address_of("127.0.0.1:1883"), std::string("\x7F\0\0\1", 4));
  EXPECT_EQ(address_of("[::1]:1883").size(), 16U);
  EXPECT_EQ(address_of("nonsense"), "");
}

TEST(Access, WithoutAnonymousAccessNobodyComesInUnknown) {
  Harness h({.allow_anonymous = false});
  EXPECT_EQ(h.connecting({.client_id = "a"}).receives(),
            lines("CONNACK reason=87", "closed: not_authorized"));
  EXPECT_EQ(h.connecting({.version = Version::v3_1_1, .client_id = "b"}).receives(),
            lines("CONNACK reason=87", "closed: not_authorized"));
  EXPECT_EQ(h.metrics().client_authenticate, 2U);
  EXPECT_EQ(h.metrics().client_auth_anonymous, 0U);
}

}  // namespace
}  // namespace meshmq::broker::testing
