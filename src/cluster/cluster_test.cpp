#include "cluster/cluster.hpp"

#include <gtest/gtest.h>

#include "cluster/cluster_harness.hpp"

namespace meshmq::cluster {
namespace {

class ClusterTest : public ::testing::Test {
 protected:
  /// a, b and c in one cluster.
  void three() {
    world.add("a");
    world.add("b");
    world.add("c");
    ASSERT_EQ(world.join("b", "a"), "ok");
    ASSERT_EQ(world.join("c", "a"), "ok");
  }
  void expect_same_tables(const std::string& expected) {
    for (const char* node : {"a", "b", "c"}) EXPECT_EQ(world[node].table(), expected) << "at " << node;
  }

  TestCluster world;
};

TEST_F(ClusterTest, AJoinMakesAFullMesh) {
  three();
  for (const char* node : {"a", "b", "c"}) {
    EXPECT_EQ(world[node].members(), "a,b,c");
    EXPECT_EQ(world[node].running(), "a,b,c");
  }
}

TEST_F(ClusterTest, RoutesOfBothSidesMeetWhenNodesJoin) {
  world.add("a").subscribe("t/a");
  world.add("b").subscribe("t/b");
  world.add("c").subscribe("t/#");
  world["c"].subscribe("t/a");
  EXPECT_EQ(world.join("b", "a"), "ok");
  EXPECT_EQ(world.join("c", "b"), "ok");
  expect_same_tables("t/# -> c; t/a -> a c; t/b -> b; ");
}

TEST_F(ClusterTest, ARouteIsAcknowledgedByEveryLivePeer) {
  three();
  world["a"].subscribe("x");
  const std::uint64_t entry = world["a"].machine->replicator().last();
  EXPECT_LT(world["a"].machine->replicator().acknowledged_by_all(), entry);
  world.settle(Duration(200));
  EXPECT_EQ(world["a"].machine->replicator().acknowledged_by_all(), entry);
  world["a"].unsubscribe("x");
  world.settle(Duration(200));
  expect_same_tables("");
}

TEST_F(ClusterTest, ADeadPeerIsNotWaitedFor) {
  three();
  world["c"].crash();
  world["a"].subscribe("x");
  world.settle(Duration(200));
  EXPECT_EQ(world["a"].machine->replicator().acknowledged_by_all(), world["a"].machine->replicator().last());
}

TEST_F(ClusterTest, ANodeThatIsDownMatchesNothingButKeepsItsRows) {
  three();
  world["c"].subscribe("x");
  world.settle(Duration(200));
  world["c"].crash();
  RouteMatch out;
  world["a"].routes->match("x", out);
  EXPECT_TRUE(out.slots.empty());
  EXPECT_EQ(world["a"].table(), "x -> c; ");
  EXPECT_EQ(world["a"].running(), "a,b");
  EXPECT_EQ(world["a"].members(), "a,b,c");
}

TEST_F(ClusterTest, ARestartedNodeFindsItsClusterAndItsOldRowsGo) {
  three();
  world["c"].subscribe("old");
  world.settle(Duration(200));
  world["c"].crash();
  world.settle();
  world["c"].start();
  world["c"].subscribe("new");
  world.settle();
  EXPECT_EQ(world["c"].running(), "a,b,c");
  expect_same_tables("new -> c; ");
}

TEST_F(ClusterTest, GroupsAreCountedOnEveryNodeWhicheverWayTheyCame) {
  const std::string group = "$share/g/t/+";
  const auto seen = [&](const std::string& node) {
    std::string result;
    world[node].routes->for_each_group([&](std::string_view name, const GroupSlot& slot) {
      result += std::string(name) + " " + std::to_string(slot.weight.online) + "/" +
                std::to_string(slot.weight.total) + "; ";
    });
    return result;
  };
  world.add("a");
  world["a"].share(group, {1, 2});
  world.add("b");
  world["b"].machine->join(OperationId(1), "a", world.now);
  world.settle();
  world.bytes = 0;
  world.settle(Duration(60'000));
  const auto idle_bytes = world.bytes;
  EXPECT_EQ(seen("b"), "$share/g/t/+ 1/2; ") << "by snapshot";
  world["a"].share(group, {2, 2});
  world.settle(Duration(500));
  EXPECT_EQ(seen("b"), "$share/g/t/+ 2/2; ") << "by entry";
  world.cut("a", "b");
  world["a"].share(group, {});
  world["a"].share("$share/h/t", {1, 1});
  world.mend("a", "b");
  world.settle();
  EXPECT_EQ(seen("b"), "$share/h/t 1/1; ");
  // Sums agree, or the rows would travel again.
  world.bytes = 0;
  world.settle(Duration(60'000));
  EXPECT_NEAR(static_cast<double>(world.bytes), static_cast<double>(idle_bytes), 100);
  world["b"].machine->force_leave(OperationId(2), "a", world.now);
  world.settle();
  EXPECT_EQ(seen("b"), "");
}

TEST_F(ClusterTest, AfterACutOnlyTheDeltaTravels) {
  three();
  for (int i = 0; i < 2000; ++i) world["a"].subscribe("bulk/" + std::to_string(i));
  world.settle(Duration(500));
  world.cut("a", "b");
  world["a"].subscribe("during");
  world["a"].unsubscribe("bulk/7");
  world.settle(Duration(500));
  world.mend("a", "b");
  world.bytes = 0;
  world.settle();
  EXPECT_LT(world.bytes, 20'000U);
  EXPECT_EQ(world["a"].machine->replicator().acknowledged_by_all(), world["a"].machine->replicator().last());
  EXPECT_EQ(world["b"].table(), world["a"].table());
}

TEST_F(ClusterTest, WhenTheLogIsTooShortASnapshotReplacesEverything) {
  three();
  for (int i = 0; i < 5000; ++i) world["a"].subscribe("s/" + std::to_string(i));
  world.settle(Duration(500));
  world.cut("a", "b");
  for (int i = 0; i < 5000; i += 2) world["a"].unsubscribe("s/" + std::to_string(i));
  for (int i = 0; i < 100; ++i) world["a"].subscribe("n/" + std::to_string(i));
  world.mend("a", "b");
  world.settle();
  EXPECT_EQ(world["b"].routes->size(), 2600U);
  EXPECT_EQ(world["b"].table(), world["a"].table());
}

TEST_F(ClusterTest, EntriesThatComeWhileASnapshotStreamsFollowIt) {
  world.add("a");
  world.add("b");
  for (int i = 0; i < 30'000; ++i) world["a"].subscribe("s/" + std::to_string(i));
  world["b"].machine->join(OperationId(1), "a", world.now);
  for (int i = 0; i < 200; ++i) {
    world["a"].subscribe("late/" + std::to_string(i));
    world["a"].unsubscribe("s/" + std::to_string(i));
    world.settle(Duration(100));
  }
  world.settle();
  EXPECT_EQ(world["b"].results[1], "ok");
  EXPECT_EQ(world["b"].table(), world["a"].table());
}

TEST_F(ClusterTest, RefusalsAreDistinct) {
  three();
  EXPECT_EQ(world.join("a", "a"), "a node cannot join itself");
  EXPECT_EQ(world.join("a", "b"), "{already_in_cluster,'b'}");
  EXPECT_EQ(world.join("a", "z"), "{node_down,'z'}: unreachable (refused)");
  EXPECT_EQ(world.force_leave("a", "a"), "a node leaves by `cluster leave`, not by force");
  EXPECT_EQ(world.force_leave("a", "z"), "node_not_in_cluster");
  EXPECT_EQ(world.leave("a"), "ok");
  EXPECT_EQ(world.leave("a"), "node_not_in_cluster");
}

TEST_F(ClusterTest, ANodeThatLeavesIsAloneAndForgotten) {
  three();
  world["a"].subscribe("x");
  world["c"].subscribe("y");
  world.settle(Duration(200));
  EXPECT_EQ(world.leave("c"), "ok");
  EXPECT_EQ(world["c"].members(), "c");
  EXPECT_EQ(world["c"].running(), "c");
  EXPECT_EQ(world["c"].table(), "y -> c; ");
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["a"].table(), "x -> a; ");
  EXPECT_EQ(world["b"].running(), "a,b");
  EXPECT_TRUE(world["a"].gone.contains("c"));
  EXPECT_EQ(world.join("c", "b"), "ok");
  expect_same_tables("x -> a; y -> c; ");
}

TEST_F(ClusterTest, ANodeForcedOutGoesOnAlone) {
  three();
  EXPECT_EQ(world.force_leave("a", "b"), "ok");
  EXPECT_EQ(world["b"].members(), "b");
  EXPECT_EQ(world["a"].members(), "a,c");
  EXPECT_EQ(world["c"].members(), "a,c");
  EXPECT_EQ(world.join("b", "c"), "ok");
  EXPECT_EQ(world["a"].running(), "a,b,c");
}

TEST_F(ClusterTest, ANodeForcedOutWhileDownIsToldWhenItReturns) {
  three();
  world["b"].crash();
  EXPECT_EQ(world.force_leave("a", "b"), "ok");
  EXPECT_EQ(world["c"].members(), "a,c");
  world["b"].start();
  EXPECT_EQ(world["b"].members(), "a,b,c") << "it does not know yet";
  world.settle();
  EXPECT_EQ(world["b"].members(), "b");
  EXPECT_EQ(world["a"].members(), "a,c");
  EXPECT_EQ(world["a"].running(), "a,c");
}

TEST_F(ClusterTest, AMemberThatWasDownLearnsWhoLeft) {
  three();
  world["a"].crash();
  EXPECT_EQ(world.leave("b"), "ok");
  world["c"].crash();
  world["a"].start();
  world.settle();
  EXPECT_EQ(world["a"].members(), "a,c") << "told by b itself";
  EXPECT_EQ(world["b"].members(), "b");
}

TEST_F(ClusterTest, ANodeThatLostItsMemoryIsTakenBack) {
  three();
  world["b"].crash();
  world["b"].image.clear();
  world["b"].start();
  EXPECT_EQ(world["b"].members(), "b");
  world.settle();
  EXPECT_EQ(world["b"].members(), "a,b,c");
  EXPECT_EQ(world["b"].running(), "a,b,c");
}

TEST_F(ClusterTest, ANodeThatJoinsAnotherClusterLeavesNoGhost) {
  three();
  world.add("x");
  world.add("y");
  ASSERT_EQ(world.join("y", "x"), "ok");
  EXPECT_EQ(world.join("c", "x"), "ok");
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["c"].members(), "c,x,y");
  EXPECT_EQ(world["y"].running(), "c,x,y");
}

TEST_F(ClusterTest, AMemberThatMissedTheMoveIsToldLater) {
  three();
  world.add("x");
  world["a"].crash();
  EXPECT_EQ(world.join("c", "x"), "ok");
  world["b"].crash();
  world["a"].start();
  world.settle();
  EXPECT_EQ(world["a"].members(), "a,b");
  EXPECT_EQ(world["c"].members(), "c,x");
}

TEST_F(ClusterTest, AFailedJoinLeavesEverythingAsItWas) {
  three();
  world.add("x");
  world.cut("c", "x");
  EXPECT_EQ(world.join("c", "x"), "{node_down,'x'}: unreachable (refused)");
  EXPECT_EQ(world["c"].running(), "a,b,c");
  EXPECT_EQ(world["x"].members(), "x");
}

TEST_F(ClusterTest, ADamagedReplicaIsFoundByItsDigestAndRepaired) {
  three();
  for (int i = 0; i < 100; ++i) world["a"].subscribe("s/" + std::to_string(i));
  world.settle(Duration(500));
  world["b"].machine->replicator().damage_for_test("a", "s/1");
  EXPECT_NE(world["b"].table(), world["a"].table());
  world.settle(std::chrono::seconds(25));
  EXPECT_EQ(world["b"].table(), world["a"].table());
}

TEST_F(ClusterTest, NodesThatRemovedEachOtherCanJoinAgain) {
  world.add("a").subscribe("t/a");
  world.add("b").subscribe("t/b");
  ASSERT_EQ(world.join("b", "a"), "ok");
  world.cut("a", "b");
  world.settle();
  world.force_leave("a", "b");
  world.force_leave("b", "a");
  world.mend("a", "b");
  world.settle();
  EXPECT_EQ(world.join("b", "a"), "ok");
  EXPECT_EQ(world["a"].running(), "a,b");
  EXPECT_EQ(world["b"].running(), "a,b");
  EXPECT_EQ(world["b"].table(), "t/a -> a; t/b -> b; ");
}

TEST_F(ClusterTest, ANodeThatWasAwayJoinsTheRemainderOfItsOldCluster) {
  three();
  world["c"].crash();
  EXPECT_EQ(world.force_leave("a", "c"), "ok");
  EXPECT_EQ(world.leave("b"), "ok");
  world["b"].crash();
  world["c"].start();
  world.cut("a", "c");
  world.settle();
  EXPECT_EQ(world.force_leave("c", "a"), "ok");
  world.mend("a", "c");
  EXPECT_EQ(world.join("c", "a"), "ok");
  EXPECT_EQ(world["c"].running(), "a,c");
  EXPECT_EQ(world["a"].running(), "a,c");
}

TEST_F(ClusterTest, ClientRowsReachEverybodyAndDieWithTheirOrigin) {
  world.add("a").machine->replicator().set_client(7, {.stamp = {1, 1}});
  world.add("b");
  world.add("c");
  ASSERT_EQ(world.join("b", "a"), "ok");
  ASSERT_EQ(world.join("c", "a"), "ok");
  EXPECT_EQ(world["c"].client_rows(), "a:7 ") << "by a snapshot";
  world["b"].machine->replicator().set_client(8, {.stamp = {2, 1}});
  world["b"].machine->replicator().set_client(7, {.stamp = {3, 1}});
  world["a"].machine->replicator().set_client(7, {.stamp = {4, 1}});
  world.settle(std::chrono::seconds(15));
  EXPECT_EQ(world["c"].client_rows(), "a:7 b:7 b:8 ");
  EXPECT_EQ(world["a"].client_rows(), "a:7 b:7 b:8 ");
  world["a"].machine->replicator().erase_client(7);
  world["a"].machine->replicator().erase_client(7);
  world.settle(Duration(300));
  EXPECT_EQ(world["c"].client_rows(), "b:7 b:8 ");
  world["b"].crash();
  EXPECT_EQ(world["c"].client_rows(), "b:7 b:8 ") << "kept for its return";
  world["b"].start();
  world.settle();
  EXPECT_EQ(world["c"].client_rows(), "") << "a new incarnation has no sessions yet";
  world["b"].machine->replicator().set_client(9, {.stamp = {9, 1}});
  world.settle(Duration(300));
  EXPECT_EQ(world["c"].client_rows(), "b:9 ");
  EXPECT_EQ(world.leave("b"), "ok");
  EXPECT_EQ(world["c"].client_rows(), "");
  EXPECT_EQ(world["b"].client_rows(), "b:9 ");
}

TEST_F(ClusterTest, MessagesOfTheOwnersComeInOrder) {
  three();
  EXPECT_TRUE(world["a"].machine->send_message("b", "one"));
  EXPECT_TRUE(world["a"].machine->send_message("b", "two"));
  EXPECT_FALSE(world["a"].machine->send_message("nobody", "x"));
  world.settle(Duration(200));
  EXPECT_EQ(world["b"].messages, "a: one; a: two; ");
  world["c"].crash();
  EXPECT_FALSE(world["a"].machine->send_message("c", "x"));
}

TEST_F(ClusterTest, SharedRowsReachEverybodyAndTheLaterOneWins) {
  three();
  world["a"].write("x", "1");
  world.settle(Duration(300));
  EXPECT_EQ(world["c"].shared(), "x=1 ");
  world["c"].write("x", "2");
  world["b"].write("y", "3");
  world.settle(Duration(300));
  for (const char* node : {"a", "b", "c"}) EXPECT_EQ(world[node].shared(), "x=2 y=3 ");
}

TEST_F(ClusterTest, ANodeThatJoinsLaterFindsSharedRowsAndBringsItsOwn) {
  three();
  world["a"].write("x", "1");
  world["b"].crash();
  world.add("d").write("z", "9");
  EXPECT_EQ(world.join("d", "c"), "ok");
  EXPECT_EQ(world["d"].shared(), "x=1 z=9 ");
  EXPECT_EQ(world["a"].shared(), "x=1 z=9 ");
  world["b"].start();
  world.settle();
  EXPECT_EQ(world["b"].shared(), "x=1 z=9 ") << "rows of a memory that was lost come back from the others";
}

TEST_F(ClusterTest, ARowThatIsWrittenWhileNodesMeetReachesBothAtOnce) {
  world.add("a");
  world.add("b").writes_when_up = true;
  world["b"].machine->join(OperationId(1), "a", world.now);
  world.settle(Duration(500));
  EXPECT_EQ(world["b"].results[1], "ok");
  EXPECT_EQ(world["a"].shared(), "up=a ");
  // The same when they meet again.
  world.cut("a", "b");
  world["b"].write("cut", "1");
  world.mend("a", "b");
  world.settle(std::chrono::seconds(3));
  EXPECT_EQ(world["a"].shared(), "cut=1 up=a ");
}

TEST_F(ClusterTest, NoSumsOfSharedTablesAreSentBeforeTheLogBegins) {
  TestRows rows;
  SharedSync sync(rows, world.add("a"));
  const std::uint64_t before = world.frames;
  sync.peer_up("b");
  sync.tick(world.now);
  EXPECT_EQ(world.frames, before) << "they would count as those of the beginning";
  sync.log_begins("b");
  EXPECT_EQ(world.frames, before + 1);
  sync.tick({world.now.mono + SharedSync::interval, world.now.wall});
  EXPECT_EQ(world.frames, before + 2);
}

TEST_F(ClusterTest, RowsOfADeadNodeReachThoseWhoMissedThem) {
  three();
  world.cut("a", "b");
  world["a"].write("x", "1");
  world.settle(Duration(500));
  EXPECT_EQ(world["c"].shared(), "x=1 ");
  EXPECT_EQ(world["b"].shared(), "");
  world["a"].crash();
  world.settle(std::chrono::seconds(40));
  EXPECT_EQ(world["b"].shared(), "x=1 ");
}

TEST_F(ClusterTest, BothSidesOfACutMeetAtTheLaterRow) {
  three();
  world.cut("a", "b");
  world.cut("a", "c");
  world["a"].write("x", "old");
  world.settle(Duration(500));
  world["b"].write("x", "new");
  world["b"].write("only/b", "1");
  world["a"].write("only/a", "1");
  world.settle(Duration(500));
  world.mend("a", "b");
  world.mend("a", "c");
  world.settle(std::chrono::seconds(15));
  for (const char* node : {"a", "b", "c"})
    EXPECT_EQ(world[node].shared(), "only/a=1 only/b=1 x=new ") << node;
}

TEST_F(ClusterTest, NonsenseEndsTheLinkAndNothingElse) {
  three();
  world["a"].machine->link_frame("b", std::string("\x00\xff", 2), world.now);
  world.settle();
  EXPECT_EQ(world["a"].running(), "a,b,c");
  world["a"].machine->link_frame("b", "\x63 from a later version", world.now);
  EXPECT_EQ(world["a"].running(), "a,b,c");
}

TEST(MembershipImage, SurvivesAndRefusesDamage) {
  Membership m("a@h", ClusterId(7));
  m.join("b@h", {10, "a@h"});
  m.join("c@h", {11, "b@h"});
  m.remove("c@h", {12, "b@h"});
  m.join("d@h", {13, "b@h"});
  m.clean("d@h", {14, "b@h"});
  m.stand_alone(ClusterId(8), {15, "a@h"}, true);
  m.join("b@h", {16, "a@h"});
  const auto back = Membership::restore(m.image(), "a@h");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, m);
  EXPECT_FALSE(Membership::restore(m.image(), "other@h").has_value());
  for (std::size_t i = 0; i < m.image().size(); ++i) {
    std::string damaged = m.image();
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(Membership::restore(damaged, "a@h").has_value()) << i;
    EXPECT_FALSE(Membership::restore(m.image().substr(0, i), "a@h").has_value()) << i;
  }
}

}  // namespace
}  // namespace meshmq::cluster
