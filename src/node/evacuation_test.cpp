#include "node/evacuation.hpp"

#include <gtest/gtest.h>

#include "node/control_harness.hpp"

namespace meshmq::node {
namespace {

/// A node with one peer, which is only a voice.
class EvacuationTest : public ControlTest {
 protected:
  EvacuationTest() {
    control.reset();
    config.evacuation_rate = 10;
    control = std::make_unique<Control>(config, "", 1, routes, ports, Logger(), 5, now);
  }
  /// Answers for the workers, as if each had so many clients.
  void workers_answer() {
    for (std::uint16_t i = 0; i < config.workers; ++i) {
      for (const ToWorker& message : std::exchange(ports.workers[i], {})) {
        const auto* away = std::get_if<SendAway>(&message);
        if (away == nullptr) continue;
        const std::size_t sent = std::min(away->count, clients[i]);
        clients[i] -= sent;
        turned_away = away->turn_away;
        control->handle(SentAway{WorkerIndex(i), sent, clients[i], clients[i]}, now);
      }
    }
  }
  void pass(Duration time) {
    for (Duration step(0); step < time; step += Duration(100)) {
      now.mono += Duration(100);
      now.wall += 100;
      control->tick(now);
      workers_answer();
      (void)control->end_of_turn(now);
      if (peer_load) control->link_frame("b@h", say_load(*peer_load), now);
    }
  }
  static std::string say_load(std::uint64_t connections) {
    std::string bytes;
    ByteWriter w(bytes);
    w.u8(57);
    w.u64(connections);
    w.u8(0);
    return cluster::wire::encode(cluster::wire::Message{bytes});
  }
  std::size_t here() const { return clients[0] + clients[1]; }
  EvacuationStatus status() { return control->evacuation().status(); }

  std::size_t clients[2] = {30, 10};
  std::optional<std::uint64_t> peer_load;
  bool turned_away = false;
};

TEST_F(EvacuationTest, ANodeAloneHasNobodyToSendItsClientsTo) {
  const auto begun = control->evacuation().evacuate(0, now);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().message, "no other node is running");
  EXPECT_FALSE(control->evacuation().rebalance(0, now));
  EXPECT_FALSE(control->evacuation().stop(Shedding::evacuation));
}

TEST_F(EvacuationTest, ClientsAreSentAwayAtTheRate) {
  join_silent_peer();
  ASSERT_TRUE(control->evacuation().evacuate(0, now));
  EXPECT_FALSE(control->evacuation().evacuate(0, now)) << "already";
  EXPECT_FALSE(control->evacuation().rebalance(0, now));
  workers_answer();
  pass(std::chrono::milliseconds(2'000));
  EXPECT_TRUE(turned_away);
  EXPECT_GE(here(), 20U);
  EXPECT_LE(here(), 24U);
  EXPECT_EQ(status().connections_at_start, 40U);
  EXPECT_FALSE(status().done);
  pass(std::chrono::milliseconds(3'000));
  EXPECT_EQ(here(), 0U);
  EXPECT_EQ(status().sent_away, 40U);
  EXPECT_TRUE(status().done);
  EXPECT_TRUE(turned_away) << "until somebody ends it";
  EXPECT_TRUE(control->evacuation().stop(Shedding::evacuation));
  workers_answer();
  EXPECT_FALSE(turned_away);
}

TEST_F(EvacuationTest, TheCommandSaysTheRate) {
  join_silent_peer();
  ASSERT_TRUE(control->evacuation().evacuate(1000, now));
  workers_answer();
  pass(std::chrono::milliseconds(700));
  EXPECT_EQ(here(), 0U);
}

TEST_F(EvacuationTest, AnEvacuationThatIsStoppedLeavesTheOthersInPeace) {
  join_silent_peer();
  ASSERT_TRUE(control->evacuation().evacuate(10, now));
  workers_answer();
  pass(std::chrono::milliseconds(1'000));
  ASSERT_TRUE(control->evacuation().stop(Shedding::evacuation));
  const std::size_t left = here();
  EXPECT_GT(left, 20U);
  pass(std::chrono::milliseconds(2'000));
  EXPECT_EQ(here(), left);
}

TEST_F(EvacuationTest, RebalancingSendsAwayWhatIsMoreThanTheMean) {
  join_silent_peer();
  peer_load = 0;
  ASSERT_TRUE(control->evacuation().rebalance(100, now));
  workers_answer();
  pass(std::chrono::milliseconds(3'000));
  EXPECT_EQ(here(), 20U) << "its first share; what the others have got since does not matter";
  EXPECT_FALSE(turned_away);
  peer_load = 20;
  pass(std::chrono::milliseconds(5'000));
  EXPECT_EQ(here(), 20U);
  EXPECT_EQ(status().what, Shedding::none);
}

TEST_F(EvacuationTest, WhoHasFewSendsNobodyAway) {
  join_silent_peer();
  peer_load = 44;
  ASSERT_TRUE(control->evacuation().rebalance(100, now));
  workers_answer();
  pass(std::chrono::milliseconds(5'000));
  EXPECT_EQ(here(), 40U);
  EXPECT_EQ(status().what, Shedding::none) << "even enough";
}

TEST_F(EvacuationTest, NobodyIsSentAwayAsLongAsANodeIsSilent) {
  join_silent_peer();
  ASSERT_TRUE(control->evacuation().rebalance(100, now));
  workers_answer();
  pass(std::chrono::seconds(20));
  EXPECT_EQ(here(), 40U);
  pass(std::chrono::seconds(45));
  EXPECT_EQ(status().what, Shedding::none) << "it is of an older version";
}

TEST_F(EvacuationTest, AnotherNodeBeginsAndEndsIt) {
  join_silent_peer();
  const auto say = [this](std::uint8_t on) {
    std::string bytes;
    ByteWriter w(bytes);
    w.u8(56);
    w.u8(on);
    w.u32(7);
    control->link_frame("b@h", cluster::wire::encode(cluster::wire::Message{bytes}), now);
  };
  say(1);
  EXPECT_EQ(status().what, Shedding::rebalancing);
  EXPECT_EQ(status().rate, 7U);
  say(0);
  EXPECT_EQ(status().what, Shedding::none);
}

}  // namespace
}  // namespace meshmq::node
