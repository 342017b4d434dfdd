#include "node/dead_wills.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/owned_rows.hpp"

namespace meshmq::node {
namespace {

using cluster::LinkError;

/// What runs, who sees whom and who is connected where; the same for all survivors.
struct Town {
  std::set<std::string> running{"a@h", "b@h", "c@h", "x@h"};
  std::set<std::string> seen;          ///< by somebody else
  std::set<std::string> syncing;       ///< not in sync with these
  std::set<std::string> alive;         ///< clients with a session on a running node
  std::vector<std::string> published;  ///< by whom and what
  std::set<std::string> mute;          ///< nobody hears them
  cluster::ClusterId cluster{7};
  Now now{TimePoint(Duration(1'000'000)), 1'700'000'000'000};
};

/// One node that has lived on.
class Survivor final : public DeadWillsPorts {
 public:
  Survivor(Town& the_town, const std::string& its_name, std::uint64_t incarnation,
           Duration silence = std::chrono::seconds(60))
      : town(the_town), name(its_name), wills(its_name, incarnation, silence, rows, *this, Logger()) {
    wills.peer_up(x, "x@h", 100, town.now);
  }

  bool running(const std::string& node) const override { return town.running.contains(node); }
  bool seen_by_others(const std::string& node) const override { return town.seen.contains(node); }
  bool in_sync_with(const std::string& node) const override {
    return running(node) && !town.syncing.contains(node);
  }
  std::uint64_t position_in(const std::string&, std::uint64_t) const override { return position; }
  cluster::ClusterId cluster_id() const override { return town.cluster; }
  ClientKey key_of(std::string_view client_id) const override { return hash_bytes(client_id, 3); }
  bool lives(std::string_view client_id) const override {
    return town.alive.contains(std::string(client_id));
  }
  void publish(const mqtt::MessagePtr& will) override {
    town.published.push_back(name + " " + std::string(will->payload()));
  }
  void broadcast(const std::string& bytes) override {
    if (town.mute.contains(name)) return;
    for (Survivor* other : others) {
      if (running(other->name)) other->wills.message(name, bytes);
    }
  }

  void send(const std::string& node, const std::string& bytes) override {
    for (Survivor* other : others) {
      if (other->name == node) other->wills.message(name, bytes);
    }
  }

  void leaves_will(const std::string& client_id, std::uint32_t delay_s = 0, WallMillis detached_at = 0) {
    const auto message = mqtt::Message::make({.topic = "w", .payload = client_id});
    rows.apply({x, "x@h"}, true, client_id, encode_will({message, delay_s, detached_at}));
  }
  void loses_x() { wills.peer_lost(x, "x@h", town.now); }
  /// As after a kill -9.
  void sees_x_die() {
    loses_x();
    wills.link_down("x@h", LinkError::closed);
    wills.link_down("x@h", LinkError::unreachable);
  }

  static constexpr Slot x{9};
  Town& town;
  std::string name;
  std::uint64_t position = 10;  ///< in x's log
  WillRows rows;
  DeadWills wills;
  std::vector<Survivor*> others;
};

class DeadWillsTest : public ::testing::Test {
 protected:
  DeadWillsTest() {
    for (Survivor* one : {&a, &b}) {
      one->leaves_will("c1");
      one->leaves_will("late", 30);
    }
    a.others = {&b};
    b.others = {&a};
    town.running.erase("x@h");
  }

  /// `town.seen` is what a sees of others' links.
  void pass(Duration time) {
    for (Duration step(0); step < time; step += Duration(500)) {
      town.now.mono += Duration(500);
      town.now.wall += 500;
      for (Survivor* one : {&a, &b}) {
        if (town.running.contains(one->name)) one->wills.tick(town.now);
      }
    }
  }
  std::vector<std::string> published() { return std::exchange(town.published, {}); }
  using Published = std::vector<std::string>;

  Town town;
  Survivor a{town, "a@h", 1};
  Survivor b{town, "b@h", 2};
};

TEST_F(DeadWillsTest, TheOldestSurvivorPublishesTheWillsOfANodeThatIsCertainlyDead) {
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h c1"});
  pass(std::chrono::seconds(26));
  EXPECT_EQ(published(), Published{});
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h late"});
  EXPECT_EQ(a.wills.estates() + b.wills.estates(), 0U);
}

TEST_F(DeadWillsTest, SilenceIsDeathAfterItsTime) {
  for (Survivor* one : {&a, &b}) {
    one->loses_x();
    one->wills.link_down("x@h", LinkError::timed_out);
    one->wills.link_down("x@h", LinkError::unreachable);
  }
  pass(std::chrono::seconds(59));
  EXPECT_EQ(published(), Published{});
  pass(std::chrono::seconds(4));
  EXPECT_EQ(published(), (Published{"a@h c1", "a@h late"}));
}

TEST_F(DeadWillsTest, SilenceAloneIsNoDeathIfTheKeySaysSo) {
  Survivor sure(town, "a@h", 1, Duration(0));
  sure.leaves_will("c1");
  sure.loses_x();
  town.now.mono += std::chrono::hours(5);
  sure.wills.tick(town.now);
  town.now.mono += std::chrono::hours(5);
  sure.wills.tick(town.now);
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, ANodeThatAnotherOneSeesIsNotDead) {
  a.sees_x_die();
  town.seen = {"x@h"};
  pass(std::chrono::seconds(300));
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, WhoWasCutOffBeforeLeavesItToThoseWhoKnewTheNodeLast) {
  a.leaves_will("gone before");
  a.sees_x_die();
  town.seen = {"x@h"};
  pass(std::chrono::seconds(20));
  town.seen = {};
  b.leaves_will("new");
  b.position = 11;
  b.sees_x_die();
  pass(std::chrono::seconds(120));
  EXPECT_EQ(published(), (Published{"b@h c1", "b@h new", "b@h late"})) << "and not what a still had";
}

TEST_F(DeadWillsTest, ANodeThatComesBackAsItWasIsNotDead) {
  a.sees_x_die();
  b.sees_x_die();
  for (Survivor* one : {&a, &b}) one->wills.peer_up(Survivor::x, "x@h", 100, town.now);
  pass(std::chrono::seconds(100));
  EXPECT_EQ(published(), Published{});
  EXPECT_EQ(a.rows.of(Survivor::x)->size(), 2U);
}

TEST_F(DeadWillsTest, ANodeThatWasStartedAgainHasDied) {
  a.loses_x();
  b.loses_x();
  town.running.insert("x@h");
  town.syncing.insert("x@h");
  for (Survivor* one : {&a, &b}) one->wills.peer_up(Survivor::x, "x@h", 101, town.now);
  EXPECT_EQ(a.rows.of(Survivor::x), nullptr);
  pass(std::chrono::seconds(10));
  EXPECT_EQ(published(), Published{});
  town.syncing.clear();
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h c1"});
}

TEST_F(DeadWillsTest, ASessionThatTheNodeHasKeptIsAlive) {
  a.loses_x();
  b.loses_x();
  town.running.insert("x@h");
  for (Survivor* one : {&a, &b}) {
    one->wills.peer_up(Survivor::x, "x@h", 101, town.now);
    one->wills.came_back(one->key_of("c1"));
  }
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, ANodeThatIsRemovedWhileItIsAwayIsDead) {
  for (Survivor* one : {&a, &b}) {
    one->loses_x();
    one->rows.apply({Survivor::x, "x@h"}, false, "c1", {});
    one->rows.apply({Survivor::x, "x@h"}, false, "late", {});
    one->wills.peer_gone("x@h", town.now);
  }
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h c1"});
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), Published{"a@h late"});
}

TEST_F(DeadWillsTest, ANodeThatIsRemovedAmongThoseWhoSeeItLivesOn) {
  a.loses_x();
  town.seen = {"x@h"};
  pass(std::chrono::seconds(30));
  town.seen = {};
  a.wills.peer_gone("x@h", town.now);
  pass(std::chrono::seconds(100));
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, AClientThatIsElsewhereNeedsNoWill) {
  town.alive = {"c1"};
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(3));
  // It was there, and has gone in peace.
  for (Survivor* one : {&a, &b}) one->wills.came_back(one->key_of("late"));
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), Published{});
  EXPECT_EQ(a.wills.estates() + b.wills.estates(), 0U);
}

TEST_F(DeadWillsTest, TheNextHeirGoesOnWithWhatIsLeft) {
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(3));
  town.running.erase("a@h");
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), (Published{"a@h c1", "b@h late"}));
}

TEST_F(DeadWillsTest, AnHeirThatWasStartedAgainIsNone) {
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(3));
  town.running.erase("a@h");
  b.wills.peer_up(Slot(4), "a@h", 33, town.now);
  town.running.insert("a@h");
  town.mute = {"a@h"};
  for (int i = 0; i < 80; ++i) {
    town.now.mono += Duration(500);
    b.wills.tick(town.now);
  }
  EXPECT_EQ(published(), (Published{"a@h c1", "b@h late"}));
}

TEST_F(DeadWillsTest, WhatAnHeirHadNoTimeToSayComesTwiceRatherThanNever) {
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(1));
  town.mute = {"a@h"};
  pass(std::chrono::seconds(3));
  town.running.erase("a@h");
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), (Published{"a@h c1", "b@h c1"}));
}

TEST_F(DeadWillsTest, WhatIsSaidBeforeTheLossIsNoticedCounts) {
  a.sees_x_die();
  pass(std::chrono::seconds(3));
  b.sees_x_die();
  town.running.erase("a@h");
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h c1"});
}

TEST_F(DeadWillsTest, WhoWasAwayMeanwhileHearsThatAllIsSettled) {
  a.leaves_will("gone in peace");
  town.running.erase("a@h");  // it stands still
  b.position = 11;
  b.sees_x_die();
  pass(std::chrono::seconds(40));
  EXPECT_EQ(published(), (Published{"b@h c1", "b@h late"}));
  town.running.insert("a@h");
  a.sees_x_die();
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, WhoKnowsMoreThanThoseWhoAreDoneGoesOn) {
  town.running.erase("b@h");
  a.sees_x_die();
  pass(std::chrono::seconds(40));
  EXPECT_EQ(published(), (Published{"a@h c1", "a@h late"}));
  town.running.insert("b@h");
  b.leaves_will("new");
  b.position = 11;
  b.sees_x_die();
  b.wills.came_back(b.key_of("c1"));
  b.wills.came_back(b.key_of("late"));
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"b@h new"});
}

TEST_F(DeadWillsTest, WhoDoubtsTheDeathLeavesItToTheOthers) {
  a.sees_x_die();
  b.sees_x_die();
  pass(std::chrono::seconds(3));
  EXPECT_EQ(published(), Published{"a@h c1"});
  // Started again, where only b can see it.
  town.running.insert("x@h");
  b.wills.peer_up(Survivor::x, "x@h", 101, town.now);
  town.seen = {"x@h"};
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), Published{"b@h late"});
}

TEST_F(DeadWillsTest, TheDelayOfAClientThatHadGoneBeforeRunsSinceThen) {
  a.leaves_will("away", 30, town.now.wall - 20'000);
  a.sees_x_die();
  pass(std::chrono::seconds(9));
  EXPECT_EQ(published(), Published{"a@h c1"});
  pass(std::chrono::seconds(2));
  EXPECT_EQ(published(), Published{"a@h away"});
}

TEST_F(DeadWillsTest, WhoLeavesTheClusterLeavesItsWillsBehind) {
  a.sees_x_die();
  town.cluster = cluster::ClusterId(8);
  a.wills.peer_gone("x@h", town.now);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(published(), Published{});
}

TEST_F(DeadWillsTest, NonsenseIsPassedOver) {
  a.sees_x_die();
  for (const std::string bytes : {"", "\x30", "\x31", "\x31zzzzzzzzzzzzzzzzzzzzzzzzzzz"}) {
    a.wills.message("b@h", bytes);
  }
  EXPECT_EQ(a.wills.estates(), 1U);
}

TEST(WillRowsTest, SumsFollowTheRows) {
  WillRows rows;
  const cluster::RowOwner owner{Slot(3), "n@h"};
  const auto first = rows.apply(owner, true, "c", "one");
  EXPECT_EQ(first.rows, 1);
  EXPECT_TRUE(rows.apply(owner, true, "c", "one").nothing());
  const auto second = rows.apply(owner, true, "c", "two");
  EXPECT_EQ(second.rows, 0);
  const auto third = rows.apply(owner, false, "c", "");
  EXPECT_EQ(third.rows, -1);
  EXPECT_EQ(first.digest ^ second.digest ^ third.digest, 0U);
  EXPECT_TRUE(rows.apply(owner, false, "c", "").nothing());
}

TEST(WillRowsTest, AWillSurvivesItsWayToOthers) {
  const auto message = mqtt::Message::make(
      {.topic = "t", .payload = "p", .publisher = "c", .qos = mqtt::QoS::exactly_once, .retain = true});
  const auto will = decode_will(encode_will({message, 5, 77}));
  ASSERT_TRUE(will);
  EXPECT_EQ(will->delay_s, 5U);
  EXPECT_EQ(will->detached_at, 77);
  EXPECT_EQ(will->message->publisher(), "c");
  EXPECT_TRUE(will->message->retain());
  EXPECT_FALSE(decode_will("short"));
}

}  // namespace
}  // namespace meshmq::node
