#include "cluster/discovery.hpp"

#include <gtest/gtest.h>

namespace meshmq::cluster {
namespace {

class DiscoveryTest : public ::testing::Test, protected DiscoveryPorts {
 protected:
  void ask_provider() override { calls += "ask "; }
  void settled() override { calls += "settled "; }
  void withdraw() override { calls += "withdraw "; }
  void probe(const std::string& node) override { calls += "probe:" + node + " "; }
  void join(const std::string& node) override { calls += "join:" + node + " "; }
  void stay_out() override {
    calls += "stay_out ";
    membership.set_stays_out(true);
  }

  void tick(int ms = 0) {
    now.mono += std::chrono::milliseconds(ms);
    now.wall += ms;
    discovery.tick(now);
  }
  void found(std::vector<std::string> nodes) { discovery.answer(Discovered{.nodes = std::move(nodes)}, now); }
  void meet(const std::string& node, std::uint64_t cluster, std::size_t members) {
    discovery.met(node, {.cluster = ClusterId(cluster), .members = members}, now);
  }
  std::string said() { return std::exchange(calls, {}); }
  std::string standing(const std::string& node) {
    for (const auto& candidate : discovery.status().candidates) {
      if (candidate.node == node) return candidate.standing;
    }
    return "none";
  }
  /// Both have been asked for and answered.
  void start_with(std::vector<std::string> nodes) {
    tick();
    found(std::move(nodes));
    tick();
    said();
  }

  Now now{TimePoint(std::chrono::hours(1)), 1'000'000};
  Membership membership{"b@h", ClusterId(50)};
  std::string calls;
  DiscoverySettings settings{.provider = "static"};
  Discovery discovery{settings, membership, *this, Logger(), 1};
};

TEST_F(DiscoveryTest, AsksProbesWhatItFindsAndJoinsTheLowestOfEqualClusters) {
  tick();
  EXPECT_EQ(said(), "ask ");
  found({"a@h", "b@h", "c@h"});
  tick(100);
  EXPECT_EQ(said(), "probe:a@h probe:c@h ");
  meet("a@h", 40, 1);
  tick(100);
  EXPECT_EQ(said(), "probe:c@h ");
  meet("c@h", 30, 1);
  tick(100);
  EXPECT_EQ(said(), "join:c@h ");
  EXPECT_EQ(standing("c@h"), "being joined");
  discovery.joined({}, now);
  EXPECT_EQ(said(), "settled ");
  EXPECT_EQ(discovery.status().action, "joined c@h");
}

TEST_F(DiscoveryTest, ALargerClusterIsBetterThanALowerOne) {
  start_with({"a@h", "c@h"});
  meet("a@h", 1, 1);
  meet("c@h", 90, 2);
  tick(100);
  EXPECT_EQ(said(), "join:c@h ");
}

TEST_F(DiscoveryTest, WhoIsBestStaysAndLetsTheOthersCome) {
  start_with({"a@h"});
  meet("a@h", 51, 1);
  tick(100);
  EXPECT_EQ(said(), "settled ");
  EXPECT_EQ(standing("a@h"), "of another cluster, with 1 member");
}

TEST_F(DiscoveryTest, DoesNotWaitLongForNodesThatAreDown) {
  start_with({"a@h", "c@h", "d@h"});
  meet("a@h", 1, 1);
  discovery.met("c@h", {.error = LinkError::unreachable}, now);
  tick(100);
  EXPECT_EQ(said(), "probe:d@h ");
  tick(3000);
  EXPECT_EQ(said(), "probe:d@h join:a@h ");
  EXPECT_EQ(standing("d@h"), "not met yet");
  EXPECT_EQ(standing("c@h").substr(0, 17), "cannot be reached");
}

TEST_F(DiscoveryTest, ARefusedJoinIsTriedAgainAfterAMoment) {
  start_with({"a@h"});
  meet("a@h", 1, 1);
  tick(100);
  said();
  discovery.joined(fail(Errc::refused, "it is joining c@h itself"), now);
  EXPECT_EQ(discovery.status().action, "could not join a@h: it is joining c@h itself");
  tick(200);
  EXPECT_EQ(said(), "");
  tick(1500);
  EXPECT_EQ(said(), "join:a@h ");
}

TEST_F(DiscoveryTest, AProviderThatIsDownIsAskedAgain) {
  tick();
  discovery.answer(fail(Errc::unreachable, "connection refused"), now);
  EXPECT_EQ(said(), "ask settled ");
  EXPECT_EQ(discovery.status().error, "connection refused");
  tick(4900);
  EXPECT_EQ(said(), "");
  tick(100);
  EXPECT_EQ(said(), "ask ");
  found({"a@h"});
  EXPECT_EQ(discovery.status().error, "");
}

TEST_F(DiscoveryTest, AnErrorForgetsNothing) {
  start_with({"a@h"});
  discovery.answer(fail(Errc::unreachable, "gone"), now);
  EXPECT_EQ(standing("a@h"), "not met yet");
}

TEST_F(DiscoveryTest, AsksAgainWhenTheAnswerIsOutOfDate) {
  tick();
  discovery.answer(Discovered{.nodes = {}, .valid = std::chrono::seconds(2)}, now);
  said();
  tick(1900);
  EXPECT_EQ(said(), "settled ");
  tick(200);
  EXPECT_EQ(said(), "ask ");
}

TEST_F(DiscoveryTest, MembersAreLeftAlone) {
  membership.join("a@h", {1, "b@h"});
  start_with({"a@h"});
  EXPECT_EQ(standing("a@h"), "member");
  tick(10'000);
  EXPECT_EQ(said(), "ask ");
}

TEST_F(DiscoveryTest, WhoIsSentAwayStaysOutUntilAskedBack) {
  start_with({"a@h"});
  membership.stand_alone(ClusterId(51), {1, "b@h"}, true);
  meet("a@h", 1, 3);
  tick(100);
  EXPECT_EQ(said(), "withdraw ");
  tick(60'000);
  EXPECT_EQ(said(), "");
  membership.adopt(ClusterId(7), {{"b@h", {Standing::member}}, {"a@h", {Standing::member}}});
  tick(100);
  EXPECT_EQ(said(), "ask ");
}

TEST_F(DiscoveryTest, NobodyJoinsWhoWasSentAway) {
  start_with({"a@h"});
  discovery.met("a@h", {.cluster = ClusterId(1), .members = 1, .open = false}, now);
  tick(100);
  EXPECT_EQ(said(), "settled ");
  EXPECT_EQ(standing("a@h"), "stays out: an operator removed it");
}

TEST_F(DiscoveryTest, AClusterThatRemovedThisNodeIsNotJoinedFromAnother) {
  membership.stand_alone(ClusterId(60), {1, "b@h"}, true);         // from 50
  membership.adopt(ClusterId(70), {{"b@h", {Standing::member}}});  // asked to join another one
  start_with({"a@h"});
  meet("a@h", 50, 9);
  tick(100);
  EXPECT_EQ(said(), "settled ");
}

TEST_F(DiscoveryTest, WhoWasRemovedHereAndForgotItIsNotFollowed) {
  membership.join("a@h", {1, "b@h"});
  membership.remove("a@h", {2, "b@h"});
  start_with({"a@h"});
  meet("a@h", 1, 1);
  tick(100);
  EXPECT_EQ(said(), "settled ");
  EXPECT_EQ(standing("a@h"), "removed by an operator");
}

TEST_F(DiscoveryTest, WhoForgotThatItWasRemovedIsRemindedByTheOthers) {
  start_with({"a@h"});
  discovery.met("a@h", {.cluster = ClusterId(1), .members = 2, .removed_me = true}, now);
  tick(100);
  tick(100);
  EXPECT_EQ(said(), "stay_out withdraw ");
}

TEST_F(DiscoveryTest, WhatANodeSaidLongAgoDoesNotCount) {
  start_with({"a@h"});
  meet("a@h", 1, 1);
  now.mono += std::chrono::seconds(7);
  tick();
  EXPECT_EQ(said().find("join"), std::string::npos);
}

TEST(MembershipImage, KeepsWhoWasSentAway) {
  Membership membership("b@h", ClusterId(1));
  membership.stand_alone(ClusterId(2), {5, "a@h"}, true);
  const auto restored = Membership::restore(membership.image(), "b@h");
  ASSERT_TRUE(restored);
  EXPECT_TRUE(restored->stays_out());
  EXPECT_TRUE(restored->removed_from(ClusterId(1)));
  EXPECT_EQ(*restored, membership);
}

TEST(DiscoveryByHand, DoesNothing) {
  struct Nothing final : DiscoveryPorts {
    void ask_provider() override { ADD_FAILURE(); }
    void settled() override { ADD_FAILURE(); }
    void withdraw() override { ADD_FAILURE(); }
    void probe(const std::string&) override { ADD_FAILURE(); }
    void join(const std::string&) override { ADD_FAILURE(); }
    void stay_out() override { ADD_FAILURE(); }
  } nothing;
  const Membership membership("b@h", ClusterId(1));
  Discovery discovery({}, membership, nothing, Logger(), 1);
  discovery.tick({TimePoint(std::chrono::hours(1)), 1});
}

}  // namespace
}  // namespace meshmq::cluster
