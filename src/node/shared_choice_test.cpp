#include "node/shared_choice.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

namespace meshmq::node {
namespace {

using broker::SharedPick;
using broker::SharedStrategy;
using cluster::GroupSlot;
using cluster::RouteMatch;
using cluster::Slot;

/// A member: its destination and its number there.
using Member = std::pair<std::uint32_t, std::uint32_t>;

class SharedChoiceTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t own_slots = 2;

  /// Two workers of this node and one other node: 3 + 1 + 2 members that are online, one is away.
  SharedChoiceTest() {
    match.begin_group("$share/g/t");
    match.add_to_group({Slot(0), {3, 4}, 5});
    match.add_to_group({Slot(1), {1, 1}, 5});
    match.add_to_group({Slot(7), {2, 2}, 9});
    match.end_group();
  }

  static mqtt::MessagePtr message(std::string_view publisher, std::string_view topic = "t") {
    return mqtt::Message::make({.topic = topic, .publisher = publisher});
  }
  Member choose(SharedChooser& chooser, const mqtt::MessagePtr& from) const {
    const auto choice = chooser.choose(match.group(0), *from, usable);
    EXPECT_TRUE(choice);
    return choice ? Member(choice->slot.value, choice->pick.number) : Member();
  }
  std::map<Member, int> count(SharedStrategy strategy, int times) const {
    SharedChooser chooser(strategy, own_slots, 1);
    std::map<Member, int> counts;
    for (int i = 0; i < times; ++i) ++counts[choose(chooser, message("p"))];
    return counts;
  }

  RouteMatch match;
  SharedChooser::Usable usable = [](Slot) { return true; };
};

TEST_F(SharedChoiceTest, RandomIsFairPerMemberNotPerDestination) {
  const auto counts = count(SharedStrategy::random, 6000);
  EXPECT_EQ(counts.size(), 6U);
  for (const auto& [member, times] : counts) EXPECT_NEAR(times, 1000, 150) << member.first;
}

TEST_F(SharedChoiceTest, RoundRobinServesEveryMemberInTurn) {
  for (const auto strategy : {SharedStrategy::round_robin, SharedStrategy::round_robin_per_group}) {
    const auto counts = count(strategy, 60);
    EXPECT_EQ(counts.size(), 6U);
    for (const auto& [member, times] : counts) EXPECT_EQ(times, 10);
  }
}

TEST_F(SharedChoiceTest, RoundRobinIsThePublishersUnlessItIsTheGroups) {
  const auto successor = [&](SharedStrategy strategy) {
    SharedChooser chooser(strategy, own_slots, 1);
    const Member first = choose(chooser, message("p"));
    choose(chooser, message("q"));
    const Member second = choose(chooser, message("p"));
    const auto place = [](Member member) {
      return member.first == 0 ? member.second : member.first == 1 ? 3 : 4 + member.second;
    };
    return (place(second) + 6 - place(first)) % 6;
  };
  EXPECT_EQ(successor(SharedStrategy::round_robin), 1U);
  EXPECT_EQ(successor(SharedStrategy::round_robin_per_group), 2U);
}

TEST_F(SharedChoiceTest, HashesFollowPublisherOrTopicOnEveryNode) {
  SharedChooser here(SharedStrategy::hash_clientid, own_slots, 1);
  SharedChooser there(SharedStrategy::hash_clientid, own_slots, 2);
  std::map<Member, int> used;
  for (int i = 0; i < 50; ++i) {
    const std::string id = "p" + std::to_string(i);
    const Member chosen = choose(here, message(id, "t/" + id));
    EXPECT_EQ(choose(there, message(id, "u")), chosen);
    ++used[chosen];
  }
  EXPECT_EQ(used.size(), 6U);
  SharedChooser by_topic(SharedStrategy::hash_topic, own_slots, 1);
  EXPECT_EQ(choose(by_topic, message("p", "t/1")), choose(by_topic, message("q", "t/1")));
}

TEST_F(SharedChoiceTest, StickyKeepsItsDestinationAsLongAsSomebodyIsThere) {
  SharedChooser chooser(SharedStrategy::sticky, own_slots, 1);
  const auto first = chooser.choose(match.group(0), *message("p"), usable);
  EXPECT_TRUE(first->pick.sticky);
  for (int i = 0; i < 20; ++i) {
    const auto next = chooser.choose(match.group(0), *message("p"), usable);
    EXPECT_EQ(next->slot, first->slot);
    EXPECT_EQ(next->pick.number, first->pick.number) << "the destination knows the publisher by it";
  }
  const auto gone = [&](Slot slot) { return slot != first->slot; };
  const auto other = chooser.choose(match.group(0), *message("p"), gone);
  EXPECT_NE(other->slot, first->slot);
  EXPECT_EQ(chooser.choose(match.group(0), *message("p"), usable)->slot, other->slot);
}

TEST_F(SharedChoiceTest, LocalPrefersThisNode) {
  const auto counts = count(SharedStrategy::local, 200);
  EXPECT_EQ(counts.size(), 4U);
  EXPECT_FALSE(counts.contains({7, 0}));
  SharedChooser chooser(SharedStrategy::local, own_slots, 1);
  usable = [](Slot slot) { return slot.value >= own_slots; };
  EXPECT_EQ(choose(chooser, message("p")).first, 7U);
}

TEST_F(SharedChoiceTest, MembersThatAreAwayAreTheLastResort) {
  RouteMatch away;
  away.begin_group("$share/g/t");
  away.add_to_group({Slot(0), {0, 2}, 5});
  away.add_to_group({Slot(1), {1, 1}, 5});
  away.end_group();
  SharedChooser chooser(SharedStrategy::random, own_slots, 1);
  for (int i = 0; i < 20; ++i) {
    const auto choice = chooser.choose(away.group(0), *message("p"), usable);
    EXPECT_EQ(choice->slot, Slot(1));
    EXPECT_FALSE(choice->pick.last_resort);
  }
  const auto only_zero = [](Slot slot) { return slot == Slot(0); };
  EXPECT_TRUE(chooser.choose(away.group(0), *message("p"), only_zero)->pick.last_resort);
  EXPECT_FALSE(chooser.choose(away.group(0), *message("p"), [](Slot) { return false; }));
}

TEST_F(SharedChoiceTest, ADestinationResolvesTheNumberThatItWasGiven) {
  SharedChooser chooser(SharedStrategy::random, own_slots, 1);
  const auto own = [](Slot slot) { return slot.value < own_slots; };
  for (std::uint32_t number = 0; number < 4; ++number) {
    const auto choice = chooser.resolve(match.group(0), {.number = number}, own);
    EXPECT_EQ(choice->slot, number < 3 ? Slot(0) : Slot(1));
    EXPECT_EQ(choice->pick.number, number < 3 ? number : 0);
  }
}

}  // namespace
}  // namespace meshmq::node
