#include "node/forward_links.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <span>
#include <utility>

namespace meshmq::node {
namespace {

/// Two workers of two nodes with one link between them that can break.
class ForwardLinksTest : public ::testing::Test {
 protected:
  class Ports final : public WorkerPorts {
   public:
    bool to_worker(WorkerIndex, Parcel) override { return false; }
    void to_control(ToControl) override {}
    void dial(Slot, const std::string&) override { ++dials; }
    std::size_t link_send(LinkId, std::string_view frame) override {
      sent.emplace_back(frame);
      return 0;
    }
    void link_close(LinkId) override { ++closes; }

    std::deque<std::string> sent;
    int dials = 0;
    int closes = 0;
  };

  ForwardLinksTest() {
    config_a.name = "a@h";
    config_b.name = "b@h";
    config_a.link_bytes_max = 1000;
  }

  void peer_up() { a.peer_up({Slot(1), "b@h", 1}, now); }
  void connect() {
    ++link;
    b.link_accepted(LinkId(link), "a@h", 0);
    a.link_up(LinkId(link), Slot(1), now);
    pump();
  }
  void disconnect() {
    ports_a.sent.clear();
    ports_b.sent.clear();
    a.link_down(LinkId(link), now);
    b.link_down(LinkId(link), now);
  }
  Forwarded forward(std::string_view payload, mqtt::QoS qos, Token token = 0) {
    return a.forward(Slot(1), {mqtt::Message::make({.topic = "t", .payload = payload, .qos = qos})}, token,
                     now);
  }
  /// Ends turns and carries frames until nothing moves.
  void pump() {
    bool moved = true;
    while (moved) {
      a.end_of_turn(now);
      b.end_of_turn(now);
      moved = !ports_a.sent.empty() || !ports_b.sent.empty();
      carry(ports_a, b);
      carry(ports_b, a);
    }
  }
  void carry(Ports& from, ForwardLinks& to) {
    while (!from.sent.empty()) {
      const std::string frame = from.sent.front();
      from.sent.pop_front();
      std::vector<Parcel> messages;
      to.link_frame(LinkId(link), frame, messages, confirmed, now);
      for (const auto& m : messages) received += std::string(m.message->payload()) + " ";
    }
  }

  Config config_a;
  Config config_b;
  Ports ports_a;
  Ports ports_b;
  ForwardLinks a{config_a, WorkerIndex(0), 7, ports_a, Logger()};
  ForwardLinks b{config_b, WorkerIndex(0), 8, ports_b, Logger()};
  Now now{TimePoint(Duration(1000)), 0};
  std::uint64_t link = 0;
  std::string received;
  std::vector<Token> confirmed;
  std::vector<HandedBack> back;
};

TEST_F(ForwardLinksTest, MessagesTravelInOrderAndAreConfirmedOnce) {
  peer_up();
  EXPECT_EQ(ports_a.dials, 1);
  connect();
  EXPECT_EQ(forward("m1", mqtt::QoS::at_least_once, 11), Forwarded::tracked);
  EXPECT_EQ(forward("q", mqtt::QoS::at_most_once, 12), Forwarded::sent);
  EXPECT_EQ(forward("m2", mqtt::QoS::exactly_once, 13), Forwarded::tracked);
  EXPECT_FALSE(a.settled());
  pump();
  EXPECT_TRUE(a.settled());
  EXPECT_EQ(received, "m1 q m2 ");
  EXPECT_EQ(confirmed, (std::vector<Token>{11, 13}));
  EXPECT_EQ(a.counters().sent, 3U);
  ASSERT_EQ(a.traffic().size(), 1U);
  EXPECT_EQ(a.traffic()[0].messages, 3U);
  EXPECT_EQ(b.counters().received, 3U);
}

TEST_F(ForwardLinksTest, ForANodeThatIsAwayMessagesAreKeptUpToALimitAndBeforeWhatComesThen) {
  config_a.forward_keep_bytes = 60;
  const auto keep = [&](std::string_view payload) {
    return a.keep(Slot(1),
                  {mqtt::Message::make({.topic = "t", .payload = payload, .qos = mqtt::QoS::at_least_once})},
                  now);
  };
  EXPECT_FALSE(keep("never met"));
  peer_up();
  connect();
  a.peer_down(Slot(1), back);
  disconnect();
  EXPECT_TRUE(keep("m1"));
  EXPECT_TRUE(keep("m2"));
  EXPECT_FALSE(keep("m3")) << "the limit";
  EXPECT_EQ(a.counters().dropped, 2U);
  EXPECT_FALSE(a.congested()) << "publishers are not made to wait for it";
  peer_up();
  forward("m4", mqtt::QoS::at_least_once);
  connect();
  EXPECT_EQ(received, "m1 m2 m4 ");
}

TEST_F(ForwardLinksTest, OneTurnIsOneFrame) {
  peer_up();
  connect();
  for (int i = 0; i < 100; ++i) forward("x", mqtt::QoS::at_most_once);
  a.end_of_turn(now);
  EXPECT_EQ(ports_a.sent.size(), 1U);
}

TEST_F(ForwardLinksTest, AnAcknowledgementLostWithItsLinkCausesNoDuplicate) {
  peer_up();
  connect();
  forward("m1", mqtt::QoS::at_least_once, 11);
  a.end_of_turn(now);
  carry(ports_a, b);
  EXPECT_EQ(received, "m1 ");
  disconnect();
  forward("m2", mqtt::QoS::at_least_once, 12);
  connect();
  EXPECT_EQ(received, "m1 m2 ");
  EXPECT_EQ(confirmed, (std::vector<Token>{11, 12}));
}

TEST_F(ForwardLinksTest, WhatWasLostWithTheLinkIsSentAgain) {
  peer_up();
  connect();
  forward("m1", mqtt::QoS::exactly_once, 11);
  a.end_of_turn(now);
  disconnect();
  EXPECT_EQ(received, "");
  connect();
  EXPECT_EQ(received, "m1 ");
}

TEST_F(ForwardLinksTest, ALinkIsDialledAgainUntilItStands) {
  peer_up();
  for (int i = 0; i < 3; ++i) {
    a.dial_failed(Slot(1), now);
    now.mono += std::chrono::seconds(6);
    std::vector<Token> dropped;
    a.tick(now, dropped, back);
  }
  EXPECT_EQ(ports_a.dials, 4);
  a.peer_down(Slot(1), back);
  a.dial_failed(Slot(1), now);
  now.mono += std::chrono::seconds(60);
  std::vector<Token> dropped;
  a.tick(now, dropped, back);
  EXPECT_EQ(ports_a.dials, 4) << "a peer that is down is not dialled";
}

TEST_F(ForwardLinksTest, AFullLinkSlowsPublishersAndDropsOnlyQos0) {
  peer_up();
  const std::string big(600, 'x');
  EXPECT_EQ(forward(big, mqtt::QoS::at_most_once), Forwarded::sent);
  EXPECT_EQ(forward(big, mqtt::QoS::at_most_once), Forwarded::sent);
  EXPECT_FALSE(a.congested());
  EXPECT_EQ(forward(big, mqtt::QoS::at_most_once), Forwarded::sent);
  EXPECT_TRUE(a.congested());
  EXPECT_EQ(forward(big, mqtt::QoS::at_most_once), Forwarded::sent);
  EXPECT_EQ(forward(big, mqtt::QoS::at_most_once), Forwarded::dropped);
  EXPECT_EQ(forward(big, mqtt::QoS::at_least_once, 1), Forwarded::tracked);
  EXPECT_EQ(a.counters().dropped, 1U);
  connect();
  EXPECT_FALSE(a.congested());
}

TEST_F(ForwardLinksTest, WhatWaitsForANodeThatIsNoMemberIsSettledAndCounted) {
  peer_up();
  forward("m1", mqtt::QoS::at_least_once, 11);
  forward("m2", mqtt::QoS::at_least_once);
  EXPECT_EQ(a.peer_gone(Slot(1), back), std::vector<Token>{11});
  EXPECT_EQ(a.counters().dropped, 2U);
  EXPECT_EQ(forward("m3", mqtt::QoS::at_least_once, 12), Forwarded::dropped);
}

/// Messages for members of shared groups.
class SharedForwards : public ForwardLinksTest {
 protected:
  Forwarded forward_shared(std::string_view payload, mqtt::QoS qos, Token token = 0, bool ordinary = false) {
    const broker::SharedPick pick{.group = "$share/g/t", .number = 7, .attempts = 2};
    const auto message = mqtt::Message::make({.topic = "t", .payload = payload, .qos = qos});
    return a.forward(Slot(1),
                     {message, std::make_shared<const broker::PickList>(ordinary, std::span(&pick, 1))},
                     token, now);
  }
  std::string handed_back() {
    std::string result;
    for (const HandedBack& each : std::exchange(back, {})) {
      result += std::string(each.parcel.message->payload()) + ":" + std::to_string(each.token) + " ";
    }
    return result;
  }
};

TEST_F(SharedForwards, ComeBackWhenTheirNodeGoesDown) {
  peer_up();
  connect();
  EXPECT_TRUE(a.usable(Slot(1)));
  forward_shared("m1", mqtt::QoS::at_least_once, 11);
  forward("m2", mqtt::QoS::at_least_once, 12);
  forward_shared("m3", mqtt::QoS::exactly_once, 13);
  a.end_of_turn(now);
  forward_shared("m4", mqtt::QoS::exactly_once, 14);
  a.peer_down(Slot(1), back);
  EXPECT_FALSE(a.usable(Slot(1)));
  EXPECT_EQ(handed_back(), "m1:11 m4:14 ") << "m3 may have arrived";
  disconnect();
  peer_up();
  connect();
  EXPECT_EQ(received, "m2 m3 ");
  EXPECT_EQ(confirmed, (std::vector<Token>{12, 13}));
  forward("m5", mqtt::QoS::at_least_once, 15);
  pump();
  EXPECT_EQ(received, "m2 m3 m5 ") << "numbers are as if nothing had been withdrawn";
  EXPECT_EQ(a.counters().dropped, 0U);
}

TEST_F(SharedForwards, LeaveTheirOrdinaryPartWithTheLink) {
  peer_up();
  forward_shared("m1", mqtt::QoS::at_least_once, 11, true);
  a.peer_down(Slot(1), back);
  EXPECT_EQ(handed_back(), "m1:0 ");
  peer_up();
  connect();
  EXPECT_EQ(received, "m1 ");
  EXPECT_EQ(confirmed, std::vector<Token>{11});
}

TEST_F(SharedForwards, ThatMayHaveArrivedComeBackWhenTheNodeStaysAway) {
  peer_up();
  connect();
  forward_shared("m1", mqtt::QoS::exactly_once, 11);
  a.end_of_turn(now);
  a.peer_down(Slot(1), back);
  disconnect();
  std::vector<Token> dropped;
  now.mono += config_a.forward_keep / 2;
  a.tick(now, dropped, back);
  EXPECT_EQ(handed_back(), "");
  now.mono += config_a.forward_keep;
  a.tick(now, dropped, back);
  EXPECT_EQ(handed_back(), "m1:11 ");
  EXPECT_TRUE(dropped.empty());
  EXPECT_EQ(a.counters().dropped, 0U);
}

TEST_F(SharedForwards, ComeBackWhenTheirNodeIsNoMemberAnyMore) {
  peer_up();
  connect();
  forward_shared("m1", mqtt::QoS::exactly_once, 11);
  a.end_of_turn(now);
  forward_shared("m2", mqtt::QoS::at_least_once, 12, true);
  EXPECT_EQ(a.peer_gone(Slot(1), back), std::vector<Token>{12});
  EXPECT_EQ(handed_back(), "m1:11 m2:0 ");
}

TEST_F(ForwardLinksTest, ANodeThatPartsStillKnowsWhatItHasReceived) {
  peer_up();
  b.peer_up({Slot(1), "a@h", 1}, now);
  connect();
  forward("m1", mqtt::QoS::at_least_once, 11);
  a.end_of_turn(now);
  carry(ports_a, b);
  b.peer_gone(Slot(1), back);
  disconnect();
  connect();
  EXPECT_EQ(received, "m1 ") << "a had not heard of it and sent again";
}

TEST_F(ForwardLinksTest, ALinkThatLiesAboutItsOriginIsClosed) {
  b.link_accepted(LinkId(5), "somebody@else", 0);
  cluster::ForwardSender sender({.incarnation = 1, .node = "a@h", .worker = 0}, std::chrono::seconds(1));
  std::vector<Parcel> messages;
  b.link_frame(LinkId(5), sender.link_up(), messages, confirmed, now);
  EXPECT_EQ(ports_b.closes, 1);
  b.link_frame(LinkId(5), "nonsense", messages, confirmed, now);
  EXPECT_EQ(ports_b.closes, 2);
  EXPECT_TRUE(messages.empty());
}

}  // namespace
}  // namespace meshmq::node
