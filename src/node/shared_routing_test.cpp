#include "node/shared_routing.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "cluster/route_table.hpp"

namespace meshmq::node {
namespace {

using broker::SharedPick;
using cluster::Slot;

constexpr const char* group = "$share/g/t";

/// Worker 0 of a node with two workers that knows two other nodes, slots 2 and 3.
class SharedRoutingTest : public ::testing::Test {
 protected:
  class Port final : public ParcelPort {
   public:
    bool send(Slot slot, Parcel parcel, broker::Token) override {
      sent.push_back({slot, std::move(parcel)});
      return slot.value >= 2;
    }
    bool usable(Slot slot) const override { return !broken.contains(slot); }

    std::vector<std::pair<Slot, Parcel>> sent;
    std::set<Slot> broken;
  };

  SharedRoutingTest() {
    config.workers = 2;
    for (std::uint32_t slot = 0; slot < 4; ++slot) routes.set_live(Slot(slot), true);
  }
  void members(std::uint32_t slot, std::uint32_t online, std::uint32_t total) {
    routes.set_group(group, {Slot(slot), {online, total}, slot < 2 ? 0U : slot});
  }
  static mqtt::MessagePtr message(mqtt::QoS qos = mqtt::QoS::at_least_once) {
    return mqtt::Message::make({.topic = "t", .payload = "x", .qos = qos});
  }
  /// Where it went; 99: nowhere.
  std::uint32_t taken() {
    if (port.sent.empty()) return 99;
    const std::uint32_t slot = port.sent.front().first.value;
    last = port.sent.front().second;
    port.sent.erase(port.sent.begin());
    return slot;
  }
  const SharedPick& last_pick() const { return last.picks->picks()[0]; }
  void after(Duration wait) {
    now.mono += wait;
    routing.tick(true, now);
  }

  Config config;
  cluster::RouteTable routes;
  Port port;
  Now now{TimePoint(Duration(1000)), 0};
  SharedRouting routing{config, Slot(0), routes, port, 1};
  Parcel last;
};

TEST_F(SharedRoutingTest, WhatHasNoMemberHereIsPassedOnToWhoHasOne) {
  members(0, 1, 1);  // as the table still says
  members(3, 1, 1);
  const SharedPick pick{.group = group, .last_resort = true};
  EXPECT_TRUE(routing.pass_on(message(), pick, false, now));
  EXPECT_EQ(taken(), 3U);
  EXPECT_EQ(last_pick().attempts, 1U);
  EXPECT_EQ(last_pick().group, group);
  EXPECT_FALSE(last_pick().last_resort) << "somebody is online there";
  EXPECT_FALSE(last.ordinary());
}

TEST_F(SharedRoutingTest, AMessageThatFoundNobodySeveralTimesWaitsAWhile) {
  members(3, 1, 1);
  const SharedPick tired{.group = group, .attempts = SharedRouting::attempts_at_once};
  EXPECT_TRUE(routing.pass_on(message(), tired, false, now));
  EXPECT_EQ(taken(), 99U);
  after(std::chrono::milliseconds(200));
  EXPECT_EQ(taken(), 3U);
  EXPECT_EQ(last_pick().attempts, 0U);
}

TEST_F(SharedRoutingTest, FullMembersAreKeptUnlessSomebodyElseIsOnline) {
  members(0, 1, 1);
  members(2, 0, 1);
  const SharedPick pick{.group = group};
  EXPECT_FALSE(routing.pass_on(message(), pick, true, now)) << "slot 2 has nobody online";
  members(1, 1, 1);
  EXPECT_TRUE(routing.pass_on(message(), pick, true, now));
  EXPECT_EQ(taken(), 1U);
  const SharedPick tired{.group = group, .attempts = SharedRouting::attempts_at_once};
  EXPECT_FALSE(routing.pass_on(message(), tired, true, now)) << "all are full, it seems";
}

TEST_F(SharedRoutingTest, AMessageWaitsForMembersThatCannotBeReached) {
  members(2, 1, 1);
  routes.set_live(Slot(2), false);
  EXPECT_FALSE(routing.redispatch(message(), group, 0, now));
  after(std::chrono::seconds(30));
  EXPECT_EQ(taken(), 99U);
  routes.set_live(Slot(2), true);
  after(std::chrono::milliseconds(200));
  EXPECT_EQ(taken(), 2U);
  EXPECT_EQ(routing.dropped(), 0U);
}

TEST_F(SharedRoutingTest, AMessageOfAGroupThatIsGoneIsDroppedAndCounted) {
  routing.redispatch(message(), group, 0, now);
  after(std::chrono::milliseconds(500));
  EXPECT_EQ(routing.dropped(), 0U);
  after(SharedRouting::unknown_wait);
  EXPECT_EQ(routing.dropped(), 1U);
  members(2, 1, 1);
  after(std::chrono::seconds(1));
  EXPECT_EQ(taken(), 99U);
}

TEST_F(SharedRoutingTest, AQos0MessageDoesNotWait) {
  EXPECT_TRUE(routing.pass_on(message(mqtt::QoS::at_most_once), {.group = group}, false, now));
  EXPECT_EQ(routing.dropped(), 1U);
}

TEST_F(SharedRoutingTest, NodesThatAreKnownToBeDownAreLeftOutBeforeTheTableSaysSo) {
  members(2, 1, 1);
  members(3, 1, 1);
  port.broken.insert(Slot(2));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(routing.redispatch(message(), group, 5, now));
    EXPECT_EQ(taken(), 3U);
  }
}

TEST_F(SharedRoutingTest, APickOfAnotherNodeIsForThisNodesWorkers) {
  members(0, 1, 1);
  members(1, 2, 2);
  members(2, 5, 5);
  const SharedPick pick{.group = group, .number = 2, .attempts = 1};
  const Parcel parcel{message(), std::make_shared<const broker::PickList>(true, std::span(&pick, 1))};
  routing.resolve(parcel, now);
  EXPECT_TRUE(routing.picks_for(Slot(0)).empty());
  ASSERT_EQ(routing.picks_for(Slot(1)).size(), 1U);
  EXPECT_EQ(routing.picks_for(Slot(1))[0].number, 1U);
  EXPECT_EQ(routing.picks_for(Slot(1))[0].attempts, 1U);
  cluster::SlotSet slots;
  routing.add_slots(slots);
  EXPECT_TRUE(slots.contains(Slot(1)));
  members(0, 0, 0);
  members(1, 0, 0);
  routing.resolve(parcel, now);
  EXPECT_EQ(taken(), 2U) << "nobody is left here";
}

}  // namespace
}  // namespace meshmq::node
