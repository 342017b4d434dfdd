#include "node/exclusive_claims.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/hash.hpp"
#include "cluster/route_table.hpp"

namespace meshmq::node {
namespace {

constexpr auto name = "$exclusive/t";

class ExclusiveClaimsTest : public testing::Test {
 protected:
  ExclusiveClaimsTest() {
    config.name = "b@h";
    config.workers = 2;
    claims.emplace(config, table, writer(Slot(0)));
    while (hash_bytes(before) >= hash_bytes(config.name)) before.insert(0, "0");
  }
  void theirs(Slot slot, std::uint32_t total) { table.set_group(name, {slot, {total, total}, slot.value}); }
  /// Rows of a node stand here at `first` and behind it.
  ExclusiveClaims::SetGroup writer(Slot first) {
    return [this, first](const GroupRequest& group) {
      const Slot slot(first.value + group.worker.value);
      table.set_group(group.group, {slot, group.weight, slot.value});
    };
  }
  void ours(WorkerIndex worker, std::uint32_t total) { claims->set_group({worker, name, {total, total}}); }
  static SubscribeRequest request(WorkerIndex worker, std::string filter) {
    return {worker, 1, {{std::move(filter), false, true, true}}};
  }
  bool claim(WorkerIndex worker, const std::string& filter = name) {
    SubscribeRequest asked = request(worker, filter);
    claims->claim(asked);
    return asked.refused.empty();
  }
  void pass(Duration time) {
    now.mono += time;
    now.wall += time.count();
  }

  Config config;
  cluster::RouteTable table{0};
  std::optional<ExclusiveClaims> claims;
  std::string before = "0@h";  ///< a node that goes before this one
  Now now{TimePoint(std::chrono::seconds(100)), 100'000};
};

TEST_F(ExclusiveClaimsTest, OneOfTheWorkersHasIt) {
  EXPECT_TRUE(claim(WorkerIndex(0)));
  EXPECT_EQ(table.group_weight(name, Slot(0)).total, 1U);
  EXPECT_FALSE(claim(WorkerIndex(1)));
  EXPECT_EQ(table.group_weight(name, Slot(1)).total, 0U);
  ours(WorkerIndex(0), 0);
  EXPECT_TRUE(claim(WorkerIndex(1)));
}

TEST_F(ExclusiveClaimsTest, WhatAnotherNodeHasIsTakenUntilItIsOutOfReach) {
  theirs(Slot(2), 1);
  EXPECT_TRUE(claim(WorkerIndex(0), "$exclusive/v"));
  claims->peer_up(Slot(2), "a@h");
  EXPECT_FALSE(claim(WorkerIndex(0)));
  EXPECT_TRUE(claim(WorkerIndex(0), "$exclusive/u"));
  claims->peer_down(Slot(2));
  EXPECT_TRUE(claim(WorkerIndex(0)));
}

TEST_F(ExclusiveClaimsTest, OfTwoAtTheSameMomentTheSameOneIsFirstForBoth) {
  Config other = config;
  other.name = "a@h";
  ExclusiveClaims there(other, table, writer(Slot(2)));
  SubscribeRequest asked_there = request(WorkerIndex(0), name);
  SubscribeRequest asked_here = request(WorkerIndex(0), name);
  there.claim(asked_there);
  claims->claim(asked_here);
  // Now each hears of the other's row.
  there.peer_up(Slot(0), "b@h");
  claims->peer_up(Slot(2), "a@h");
  claims->check(asked_here);
  there.check(asked_there);
  EXPECT_EQ(asked_here.refused.size() + asked_there.refused.size(), 1U);
  EXPECT_EQ(table.group_weight(name, Slot(0)).total + table.group_weight(name, Slot(2)).total, 1U);
}

TEST_F(ExclusiveClaimsTest, OneSideOfASplitGivesUpWhenTheyHaveMet) {
  ours(WorkerIndex(1), 1);
  claims->peer_up(Slot(2), before);
  theirs(Slot(2), 1);
  EXPECT_TRUE(claims->tick(now).empty());
  pass(ExclusiveClaims::contest_wait - Duration(1));
  EXPECT_TRUE(claims->tick(now).empty()) << "it may be a session on its way";
  pass(ExclusiveClaims::sweep);
  const auto given_up = claims->tick(now);
  ASSERT_EQ(given_up.size(), 1U);
  EXPECT_EQ(given_up[0].first, WorkerIndex(1));
  EXPECT_EQ(given_up[0].second, name);
  ours(WorkerIndex(1), 0);
  pass(ExclusiveClaims::sweep);
  EXPECT_TRUE(claims->tick(now).empty());
}

TEST_F(ExclusiveClaimsTest, AMovingSessionIsNoContest) {
  ours(WorkerIndex(1), 1);
  claims->peer_up(Slot(2), before);
  theirs(Slot(2), 1);
  EXPECT_TRUE(claims->tick(now).empty());
  theirs(Slot(2), 0);
  pass(ExclusiveClaims::contest_wait);
  EXPECT_TRUE(claims->tick(now).empty());
  theirs(Slot(2), 1);
  pass(ExclusiveClaims::contest_wait);
  EXPECT_TRUE(claims->tick(now).empty()) << "the time begins anew";
}

}  // namespace
}  // namespace meshmq::node
