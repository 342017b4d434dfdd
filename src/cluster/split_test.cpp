// Nodes that lose each other: cleaned away, back, healed, kept apart.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cluster/cluster.hpp"
#include "cluster/cluster_harness.hpp"

namespace meshmq::cluster {
namespace {

using std::chrono::seconds;

class SplitTest : public ::testing::Test {
 protected:
  /// A cluster of these nodes, started in this order.
  void cluster(const std::vector<std::string>& names, Duration autoclean = Duration(0),
               bool autoheal = true) {
    for (const std::string& name : names) {
      TestNode& node = world.add(name);
      node.autoclean = autoclean;
      node.autoheal = autoheal;
      node.incarnation = 10 * ++age;
      node.crash();
      node.start();
    }
    for (std::size_t i = 1; i < names.size(); ++i) ASSERT_EQ(world.join(names[i], names[0]), "ok");
    nodes = names;
    std::sort(nodes.begin(), nodes.end());
  }
  /// Cuts all links between the two groups.
  void split(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (const std::string& x : a) {
      for (const std::string& y : b) world.cut(x, y);
    }
  }
  void mend_all() {
    for (const std::string& x : nodes) {
      for (const std::string& y : nodes) world.mend(x, y);
    }
  }
  void expect_whole() {
    const std::string all = fmt::format("{}", fmt::join(nodes, ","));
    for (const std::string& node : nodes) {
      EXPECT_EQ(world[node].members(), all) << node;
      EXPECT_EQ(world[node].running(), all) << node;
      EXPECT_EQ(world[node].alarm, "") << node;
      EXPECT_TRUE(world[node].machine->partition().views.empty()) << node;
      EXPECT_EQ(world[node].table(), world[nodes[0]].table()) << node;
    }
  }
  /// "views by coordinator" of the last heal that a node remembers.
  std::string healed(const std::string& node) {
    const auto& log = world[node].machine->heal_log();
    if (log.empty()) return "none";
    std::string text;
    for (const auto& view : log.back().views) text += fmt::format("[{}] ", fmt::join(view, ","));
    return text + "by " + log.back().coordinator;
  }
  std::size_t heals(const std::string& node) { return world[node].machine->heal_log().size(); }

  TestCluster world;
  std::vector<std::string> nodes;
  std::uint64_t age = 0;
};

// ---------------------------------------------------------------- cluster.autoclean

TEST_F(SplitTest, ANodeThatStaysAwayIsCleanedAway) {
  cluster({"a", "b", "c"}, seconds(60));
  world["c"].subscribe("t");
  world.settle(seconds(1));
  world["c"].crash();
  world.settle(seconds(55));
  EXPECT_EQ(world["a"].members(), "a,b,c");
  world.settle(seconds(10));
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["b"].members(), "a,b");
  EXPECT_EQ(world["a"].table(), "");
  EXPECT_TRUE(world["a"].gone.contains("c"));
}

TEST_F(SplitTest, WhoComesBackAfterItWasCleanedAwayIsAMemberAgain) {
  cluster({"a", "b", "c"}, seconds(60));
  world["c"].crash();
  world.settle(seconds(70));
  ASSERT_EQ(world["a"].members(), "a,b");
  world["c"].start();
  world["c"].subscribe("t");
  world.settle(seconds(10));
  expect_whole();
  EXPECT_EQ(world["a"].table(), "t -> c; ");
}

TEST_F(SplitTest, SidesThatCleanedEachOtherAwayFindEachOther) {
  cluster({"a", "b", "c", "d"}, seconds(60));
  for (const std::string& node : nodes) world[node].subscribe("of/" + node);
  split({"a", "b"}, {"c", "d"});
  world.settle(seconds(70));
  ASSERT_EQ(world["a"].members(), "a,b");
  ASSERT_EQ(world["d"].members(), "c,d");
  world["a"].write("x", "1");
  world["c"].write("y", "2");
  mend_all();
  world.settle(seconds(45));
  expect_whole();
  EXPECT_EQ(world["b"].table(), "of/a -> a; of/b -> b; of/c -> c; of/d -> d; ");
  for (const std::string& node : nodes) EXPECT_EQ(world[node].shared(), "x=1 y=2 ");
  // Neighbours never lost sight of each other.
  EXPECT_FALSE(world["a"].gone.contains("b"));
  EXPECT_FALSE(world["c"].gone.contains("d"));
}

TEST_F(SplitTest, NobodyIsCleanedAwayWhomSomebodySees) {
  cluster({"a", "b", "c"}, seconds(60));
  world.cut("a", "c");
  world.settle(seconds(120));
  for (const std::string& node : nodes) EXPECT_EQ(world[node].members(), "a,b,c");
  EXPECT_EQ(world["a"].alarm, "nodes see different members: [a,b,c] [a,b]; no word from c");
}

TEST_F(SplitTest, ARemovedNodeIsNotBroughtBackByThoseWhoSeeIt) {
  cluster({"a", "b", "c"}, seconds(60));
  split({"a"}, {"b", "c"});
  world["b"].machine->force_leave(OperationId(9), "c", world.now);
  world.settle(seconds(70));  // meanwhile a cleans both away, and they a
  mend_all();
  world.settle(seconds(45));
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["b"].members(), "a,b");
  EXPECT_EQ(world["c"].members(), "c");
}

TEST_F(SplitTest, AJoinCountsMoreThanARemovalOfBefore) {
  cluster({"a", "b", "c"});
  split({"a"}, {"b", "c"});
  world["a"].machine->force_leave(OperationId(9), "c", world.now);  // c does not hear of it
  world.settle(seconds(1));
  EXPECT_EQ(world.leave("c"), "ok");
  EXPECT_EQ(world.join("c", "b"), "ok");
  mend_all();
  world.settle(seconds(10));
  expect_whole();
}

TEST_F(SplitTest, WhoWasRemovedHasNoRightToRemove) {
  cluster({"a", "b", "c"});
  split({"a", "b"}, {"c"});
  world["a"].machine->force_leave(OperationId(9), "c", world.now);
  world.settle(seconds(1));
  world["c"].machine->force_leave(OperationId(9), "a", world.now);
  mend_all();
  world.settle(seconds(10));
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["b"].members(), "a,b");
  EXPECT_EQ(world["c"].members(), "c");
  EXPECT_EQ(world.join("c", "b"), "ok");
  expect_whole();
}

// ---------------------------------------------------------------- cluster.autoheal

TEST_F(SplitTest, TwoPartsHealAndEverybodyRemembers) {
  cluster({"a", "b", "c"});
  split({"a"}, {"b", "c"});
  world["a"].subscribe("x");
  world["c"].subscribe("y");
  world["b"].write("k", "v");
  world.settle(seconds(5));
  EXPECT_EQ(world["a"].alarm, "no word from b, c");
  mend_all();
  world.settle(seconds(15));
  expect_whole();
  for (const std::string& node : nodes) {
    EXPECT_EQ(healed(node), "[b,c] [a] by b") << node;
    EXPECT_EQ(heals(node), 1U) << node;
  }
  const HealRecord& heal = world["a"].machine->heal_log().back();
  EXPECT_GE(heal.healed_at, heal.met_at);
  EXPECT_GT(heal.met_at, heal.split_at);
  ASSERT_EQ(heal.merged.size(), 3U);
  EXPECT_EQ(heal.merged.at("a").shared_rows, 1U);
  EXPECT_EQ(heal.merged.at("c").rows, 1U);
}

TEST_F(SplitTest, OfEqualPartsTheOneWithTheOldestNodeLeads) {
  cluster({"d", "a", "b", "c"});
  split({"a", "d"}, {"b", "c"});
  world.settle(seconds(5));
  mend_all();
  world.settle(seconds(15));
  expect_whole();
  EXPECT_EQ(healed("c"), "[a,d] [b,c] by d");
}

TEST_F(SplitTest, ThreeEqualPartsHeal) {
  cluster({"a", "b", "c"});
  split({"a"}, {"b", "c"});
  world.cut("b", "c");
  for (const std::string& node : nodes) world[node].subscribe("of/" + node);
  world.settle(seconds(5));
  mend_all();
  world.settle(seconds(20));
  expect_whole();
  EXPECT_EQ(world["b"].table(), "of/a -> a; of/b -> b; of/c -> c; ");
  EXPECT_EQ(healed("b"), "[a] [b] [c] by a");
}

TEST_F(SplitTest, ALinkThatIsMissingInTheMiddleHeals) {
  cluster({"a", "b", "c"});
  world.cut("a", "c");
  world.settle(seconds(10));
  EXPECT_FALSE(world["b"].machine->partition().views.empty());
  mend_all();
  world.settle(seconds(15));
  expect_whole();
  EXPECT_EQ(healed("b"), "[a,b,c] [a,b] [b,c] by a");
}

TEST_F(SplitTest, ASplitDuringAHealIsHealedToo) {
  cluster({"a", "b", "c", "d"});
  split({"a", "b"}, {"c", "d"});
  world.settle(seconds(5));
  mend_all();
  world.settle(Duration(1500));  // they have met; it is not over
  split({"a"}, {"b", "c", "d"});
  world.settle(seconds(5));
  mend_all();
  world.settle(seconds(40));
  expect_whole();
  EXPECT_GE(heals("d"), 1U);
}

TEST_F(SplitTest, ALostCoordinatorIsReplaced) {
  cluster({"a", "b", "c", "d"});
  split({"a", "b", "c"}, {"d"});
  world.settle(seconds(5));
  mend_all();
  world.settle(Duration(600));
  world["a"].crash();
  world.settle(seconds(40));
  EXPECT_EQ(healed("d"), "[a,b,c] [d] by b");
  world["a"].start();
  world.settle(seconds(10));
  expect_whole();
}

TEST_F(SplitTest, RestartsAndGoodbyesAreNoSplits) {
  cluster({"a", "b"});
  world["b"].crash();
  world.settle(seconds(1));
  EXPECT_EQ(world["a"].alarm, "");
  world["b"].start();
  world.settle(seconds(5));
  world["b"].machine->shut_down();
  world.settle(seconds(1));
  EXPECT_EQ(world["a"].running(), "a");
  world["b"].crash();
  world["b"].start();
  world.settle(seconds(5));
  expect_whole();
  EXPECT_EQ(heals("a"), 0U);
}

TEST_F(SplitTest, WithoutAutohealAnOperatorHeals) {
  cluster({"a", "b", "c"}, Duration(0), false);
  split({"a"}, {"b", "c"});
  world["a"].subscribe("x");
  world.settle(seconds(5));
  mend_all();
  world.settle(seconds(30));
  EXPECT_EQ(world["a"].running(), "a");
  EXPECT_EQ(world["a"].machine->partition().apart, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(world["a"].alarm, "kept apart because cluster.autoheal is off: b, c; no word from b, c");
  EXPECT_EQ(world["c"].table(), "");
  EXPECT_EQ(world["a"].machine->heal(world.now).size(), 2U);
  world.settle(seconds(15));
  expect_whole();
  EXPECT_EQ(world["c"].table(), "x -> a; ");
  EXPECT_EQ(healed("c"), "[b,c] [a] by b");
}

TEST_F(SplitTest, ARestartNeedsNoOperator) {
  cluster({"a", "b"}, Duration(0), false);
  split({"a"}, {"b"});
  world.settle(seconds(5));
  world["b"].crash();
  mend_all();
  world["b"].start();
  world.settle(seconds(15));
  expect_whole();
}

// ---------------------------------------------------------------- cluster verify

TEST_F(SplitTest, VerifyFindsNothingWhereAllIsWell) {
  cluster({"a", "b", "c"});
  world["a"].subscribe("x");
  world["b"].share("$share/g/t", {1, 2});
  world["c"].write("k", "v");
  world["c"].machine->replicator().set_client(7, {.stamp = {1, 1}});
  world["b"].machine->verify(OperationId(5), world.now);
  world.settle(seconds(6));
  const VerifyReport& report = world["b"].report;
  EXPECT_EQ(report.nodes, nodes);
  EXPECT_EQ(report.differences, std::vector<std::string>());
  EXPECT_EQ(report.rows, 3U);
  EXPECT_EQ(report.shared_rows, 1U);
}

TEST_F(SplitTest, VerifyNamesAndRepairsADamagedReplica) {
  cluster({"a", "b", "c"});
  world["a"].subscribe("x");
  world["a"].subscribe("y");
  world.settle(seconds(1));
  world["c"].machine->replicator().damage_for_test("a", "x");
  // Not by the replica's own sums: as memory breaks.
  world["b"].routes->remove("y", world["b"].slots.at("a"));
  world["b"].machine->verify(OperationId(5), world.now);
  world.settle(seconds(4));
  EXPECT_EQ(world["b"].report.differences,
            (std::vector<std::string>{"routes of a: b has 1, a has 2", "routes of a: c has 1, a has 2"}));
  world.settle(seconds(2));
  for (const std::string& node : nodes) EXPECT_EQ(world[node].table(), "x -> a; y -> a; ") << node;
  world["c"].machine->verify(OperationId(6), world.now);
  world.settle(seconds(4));
  EXPECT_EQ(world["c"].report.differences, std::vector<std::string>());
}

TEST_F(SplitTest, VerifyNamesDifferencesOfSharedTablesAndOfMembership) {
  cluster({"a", "b"});
  world["a"].rows->apply("k", {1, 1}, "v");
  world["a"].machine->verify(OperationId(5), world.now);
  world.settle(seconds(4));
  EXPECT_EQ(world["a"].report.differences, std::vector<std::string>{"shared table 107: 1 rows at a, 0 at b"});
  EXPECT_EQ(world["b"].shared(), "k=v ") << "and repairs them";
}

TEST_F(SplitTest, VerifyTakesNothingThatGoesOnForADifference) {
  cluster({"a", "b"});
  world["a"].rows->apply("k", {1, 1}, "v");
  world["b"].machine->verify(OperationId(5), world.now);
  for (int i = 0; i < 400; ++i) {
    world["a"].rows->apply("k", {static_cast<std::uint64_t>(i) + 2, 1}, "v");
    world["a"].subscribe("x" + std::to_string(i));
    world.settle(std::chrono::milliseconds(10));
  }
  const VerifyReport& report = world["b"].report;
  EXPECT_EQ(report.nodes, nodes);
  EXPECT_EQ(report.differences, std::vector<std::string>());
  ASSERT_EQ(report.busy.size(), 2U);
  EXPECT_EQ(report.busy[0], "shared table 107: 1 rows at a, 0 at b, and changing");
  EXPECT_TRUE(report.busy[1].starts_with("b has the rows of a up to change ")) << report.busy[1];
  EXPECT_EQ(world["b"].shared(), "") << "nothing is fetched because of it";
}

// ---------------------------------------------------------------- versions

TEST_F(SplitTest, ANodeOfTheNextVersionWorksWithThisOne) {
  world.add("a");
  world["a"].subscribe("t");
  TestNode& next = world.add("b");
  next.crash();
  next.wire_version_max = wire::version_max + 1;
  next.start();
  EXPECT_EQ(world.join("b", "a"), "ok");
  world["a"].machine->link_frame("b", "\x63 a kind of the next version", world.now);
  next.machine->replicator().append({.table = static_cast<LogEntry::Table>(99), .key = "k", .value = "v"},
                                    {});
  next.subscribe("u");
  world.settle(seconds(25));
  EXPECT_EQ(world["a"].table(), "t -> a; u -> b; ");
  EXPECT_EQ(world["a"].running(), "a,b");
}

}  // namespace
}  // namespace meshmq::cluster
