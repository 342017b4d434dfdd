// zone.*.mountpoint: clients live below a topic that they do not see.

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"
#include "broker/topic_view.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Version;

/// Clients of the listener with the mountpoint; others see everything.
class Mountpoint : public ::testing::Test {
 protected:
  Mountpoint() : h(config()) {}

  static Config config() {
    Config tenants;
    tenants.mountpoint = "tenant/%u/";
    Config all;
    all.more_zones.push_back(tenants);
    return all;
  }
  TestClient& tenant(std::string_view id, std::string_view username, std::optional<mqtt::Will> will = {}) {
    return h.open(Peer{.name = "10.0.0.1:1", .zone = 1})
        .sends(mqtt::Connect{.client_id = id, .will = will, .username = username})
        .ignores();
  }

  Harness h;
};

TEST_F(Mountpoint, StandsBeforeTopicsAndFiltersUnseen) {
  auto& all = h.connect("all").subscribes("#").ignores();
  auto& a = tenant("a", "x").subscribes("t/+").ignores();
  auto& b = tenant("b", "y").subscribes("t/+").ignores();
  a.publishes("t/1", "hello");
  EXPECT_EQ(all.receives(), lines("PUBLISH topic='tenant/x/t/1' payload='hello'"));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t/1' payload='hello'"));
  EXPECT_EQ(b.receives(), "");
  all.publishes("tenant/y/t/2", "from outside").ignores();
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t/2' payload='from outside'"));
  EXPECT_EQ(h.broker.subscriptions()[0].filter, "tenant/x/t/+");
}

TEST_F(Mountpoint, HoldsForRetainedMessagesWillsAndAliases) {
  auto& a = tenant("a", "x", mqtt::Will{.topic = "w", .payload = "gone"});
  a.sends(mqtt::Publish{.topic = "r", .payload = "kept", .topic_alias = 1, .retain = true});
  auto& b = tenant("b", "x");
  EXPECT_EQ(b.subscribes("#").receives(),
            lines("SUBACK id=1 code=0", "PUBLISH topic='r' retain payload='kept'"));
  a.sends(mqtt::Publish{.payload = "again", .topic_alias = 1});
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='r' payload='again'"));
  a.vanishes();
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='w' payload='gone'"));
}

TEST_F(Mountpoint, HoldsWithinSharedSubscriptions) {
  auto& a = tenant("a", "x").subscribes("$share/g/t").subscribes("$queue/u").ignores();
  auto& b = tenant("b", "y").subscribes("$share/g/t").ignores();
  auto& p = tenant("p", "x").publishes("t", "1").publishes("u", "2");
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='1'", "PUBLISH topic='u' payload='2'"));
  EXPECT_EQ(b.receives(), "");
  EXPECT_EQ(a.unsubscribes("$share/g/t").unsubscribes("$queue/u").receives(),
            lines("UNSUBACK id=3 code=0", "UNSUBACK id=4 code=0"));
  p.publishes("t", "3");
  EXPECT_EQ(a.receives(), "");
}

TEST_F(Mountpoint, EndsWithTheSubscription) {
  auto& a = tenant("a", "x").subscribes("t").ignores();
  EXPECT_EQ(a.unsubscribes("tenant/x/t").receives(), lines("UNSUBACK id=2 code=17"));
  EXPECT_EQ(a.unsubscribes("t").receives(), lines("UNSUBACK id=3 code=0"));
  EXPECT_FALSE(h.router.has_route("tenant/x/t"));
}

TEST_F(Mountpoint, IsNotForWhoWouldSeeOthers) {
  auto& a = h.open(Peer{.name = "10.0.0.1:1", .zone = 1});
  EXPECT_EQ(a.sends(mqtt::Connect{.client_id = "a", .username = "+"}).receives(),
            lines("CONNACK reason=85", "closed: protocol_error"));
}

TEST_F(Mountpoint, LeavesRoomForNoMoreThanTopicsHave) {
  const std::string longest(65535, 't');
  auto& a = tenant("a", "x");
  EXPECT_EQ(a.subscribes(longest).receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(a.publishes(longest, "").receives(), lines("DISCONNECT reason=90", "closed: limit"));
}

TEST(ExpandMountpoint, KnowsClientIdAndUserName) {
  EXPECT_EQ(expand_mountpoint("a/%c/%u/%x/", "id", "name"), "a/id/name/%x/");
  EXPECT_EQ(expand_mountpoint("%u%c", "id", ""), "%uid");
  EXPECT_EQ(expand_mountpoint("%c/", "#", ""), std::nullopt);
  EXPECT_EQ(expand_mountpoint("%c", std::string(65535, 'x'), ""), std::nullopt);
}

}  // namespace
}  // namespace meshmq::broker::testing
