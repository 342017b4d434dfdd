// `$exclusive/<filter>`: one client has it.

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"

namespace meshmq::broker {
namespace {

using mqtt::Version;
using testing::Harness;
using testing::lines;

constexpr auto name = "$exclusive/t";

mqtt::Connect lasting(std::string_view id) {
  return {.clean_start = false, .client_id = id, .session_expiry_s = 100};
}

class Exclusive : public ::testing::Test {
 protected:
  Harness h{Config{.exclusive_subscription = true}};
};

TEST_F(Exclusive, TheFirstOneHasItUntilItLetsGo) {
  auto& a = h.connect("a").subscribes(name, 1);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=1"));
  EXPECT_EQ(h.router.take(), lines("subscribe $exclusive/t +exclusive", "share $exclusive/t 1/1",
                                   "subscribe $exclusive/t +retained"));
  auto& b = h.connect("b").subscribes(name, 1);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=151"));
  // Who has it may have it otherwise.
  a.subscribes(name, 2);
  EXPECT_EQ(a.receives(), lines("SUBACK id=2 code=2"));
  h.router.take();
  a.unsubscribes(name);
  EXPECT_EQ(a.receives(), lines("UNSUBACK id=3 code=0"));
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0", "a releases $exclusive/t", "subscribe"));
  b.subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=2 code=0"));
}

TEST_F(Exclusive, ASessionThatWaitsKeepsIt) {
  auto& a = h.connect(lasting("a"));
  a.subscribes(name, 1).ignores();
  a.vanishes();
  auto& b = h.connect("b", Version::v3_1_1).subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=128"));
  h.connect("p").publishes("t", "1", 1);
  auto& again = h.connecting(lasting("a"));
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

TEST_F(Exclusive, IsNotHadBeforeItIsGranted) {
  h.router.hold_subscribes = true;
  auto& a = h.connect(lasting("a")).subscribes(name);
  EXPECT_TRUE(h.broker.subscriptions().empty());
  EXPECT_EQ(h.router.take(), lines("subscribe $exclusive/t +exclusive"));
  h.release_subscribes(1);
  EXPECT_EQ(h.broker.subscriptions().size(), 1U);
  EXPECT_EQ(a.receives(), "") << "not everybody knows";
  h.release_subscribes(1);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Exclusive, WhoAsksTwiceIsAnsweredTheSame) {
  h.router.hold_subscribes = h.router.exclusive_taken = true;
  auto& a = h.connect("a").subscribes(name).subscribes(name, 1);
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=151", "SUBACK id=2 code=151"));
  EXPECT_TRUE(h.broker.subscriptions().empty());
  h.router.exclusive_taken = false;
  a.subscribes(name).subscribes(name, 1);
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=3 code=0", "SUBACK id=4 code=1"));
  ASSERT_EQ(h.broker.subscriptions().size(), 1U);
  EXPECT_EQ(h.broker.subscriptions()[0].qos, mqtt::QoS::at_least_once);
}

TEST_F(Exclusive, UnsubscribeIsStrongerThanAVerdictThatComesLater) {
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes(name);
  h.router.take();
  EXPECT_EQ(a.unsubscribes(name).receives(), lines("UNSUBACK id=2 code=0"));
  EXPECT_EQ(h.router.take(), lines("a releases $exclusive/t"));
  a.subscribes(name, 1);
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=128", "SUBACK id=3 code=1"));
  a.unsubscribes(name);
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("UNSUBACK id=4 code=0"));
  EXPECT_EQ(a.unsubscribes(name).receives(), lines("UNSUBACK id=5 code=17"));
}

TEST_F(Exclusive, UnsubscribeBetweenGrantAndSuback) {
  h.router.hold_subscribes = true;
  auto& a = h.connect("a").subscribes(name);
  h.release_subscribes(1);
  h.router.take();
  EXPECT_EQ(a.unsubscribes(name).receives(), "");
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0", "a releases $exclusive/t", "subscribe"));
  h.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=128", "UNSUBACK id=2 code=0"));
}

TEST_F(Exclusive, WhoIsGoneBeforeTheVerdictHoldsNobodyUp) {
  for (const bool taken : {true, false}) {
    h.router.hold_subscribes = true;
    h.router.exclusive_taken = taken;
    auto& a = h.connect(lasting("a"));
    a.subscribes(name);
    a.vanishes();
    h.router.take();
    h.release_subscribes();
    EXPECT_EQ(h.router.take(), taken ? "" : lines("a releases $exclusive/t"));
    EXPECT_TRUE(h.broker.subscriptions().empty());
  }
  h.router.hold_subscribes = false;
  auto& b = h.connect("b").subscribes(name);
  EXPECT_EQ(b.receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Exclusive, WhoComesBackBeforeTheVerdictAsksForItself) {
  h.router.hold_subscribes = true;
  auto& a = h.connect(lasting("a"));
  a.subscribes(name);
  a.vanishes();
  auto& again = h.connecting(lasting("a")).ignores();
  again.subscribes(name);
  h.router.take();
  h.release_subscribes(1);
  EXPECT_EQ(h.router.take(), "") << "the second one still waits";
  h.release_subscribes();
  EXPECT_EQ(again.receives(), lines("SUBACK id=1 code=0"));
}

TEST_F(Exclusive, CountsAmongTheSubscriptionsWhenItIsGranted) {
  Config config{.exclusive_subscription = true};
  config.subscriptions_max = 1;
  Harness limited{config};
  limited.router.hold_subscribes = true;
  auto& a = limited.connect("a").subscribes(name).subscribes("$exclusive/u");
  limited.router.take();
  limited.release_subscribes();
  EXPECT_EQ(a.receives(), lines("SUBACK id=2 code=151", "SUBACK id=1 code=0"));
  EXPECT_NE(limited.router.take().find("a releases $exclusive/u"), std::string::npos);
}

TEST_F(Exclusive, IsFreeWhenItsSessionEnds) {
  auto& a = h.connect("a").subscribes(name).ignores();
  h.router.take();
  a.vanishes();
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0", "a releases $exclusive/t"));
}

TEST_F(Exclusive, GoesAlongWithItsSession) {
  h.connect(lasting("a")).subscribes(name).vanishes();
  h.router.take();
  const auto image = h.broker.export_session("a", h.now);
  ASSERT_TRUE(image);
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/1")) << "kept for it until it has arrived";
  Harness there{Config{.exclusive_subscription = true}, 0, 2};
  ASSERT_TRUE(there.broker.import_session(*image, there.now));
  EXPECT_EQ(there.router.take(),
            lines("share $exclusive/t 0/1", "a holds $exclusive/t", "subscribe $exclusive/t"));
  h.broker.end_leaving("a", h.now);
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0", "a releases $exclusive/t"));
}

TEST_F(Exclusive, WhatIsAskedForOnceMoreGoesAlongToo) {
  auto& a = h.connect(lasting("a"));
  a.subscribes(name);
  h.router.hold_subscribes = true;
  a.subscribes(name, 1);
  ASSERT_TRUE(h.broker.export_session("a", h.now));
  h.router.take();
  h.release_subscribes();
  EXPECT_EQ(h.router.take(), "");
}

TEST_F(Exclusive, IsReleasedWhereASessionComesBackWithoutIt) {
  h.connect(lasting("a")).subscribes(name).vanishes();
  const auto image = h.broker.export_session("a", h.now);
  ASSERT_TRUE(image);
  Harness there{Config{.exclusive_subscription = true}, 0, 2};
  ASSERT_TRUE(there.broker.import_session(*image, there.now));
  there.broker.lose_exclusive(name, "a", "b", there.now);
  const auto back = there.broker.export_session("a", there.now);
  ASSERT_TRUE(back);
  h.router.take();
  ASSERT_TRUE(h.broker.import_session(*back, h.now));
  EXPECT_NE(h.router.take().find("a releases $exclusive/t"), std::string::npos);
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

TEST_F(Exclusive, IsLostToWhoHasHadItForLonger) {
  auto& a = h.connect("a").subscribes(name).ignores();
  h.router.take();
  h.broker.lose_exclusive(name, "a", "b", h.now);
  EXPECT_EQ(a.receives(), lines("DISCONNECT reason=97", "closed: contested"));
  EXPECT_EQ(h.router.take(), lines("share $exclusive/t 0/0"));
  EXPECT_EQ(h.metrics().subscriptions_exclusive_lost, 1U);
  h.broker.lose_exclusive(name, "a", "b", h.now);
  EXPECT_EQ(h.router.take(), "");
  EXPECT_EQ(h.metrics().subscriptions_exclusive_lost, 1U);
}

TEST_F(Exclusive, IsLostByWhoIsAwayAndFoundOutLater) {
  h.connect(lasting("a")).subscribes(name).vanishes();
  h.broker.lose_exclusive(name, "a", "b", h.now);
  h.router.exclusive_taken = true;
  auto& again = h.connecting(lasting("a")).ignores();
  EXPECT_EQ(again.subscribes(name).receives(), lines("SUBACK id=1 code=151"));
}

TEST_F(Exclusive, OfTwoSessionsThatMetOnOneWorkerOneStays) {
  h.connect(lasting("a")).subscribes(name).vanishes();
  const auto image = h.broker.export_session("a", h.now);
  ASSERT_TRUE(image);
  Harness there{Config{.exclusive_subscription = true}, 0, 2};
  auto& b = there.connect("b").subscribes(name).ignores();
  ASSERT_TRUE(there.broker.import_session(*image, there.now));
  there.router.take();
  there.broker.lose_exclusive(name, "a", "b", there.now);
  EXPECT_EQ(there.router.take(), lines("share $exclusive/t 1/1"));
  there.connect("p").publishes("t", "hi");
  EXPECT_EQ(b.receives(), lines("PUBLISH topic='t' payload='hi'"));
}

TEST(ExclusiveOff, IsNoFilterThen) {
  Harness h;
  auto& a = h.connect("a").subscribes(name);
  EXPECT_EQ(a.receives(), lines("SUBACK id=1 code=143"));
  EXPECT_EQ(h.router.take(), "");
}

}  // namespace
}  // namespace meshmq::broker
