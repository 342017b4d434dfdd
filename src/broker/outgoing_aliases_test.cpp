#include "broker/outgoing_aliases.hpp"

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker {
namespace {

using testing::Harness;
using testing::lines;
using testing::TestClient;

/// `3` for a new alias, `3!` for one that the client knows, `0` for none.
std::string use(OutgoingAliases& aliases, std::string_view topic) {
  const auto used = aliases.use(topic);
  return std::to_string(used.alias) + (used.known ? "!" : "");
}

TEST(OutgoingAliases, AreGivenInTurnAndKnownFromThenOn) {
  OutgoingAliases aliases(2, 1);
  EXPECT_EQ(use(aliases, "a"), "1");
  EXPECT_EQ(use(aliases, "a"), "1!");
  EXPECT_EQ(use(aliases, "b"), "2");
  EXPECT_EQ(use(aliases, "a"), "1!");
  EXPECT_EQ(use(aliases, "b"), "2!");
}

TEST(OutgoingAliases, OfTopicsThatRepeatAreKept) {
  OutgoingAliases aliases(2, 1);
  use(aliases, "hot");
  use(aliases, "once");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(use(aliases, "hot"), "1!");
    const std::string other = use(aliases, "other" + std::to_string(i));
    EXPECT_TRUE(other == "0" || other == "2") << other;
  }
}

TEST(OutgoingAliases, MoveOnWhenTopicsDo) {
  OutgoingAliases aliases(2, 1);
  for (const char* topic : {"a", "b", "a", "b"}) use(aliases, topic);
  EXPECT_EQ(use(aliases, "c"), "0");
  EXPECT_EQ(use(aliases, "d"), "0");
  EXPECT_EQ(use(aliases, "c"), "1");
  EXPECT_EQ(use(aliases, "c"), "1!");
  EXPECT_EQ(use(aliases, "a"), "2");
}

TEST(OutgoingAliases, ThatWereNeverSentAreForgotten) {
  OutgoingAliases aliases(1, 1);
  EXPECT_EQ(use(aliases, "a"), "1");
  aliases.forget(1);
  EXPECT_EQ(use(aliases, "a"), "1");
  EXPECT_EQ(use(aliases, std::string(OutgoingAliases::topic_bytes_max + 1, 'x')), "0");
}

TEST(TopicAlias, IsUsedTowardsWhoTakesSome) {  // [MQTT-3.1.2-26] [MQTT-3.3.2-7]
  Harness h;
  const mqtt::Connect packet{.client_id = "a", .session_expiry_s = 100, .topic_alias_max = 1};
  TestClient* a = &h.connect(packet).subscribes("#", 1).ignores();
  auto& p = h.connect("p");
  p.publishes("long/topic", "1").publishes("long/topic", "2", 1).publishes("another", "3");
  EXPECT_EQ(a->receives(),
            lines("PUBLISH topic='long/topic' alias=1 payload='1'", "PUBLISH id=1 qos=1 alias=1 payload='2'",
                  "PUBLISH topic='another' payload='3'"));
  a->vanishes();
  p.publishes("long/topic", "4", 1);
  a = &h.connecting({.clean_start = false, .client_id = "a", .topic_alias_max = 1});
  const std::string got = a->receives();
  // Unacknowledged ones come again with their topics; nothing is left of the old aliases.
  EXPECT_EQ(got.substr(got.find('\n') + 1),
            lines("PUBLISH topic='long/topic' id=1 qos=1 dup payload='2'",
                  "PUBLISH topic='long/topic' id=2 qos=1 alias=1 payload='4'"));
}

TEST(TopicAlias, IsNotUsedOtherwise) {  // [MQTT-3.1.2-27]
  Harness none({.topic_alias_max_out = 0});
  Harness h;
  auto& off = none.connect({.client_id = "a", .topic_alias_max = 10}).subscribes("t").ignores();
  auto& a = h.connect({.client_id = "a"}).subscribes("t").ignores();
  for (Harness* each : {&none, &h}) each->connect("p").publishes("t", "1").publishes("t", "2");
  const std::string expected = lines("PUBLISH topic='t' payload='1'", "PUBLISH topic='t' payload='2'");
  EXPECT_EQ(off.receives(), expected);
  EXPECT_EQ(a.receives(), expected);
}

TEST(TopicAlias, IsForgottenIfItsPacketWasTooLarge) {
  Harness h;
  auto& a =
      h.connect({.client_id = "a", .packet_bytes_max = 40, .topic_alias_max = 10}).subscribes("t").ignores();
  auto& p = h.connect("p");
  p.publishes("t", std::string(50, 'x')).publishes("t", "2").publishes("t", "3");
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' alias=2 payload='2'", "PUBLISH alias=2 payload='3'"));
}

TEST(TopicAlias, GoesWithTheLargeOnlyAsTopic) {
  Harness h;
  auto& a = h.connect({.client_id = "a", .topic_alias_max = 10}).subscribes("t").ignores();
  const std::string large(5000, 'x');
  h.connect("p").publishes("t", large);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='" + large + "'"));
}

TEST(TopicAlias, LetsEverybodyHaveHisOwn) {
  Harness h;
  auto& a = h.connect({.client_id = "a", .topic_alias_max = 10}).subscribes("+").ignores();
  auto& b = h.connect({.client_id = "b", .topic_alias_max = 10}).subscribes("u").ignores();
  auto& c = h.connect("c").subscribes("+").ignores();
  auto& p = h.connect("p");
  p.publishes("t", "1").publishes("u", "2").publishes("u", "3");
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' alias=1 payload='1'",
                                "PUBLISH topic='u' alias=2 payload='2'", "PUBLISH alias=2 payload='3'"));
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='u' alias=1 payload='2'", "PUBLISH alias=1 payload='3'"));
  EXPECT_EQ(c.receives(), lines("PUBLISH topic='t' payload='1'", "PUBLISH topic='u' payload='2'",
                                "PUBLISH topic='u' payload='3'"));
}

}  // namespace
}  // namespace meshmq::broker
