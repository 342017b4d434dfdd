// Fences, as the control core sends and counts them.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "cluster/wire.hpp"
#include "node/control_harness.hpp"
#include "node/fence.hpp"

namespace meshmq::node {
namespace {

TEST(FenceCount, SaysWhenAllOfANodeHaveCome) {
  FenceCount count;
  const auto add = [&](std::uint64_t round, std::string_view node) {
    const Parcel fence = make_fence(round, node, 2);
    EXPECT_TRUE(is_fence(fence));
    return count.add(*fence.message);
  };
  EXPECT_FALSE(add(1, "b@h"));
  EXPECT_FALSE(add(1, "c@h"));
  EXPECT_TRUE(add(1, "b@h"));
  EXPECT_FALSE(add(2, "c@h")) << "one of the round before was lost";
  EXPECT_FALSE(add(1, "c@h"));
  EXPECT_TRUE(add(2, "c@h"));
}

/// The node "a@h" with two workers, and "b@h" beside it.
class FencesTest : public ControlTest {
 protected:
  FencesTest() {
    join_silent_peer();
    turns();
    b = slot_of_b();
    ports.frames.clear();
    ports.workers.clear();
  }
  Slot slot_of_b() {
    for (const ToWorker& message : ports.workers[0]) {
      if (const auto* up = std::get_if<PeerUp>(&message)) return up->slot;
    }
    return Slot(0);
  }
  void from_b(std::string bytes) {
    control->link_frame("b@h", cluster::wire::encode(cluster::wire::Message{std::move(bytes)}), now);
  }
  /// The kinds of what b@h was sent since the last time.
  std::string sent() {
    std::string kinds;
    for (const std::string& frame : std::exchange(ports.frames, {})) {
      const auto decoded = cluster::wire::decode(frame);
      const auto* message = std::get_if<cluster::wire::Message>(&*decoded);
      if (message != nullptr) kinds += std::to_string(static_cast<std::uint8_t>(message->bytes[0])) + " ";
    }
    return kinds;
  }
  /// A session moves to b@h, which has it now.
  void move_session_to_b() {
    control->handle(SessionHeld{WorkerIndex(0), 1, "x", false, false}, now);
    std::string ask;
    ByteWriter w(ask);
    w.u8(0);
    w.u64(5);
    w.u64(now.wall * 1'000'000);
    w.u64(9);
    w.u8(0);
    w.bytes16("x");
    from_b(ask);
    control->handle(SessionExported{"x", "image"}, now);
    EXPECT_EQ(sent(), "2 ");
    std::string adopted;
    ByteWriter(adopted).u8(4);
    ByteWriter(adopted).u64(5);
    from_b(adopted);
    turns(1);
  }
  void pass(const std::string& node, std::uint64_t round) { control->handle(FencePassed{node, round}, now); }

  Slot b;
};

TEST_F(FencesTest, AreAskedForAndWaitedForFromAllWorkersOfAllNodes) {
  move_session_to_b();
  EXPECT_EQ(sent(), "64 ");
  for (const std::uint16_t worker : {0, 1}) {
    const auto* own = std::get_if<SendFence>(&ports.workers[worker].back());
    ASSERT_NE(own, nullptr);
    EXPECT_LT(own->slot.value, config.workers);
    EXPECT_EQ(own->round, 1U);
  }
  pass("a@h", 1);
  pass("a@h", 1);
  pass("b@h", 1);
  pass("b@h", 7);
  turns(1);
  EXPECT_EQ(sent(), "");
  pass("b@h", 1);
  turns(1);
  EXPECT_EQ(sent(), "5 ") << "caught up";
}

TEST_F(FencesTest, AreSentToWhoeverAsks) {
  std::string ask;
  ByteWriter w(ask);
  w.u8(64);
  w.u64(3);
  from_b(ask);
  for (const std::uint16_t worker : {0, 1}) {
    const auto* order = std::get_if<SendFence>(&ports.workers[worker].back());
    ASSERT_NE(order, nullptr);
    EXPECT_EQ(order->slot, b);
    EXPECT_EQ(order->round, 3U);
  }
  from_b(ask.substr(0, 4));
}

}  // namespace
}  // namespace meshmq::node
