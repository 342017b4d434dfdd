#include <gtest/gtest.h>

#include "cluster/forward.hpp"
#include "cluster/route_table.hpp"
#include "cluster/slot_set_pool.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {
namespace {

TEST(SlotSetPool, EqualSetsAreStoredOnceAndFreed) {
  SlotSetPool pool;
  SlotSetId a = pool.with(0, Slot(3));
  a = pool.with(a, Slot(200));
  SlotSetId b = pool.with(0, Slot(200));
  b = pool.with(b, Slot(3));
  EXPECT_EQ(a, b);
  EXPECT_EQ(pool.size(), 2U);
  a = pool.without(a, Slot(3));
  EXPECT_NE(a, b);
  a = pool.without(a, Slot(200));
  EXPECT_EQ(a, 0U);
  b = pool.without(pool.without(b, Slot(200)), Slot(3));
  EXPECT_EQ(b, 0U);
  EXPECT_EQ(pool.size(), 1U);
}

TEST(RouteTable, OnlyLiveDestinationsMatch) {
  RouteTable table;
  EXPECT_TRUE(table.add("t/+/x", Slot(0)));
  EXPECT_TRUE(table.add("t/+/x", Slot(70)));
  EXPECT_FALSE(table.add("t/+/x", Slot(70)));
  EXPECT_TRUE(table.add("t/a/x", Slot(5)));
  for (const std::uint32_t slot : {0U, 70U}) table.set_live(Slot(slot), true);
  RouteMatch out;
  table.match("t/a/x", out);
  EXPECT_TRUE(out.slots.contains(Slot(0)));
  EXPECT_TRUE(out.slots.contains(Slot(70)));
  EXPECT_FALSE(out.slots.contains(Slot(5))) << "never said to be live";
  table.set_live(Slot(70), false);
  out.clear();
  table.match("t/a/x", out);
  EXPECT_FALSE(out.slots.contains(Slot(70)));
  EXPECT_TRUE(out.away.contains(Slot(70)));
  EXPECT_FALSE(out.away.contains(Slot(5))) << "never was live";
  EXPECT_FALSE(out.away.contains(Slot(0)));
  table.set_live(Slot(70), true);
  out.clear();
  table.match("t/a/x", out);
  EXPECT_TRUE(out.slots.contains(Slot(70)));
  EXPECT_TRUE(out.away.empty());
  EXPECT_TRUE(table.remove("t/+/x", Slot(70)));
  EXPECT_FALSE(table.remove("t/+/x", Slot(70)));
  EXPECT_TRUE(table.remove("t/+/x", Slot(0)));
  EXPECT_EQ(table.size(), 1U);
}

TEST(RouteTable, GroupsAreFoundTogetherWithRoutes) {
  RouteTable table;
  for (const std::uint32_t slot : {0U, 5U, 6U}) table.set_live(Slot(slot), true);
  table.add("t/+", Slot(0));
  EXPECT_TRUE(table.set_group("$share/g/t/+", {Slot(6), {1, 1}, 1}));
  EXPECT_TRUE(table.set_group("$share/g/t/+", {Slot(5), {1, 2}, 3}));
  EXPECT_TRUE(table.set_group("$share/g/t/+", {Slot(7), {9, 9}, 2}));
  EXPECT_TRUE(table.set_group("$share/h/t/a", {Slot(0), {0, 1}, 0}));
  EXPECT_FALSE(table.set_group("$share/h/t/a", {Slot(0), {0, 1}, 0}));
  EXPECT_FALSE(table.set_group("no group", {Slot(0), {1, 1}, 0}));
  RouteMatch out;
  table.match("t/a", out);
  EXPECT_TRUE(out.slots.contains(Slot(0)));
  EXPECT_FALSE(out.slots.contains(Slot(5))) << "a group is no route";
  ASSERT_EQ(out.group_count(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto group = out.group(i);
    if (group.name == "$share/h/t/a") continue;
    ASSERT_EQ(group.slots.size(), 2U) << "slot 7 is not live";
    EXPECT_EQ(group.slots[0].slot, Slot(6)) << "by rank, so that all nodes count alike";
    EXPECT_EQ(group.slots[1].weight, (topic::GroupWeight{1, 2}));
  }
  EXPECT_EQ(table.group_weight("$share/g/t/+", Slot(7)), (topic::GroupWeight{9, 9}));
  out.clear();
  EXPECT_FALSE(table.match_group("$share/x/t/+", out));
  EXPECT_TRUE(table.match_group("$share/g/t/+", out));
  EXPECT_EQ(out.group_count(), 1U);
  for (const std::uint32_t slot : {5U, 6U})
    EXPECT_TRUE(table.set_group("$share/g/t/+", {.slot = Slot(slot)}));
  out.clear();
  EXPECT_TRUE(table.match_group("$share/g/t/+", out)) << "slot 7 has members, though it is not live";
  EXPECT_FALSE(out.has_groups());
  EXPECT_TRUE(table.set_group("$share/g/t/+", {.slot = Slot(7)}));
  EXPECT_TRUE(table.set_group("$share/h/t/a", {.slot = Slot(0)}));
  EXPECT_TRUE(table.remove("t/+", Slot(0)));
  EXPECT_EQ(table.size(), 0U);
}

TEST(ControlWire, EveryPrefixOfAFrameIsRefused) {
  const wire::Frame frames[] = {
      wire::Hello{
          .incarnation = 5, .cluster = ClusterId(9), .records = {{"a@h", {Standing::member, 2, {3, "b@h"}}}}},
      wire::JoinAccept{ClusterId(1), {{"a@h", {Standing::cleaned, 1, {3, "b@h"}}}}, {"a@h", "b@h"}},
      wire::Append{
          1, 2, {{LogEntry::Table::routes, true, "t/#", ""}, {LogEntry::Table::shared, false, "x", "v"}}},
      wire::SnapshotPart{1, 2, true, false, {{LogEntry::Table::routes, true, "t/#", ""}}},
      wire::Digest{1, 2, {{LogEntry::Table::routes, {3, 4}}}},
  };
  for (const wire::Frame& frame : frames) {
    const std::string bytes = wire::encode(frame);
    const auto back = wire::decode(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(wire::encode(*back), bytes);
    EXPECT_TRUE(wire::decode(bytes + "what a later version adds").has_value());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(wire::decode(std::string_view(bytes).substr(0, n)).has_value()) << n;
    }
  }
}

TEST(ControlWire, OnlyTheVersionsOfAForeignHelloAreRead) {
  const auto hello = wire::decode(std::string("\0\xff\xf0\xff\xff and whatever", 18));
  ASSERT_TRUE(hello.has_value());
  ASSERT_TRUE(std::holds_alternative<wire::Hello>(*hello));
  EXPECT_FALSE(std::get<wire::Hello>(*hello).is_understood());
  EXPECT_EQ(std::get<wire::Hello>(*hello).version_min, 0xfff0);
}

TEST(ControlWire, GoldenBytesOfVersionOne) {
  EXPECT_EQ(wire::encode(wire::Ack{1, 2}), std::string("\x0a\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02", 17));
  EXPECT_EQ(wire::encode(wire::Append{1, 2, {{LogEntry::Table::routes, true, "t/#", ""}}}),
            std::string("\x07\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\x01\x81\x03t/#\0", 24));
}

class Forwarding : public ::testing::Test {
 protected:
  std::string numbered(const std::string& text, ForwardToken token = 0) {
    sender.push_numbered(token, false, now, [&](std::string& out) { out += text; });
    return text;
  }
  void unnumbered(const std::string& text) {
    sender.push_unnumbered(false, [&](std::string& out) { out += text; });
  }
  /// "first_seq: message message"
  static std::string show(const std::string& bytes) {
    if (bytes.empty()) return "";
    const auto frame = decode_forward_frame(bytes);
    if (!frame) return frame.error().message;
    std::string result = std::to_string(frame->seq) + ":";
    for (const auto& [is_numbered, is_shared, message] : frame->messages) {
      result += (is_numbered ? " #" : " ") + std::string(message);
    }
    return result;
  }

  Now now{TimePoint(Duration(1000)), 0};
  ForwardSender sender{{.incarnation = 1, .node = "a@h", .worker = 0}, std::chrono::seconds(60)};
};

TEST_F(Forwarding, NothingLeavesBeforeTheWelcome) {
  numbered("m1");
  EXPECT_EQ(sender.take_frame(), "");
  const auto hello = decode_forward_frame(sender.link_up());
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->hello.node, "a@h");
  EXPECT_EQ(sender.take_frame(), "");
  sender.welcome(0);
  EXPECT_EQ(show(sender.take_frame()), "1: #m1");
  EXPECT_EQ(sender.take_frame(), "");
}

TEST_F(Forwarding, AcknowledgedMessagesSettleInOrder) {
  sender.link_up();
  sender.welcome(0);
  numbered("m1", 11);
  unnumbered("q");
  numbered("m2", 12);
  EXPECT_EQ(show(sender.take_frame()), "1: #m1 q #m2");
  EXPECT_EQ(sender.acknowledge(1), std::vector<ForwardToken>{11});
  EXPECT_EQ(sender.acknowledge(1), std::vector<ForwardToken>{});
  numbered("m3", 13);
  EXPECT_EQ(show(sender.take_frame()), "3: #m3");
  EXPECT_EQ(sender.acknowledge(3), (std::vector<ForwardToken>{12, 13}));
  EXPECT_EQ(sender.queued_bytes(), 0U);
}

TEST_F(Forwarding, AFreshLinkResendsWhatTheReceiverDoesNotHave) {
  sender.link_up();
  sender.welcome(0);
  numbered("m1", 11);
  numbered("m2", 12);
  sender.take_frame();
  numbered("m3", 13);
  sender.link_down();
  numbered("m4", 14);
  unnumbered("q");
  sender.link_up();
  EXPECT_EQ(sender.welcome(1), std::vector<ForwardToken>{11});
  EXPECT_EQ(show(sender.take_frame()), "2: #m2 #m3 #m4 q");
  EXPECT_EQ(sender.acknowledge(4), (std::vector<ForwardToken>{12, 13, 14}));
}

TEST_F(Forwarding, WhatHasGatheredLeavesInFramesOfBoundedSize) {
  sender.link_up();
  const std::string big(ForwardSender::frame_bytes * 2 / 3, 'x');
  for (int i = 0; i < 5; ++i) numbered(big);
  unnumbered("q");
  numbered("m6");
  sender.welcome(0);
  EXPECT_EQ(show(sender.take_frame()), "1: #" + big + " #" + big);
  EXPECT_EQ(show(sender.take_frame()), "3: #" + big + " #" + big);
  EXPECT_EQ(show(sender.take_frame()), "5: #" + big + " #m6 q");
  EXPECT_EQ(sender.take_frame(), "");
  numbered("m7");
  EXPECT_EQ(show(sender.take_frame()), "7: #m7");
  sender.acknowledge(7);
  EXPECT_EQ(sender.queued_bytes(), 0U);
}

TEST_F(Forwarding, WhatWaitsTooLongForANodeIsDroppedAndTold) {
  numbered("m1", 11);
  now.mono += std::chrono::seconds(30);
  numbered("m2", 12);
  now.mono += std::chrono::seconds(31);
  EXPECT_EQ(sender.expire(now), std::vector<ForwardToken>{11});
  sender.link_up();
  sender.welcome(0);
  EXPECT_EQ(show(sender.take_frame()), "2: #m2");
}

TEST_F(Forwarding, GarbageIsRefused) {
  EXPECT_FALSE(decode_forward_frame("").has_value());
  EXPECT_FALSE(decode_forward_frame("\x09").has_value());
  sender.link_up();
  sender.welcome(0);
  numbered("m1");
  const std::string frame = sender.take_frame();
  for (std::size_t n = 18; n < frame.size(); ++n) {
    EXPECT_FALSE(decode_forward_frame(std::string_view(frame).substr(0, n)).has_value()) << n;
  }
}

}  // namespace
}  // namespace meshmq::cluster
