// `$exclusive/<filter>`: one client has it.

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"

namespace meshmq::broker {
namespace {

using mqtt::Version;
using testing::Harness;
using testing::lines;

constexpr auto name = "$exclusive/t";

class Exclusive : public ::testing::Test {
 protected:
  Harness h{Config{.exclusive_subscription = true}};
};

TEST_F(Exclusive, TheFirstOneHasItUntilItLetsGo) {
  auto& a = h.connect("a").subscribes(name, 1);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=1"));
  EXPECT_EQ(h.router.take(), lines("subscribe $exclusive/t +retained +exclusive"));
  auto& b = h.connect("b").subscribes(name, 1);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=151"));
  // Who has it may have it otherwise.
  a.subscribes(name, 2);
  EXPECT_EQ(a.receives(), lines("SUBACK id=2 code=2"));
  h.router.take();
  a.unsubscribes(name);
  EXPECT_EQ(a.receives(), lines("UNSUBACK id=3 code=0"));
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0"));
  b.subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=2 code=0"));
}

TEST_F(Exclusive, ASessionThatWaitsKeepsIt) {
  auto& a = h.connect(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  a.subscribes(name, 1).ignores();
  a.vanishes();
  auto& b = h.connect("b", Version::v3_1_1).subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=128"));
  h.connect("p").publishes("t", "1", 1);
  auto& again = h.connecting(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  EXPECT_NE(again.receives().find("payload='1'"), std::string::npos);
  again.vanishes();
  h.advance(std::chrono::seconds(101));
  b.subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=2 code=0"));
}

TEST_F(Exclusive, OfAnotherWorkerOrNodeIsRefused) {
  h.router.exclusive_taken = true;
  auto& a = h.connect("a").subscribes(name);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=151"));
  h.router.exclusive_taken = false;
  auto& b = h.connect("b").subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=0")) << "a has none of it";
}

TEST_F(Exclusive, IsNotWaitedForByWhoIsGone) {
  h.router.hold_subscribes = true;
  h.router.exclusive_taken = true;
  auto& a = h.connect(mqtt::Connect{.clean_start = false, .client_id = "a", .session_expiry_s = 100});
  a.subscribes(name);
  a.vanishes();
  h.release_subscribes();
  h.router.hold_subscribes = h.router.exclusive_taken = false;
  auto& b = h.connect("b").subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Exclusive, IsLikeAnOrdinaryOneOtherwise) {
  h.connect("p").sends(mqtt::Publish{.topic = "t", .payload = "kept", .retain = true});
  auto& a = h.connect("a").subscribes({.filter = name, .no_local = true});
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0", "PUBLISH topic='t' retain payload='kept'"));
  a.publishes("t", "own");
  EXPECT_EQ(a.receives(), "");
  EXPECT_EQ(h.metrics().delivery_dropped_no_local, 1U);
  h.connect("q").publishes("t", "of q");
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='of q'"));
}

TEST_F(Exclusive, IsGivenUpForAnotherNode) {
  auto& a = h.connect("a").subscribes(name).ignores();
  h.router.take();
  h.broker.lose_exclusive(name);
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0"));
  EXPECT_EQ(a.unsubscribes(name).receives(), lines("UNSUBACK id=2 code=17"));
  h.broker.lose_exclusive(name);
  EXPECT_EQ(h.router.take(), "");
}

TEST(ExclusiveOff, IsNoFilterThen) {
  Harness h;
  auto& a = h.connect("a").subscribes(name);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(h.router.take(), "");
}

}  // namespace
}  // namespace meshmq::broker
