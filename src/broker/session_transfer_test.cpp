// Sessions that move from one broker to another.

#include "broker/session_transfer.hpp"

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"
#include "broker/session_image.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;

Connect travelling(std::string_view id) {
  return {.version = mqtt::Version::v3_1_1, .clean_start = false, .client_id = id};
}

/// Two nodes' brokers; what they say to each other is carried by hand.
class Transfer : public ::testing::Test {
 protected:
  void move(std::string_view client_id) {
    const auto image = old_home.broker.export_session(client_id, old_home.now);
    ASSERT_TRUE(image.has_value());
    ASSERT_TRUE(new_home.broker.import_session(*image, new_home.now).has_value());
    new_home.run();
  }
  void move_back(std::string_view client_id) {
    const auto image = new_home.broker.export_session(client_id, new_home.now);
    ASSERT_TRUE(image && old_home.broker.import_session(*image, old_home.now));
    old_home.run();
  }
  void carry_relayed() {
    for (const auto& [client_id, message] : std::exchange(old_home.router.relayed, {})) {
      new_home.broker.relayed(client_id, message, Relayed::in_order, new_home.now);
    }
  }
  void directly(mqtt::MessageParts parts) {
    parts.created_at = new_home.now.wall;
    new_home.delivers(parts);
  }
  void both(mqtt::MessageParts parts) {
    parts.created_at = old_home.now.wall;
    old_home.delivers(parts);
    new_home.delivers(parts);
  }
  std::string resumed(std::string_view client_id) {
    return new_home.connecting(travelling(client_id)).receives();
  }

  Harness old_home;
  Harness new_home{{}, 0, 2};
};

TEST_F(Transfer, CarriesSubscriptionsInflightQueueAndIds) {
  auto& a = old_home.connect(travelling("a"));
  a.subscribes("t/#", 2).subscribes("u", 1).ignores();
  old_home.delivers({.topic = "t/1", .payload = "one", .qos = mqtt::QoS::at_least_once, .id = 1});
  old_home.delivers({.topic = "t/2", .payload = "two", .qos = mqtt::QoS::exactly_once, .id = 2});
  old_home.delivers({.topic = "t/3", .payload = "three", .qos = mqtt::QoS::exactly_once, .id = 3});
  a.acks(PacketType::pubrec, 3);
  a.publishes("elsewhere", "mine", 2);
  a.vanishes();
  old_home.delivers({.topic = "u", .payload = "four", .qos = mqtt::QoS::at_least_once, .id = 4});
  move("a");
  EXPECT_TRUE(new_home.router.has_route("t/#"));
  EXPECT_TRUE(new_home.router.has_route("u"));
  auto& back = new_home.connecting(travelling("a"));
  EXPECT_EQ(back.receives(), lines("CONNACK session",  //
                                   "PUBREL id=3",      //
                                   "PUBLISH topic='t/1' id=1 qos=1 dup payload='one'",
                                   "PUBLISH topic='t/2' id=2 qos=2 dup payload='two'",
                                   "PUBLISH topic='u' id=4 qos=1 payload='four'"));
  // The QoS 2 message that it published is known: its repetition is not published again.
  new_home.router.take();
  back.sends(mqtt::Publish{
      .topic = "elsewhere", .payload = "mine", .packet_id = 3, .qos = mqtt::QoS::exactly_once, .dup = true});
  EXPECT_EQ(new_home.router.take(), "");
}

TEST_F(Transfer, LeavesTheCountersOfAConnectionWithTheConnection) {
  old_home.connect(travelling("a")).subscribes("t", 1).ignores();
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once, .id = 1});
  EXPECT_EQ(old_home.broker.clients("a").at(0).traffic.publishes_sent, 1U);
  move("a");
  EXPECT_EQ(new_home.broker.clients("a").at(0).traffic.publishes_sent, 0U);
  EXPECT_EQ(new_home.broker.clients("a").at(0).traffic.packets_received, 0U);
  new_home.connecting(travelling("a"));
  EXPECT_EQ(new_home.broker.clients("a").at(0).traffic.publishes_sent, 1U) << "the repetition";
  EXPECT_EQ(new_home.broker.clients("a").at(0).traffic.packets_received, 1U);
}

TEST_F(Transfer, WhatReachesTheOldHomeFollowsInOrderAndOnce) {
  old_home.connect(travelling("a")).subscribes("t", 2).says_goodbye();
  move("a");
  auto& a = new_home.connecting(travelling("a"));
  EXPECT_EQ(a.receives(), lines("CONNACK session"));
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  both({.topic = "t", .payload = "2", .qos = mqtt::QoS::exactly_once, .id = 2});
  both({.topic = "t", .payload = "3", .id = 3});
  directly({.topic = "t", .payload = "4", .qos = mqtt::QoS::exactly_once, .id = 4});
  EXPECT_EQ(a.receives(), "") << "what comes directly waits for what is older";
  carry_relayed();
  new_home.broker.caught_up("a", new_home.now);
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='t' id=1 qos=2 payload='1'", "PUBLISH topic='t' id=2 qos=2 payload='2'",
                  "PUBLISH topic='t' payload='3'", "PUBLISH topic='t' id=3 qos=2 payload='4'"));
  both({.topic = "t", .payload = "5", .qos = mqtt::QoS::exactly_once, .id = 5});
  old_home.delivers({.topic = "t", .payload = "6", .qos = mqtt::QoS::exactly_once, .id = 6});
  carry_relayed();
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='t' id=4 qos=2 payload='5'", "PUBLISH topic='t' id=5 qos=2 payload='6'"));
  old_home.broker.end_leaving("a", old_home.now);
  EXPECT_FALSE(old_home.router.has_route("t"));
  new_home.broker.arrival_over("a", new_home.now);
  directly({.topic = "t", .payload = "7", .id = 7});
  new_home.delivers({.topic = "t", .payload = "8", .created_at = new_home.now.wall - 1000, .id = 8});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='7'")) << "8 was sent before it moved";
}

TEST_F(Transfer, WhatTheStubCatchesOfASessionThatIsBackComesBehindWhatGoesTheLongWay) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  move("a");
  new_home.broker.caught_up("a", new_home.now);
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once, .id = 1});
  const auto long_way = std::exchange(old_home.router.relayed, {});
  for (const std::uint64_t id : {2, 3}) {
    const std::string payload = std::to_string(id);
    old_home.delivers({.topic = "t", .payload = payload, .qos = mqtt::QoS::at_least_once, .id = id});
  }
  move_back("a");
  auto& a = old_home.connecting(travelling("a")).ignores();
  old_home.delivers({.topic = "t", .payload = "4", .qos = mqtt::QoS::at_least_once, .id = 4});
  // What had not left yet when the session was on its way back.
  for (const auto& [client_id, message] : std::exchange(old_home.router.relayed, {}))
    old_home.broker.relayed(client_id, message, Relayed::own, old_home.now);
  EXPECT_EQ(a.receives(), "");
  for (const auto& [client_id, message] : long_way)
    old_home.broker.relayed(client_id, message, Relayed::in_order, old_home.now);
  old_home.broker.caught_up("a", old_home.now);
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='t' id=1 qos=1 payload='1'", "PUBLISH topic='t' id=2 qos=1 payload='2'",
                  "PUBLISH topic='t' id=3 qos=1 payload='3'", "PUBLISH topic='t' id=4 qos=1 payload='4'"));
}

TEST_F(Transfer, AStragglerWaitsForWhatItWouldOvertakeWhereverTheSessionIs) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  move("a");
  new_home.broker.caught_up("a", new_home.now);
  auto& a = new_home.connecting(travelling("a")).ignores();
  const auto straggle = [&](const mqtt::MessageParts& parts) {
    old_home.delivers(parts);
    for (const auto& [client_id, message] : std::exchange(old_home.router.relayed, {}))
      new_home.broker.relayed(client_id, message, Relayed::straggler, new_home.now);
  };
  straggle({.topic = "t", .payload = "2", .qos = mqtt::QoS::at_least_once, .id = 2});
  straggle({.topic = "t", .payload = "held up", .qos = mqtt::QoS::at_least_once, .id = 9});
  directly({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once, .id = 1});
  directly({.topic = "t", .payload = "2", .qos = mqtt::QoS::at_least_once, .id = 2});
  EXPECT_EQ(a.receives(),
            lines("PUBLISH topic='t' id=1 qos=1 payload='1'", "PUBLISH topic='t' id=2 qos=1 payload='2'"));
  new_home.advance(std::chrono::milliseconds(400));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=3 qos=1 payload='held up'"));
  straggle({.topic = "t", .payload = "at the end", .qos = mqtt::QoS::at_least_once, .id = 10});
  new_home.broker.arrival_over("a", new_home.now);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=4 qos=1 payload='at the end'"));
  // It has moved on: its stub sends it after it.
  move_back("a");
  move("a");
  new_home.broker.caught_up("a", new_home.now);
  straggle({.topic = "t", .payload = "behind", .qos = mqtt::QoS::at_least_once, .id = 11});
  move_back("a");
  new_home.router.relayed.clear();
  new_home.advance(std::chrono::milliseconds(400));
  EXPECT_EQ(new_home.router.relayed.size(), 1U);
}

TEST_F(Transfer, AnOldHomeThatHangsHoldsNothingUpForLong) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  new_home.advance(std::chrono::seconds(1));
  move("a");
  auto& a = new_home.connecting(travelling("a")).ignores();
  directly({.topic = "t", .payload = "1", .id = 1});
  new_home.advance(std::chrono::seconds(2));
  EXPECT_EQ(a.receives(), "");
  new_home.advance(std::chrono::seconds(2));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='1'"));
  directly({.topic = "t", .payload = "2", .id = 2});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='2'"));
}

TEST_F(Transfer, WhoMovesHereTwiceIsHeldBackTheWholeTimeTwice) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  move("a");
  new_home.advance(std::chrono::seconds(1));
  move_back("a");
  new_home.advance(std::chrono::seconds(1));
  move("a");
  auto& a = new_home.connecting(travelling("a")).ignores();
  directly({.topic = "t", .payload = "1", .id = 1});
  new_home.advance(std::chrono::milliseconds(2500));
  EXPECT_EQ(a.receives(), "") << "the first move's time is over, the second one's is not";
  new_home.advance(std::chrono::seconds(1));
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' payload='1'"));
}

TEST_F(Transfer, WhoMovesHereTwiceRemembersTheWholeTimeTwice) {
  old_home.connect(travelling("a")).subscribes("t", 2).says_goodbye();
  move("a");
  new_home.broker.arrival_over("a", new_home.now);
  new_home.advance(std::chrono::seconds(50));
  move_back("a");
  move("a");
  auto& a = new_home.connecting(travelling("a")).ignores();
  directly({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  new_home.broker.arrival_over("a", new_home.now);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=2 payload='1'"));
  a.acks(PacketType::pubrec, 1).acks(PacketType::pubcomp, 1).ignores();
  new_home.advance(std::chrono::seconds(15));
  directly({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  EXPECT_EQ(a.receives(), "") << "it came by two ways";
  new_home.advance(std::chrono::seconds(46));
  directly({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=2 qos=2 payload='1'"))
      << "nothing is remembered for ever";
}

TEST_F(Transfer, OfTwoSessionsThatBecomeOneEachMessageComesOnceAndNoneIsMissed) {
  old_home.connect(travelling("a")).subscribes("t", 2).ignores();
  auto& a = new_home.connect(travelling("a"));
  a.subscribes("u", 2).ignores();
  // What came to the old home while they were apart: only one of them was for the session there.
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  old_home.delivers({.topic = "u", .payload = "2", .qos = mqtt::QoS::exactly_once, .id = 2});
  move("a");
  // Their direct copies were kept until the nodes met again.
  new_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .id = 1});
  new_home.delivers({.topic = "u", .payload = "2", .qos = mqtt::QoS::exactly_once, .id = 2});
  new_home.broker.caught_up("a", new_home.now);
  new_home.broker.arrival_over("a", new_home.now);
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='t' id=1 qos=2 payload='1'",  // not acknowledged there
                                "PUBLISH topic='u' id=2 qos=2 payload='2'"));
}

TEST_F(Transfer, WhatHasWaitedForLongComesOnceThoughAnotherSessionHasItToo) {
  old_home.connect(travelling("a")).subscribes("t", 2).vanishes();
  const mqtt::MessageParts message{
      .topic = "t", .payload = "1", .qos = mqtt::QoS::exactly_once, .created_at = old_home.now.wall, .id = 1};
  old_home.delivers(message);
  old_home.advance(std::chrono::seconds(20));
  new_home.advance(std::chrono::seconds(20));
  move("a");
  Harness second_home{{}, 0, 3};
  second_home.connect(travelling("a")).subscribes("t", 2).vanishes();
  const auto image = second_home.broker.export_session("a", second_home.now);
  ASSERT_TRUE(image && new_home.broker.import_session(*image, new_home.now));
  // It had waited for a link to that node.
  second_home.delivers(message);
  for (const auto& [client_id, relayed] : second_home.router.relayed) {
    new_home.broker.relayed(client_id, relayed, Relayed::in_order, new_home.now);
  }
  ASSERT_EQ(second_home.router.relayed.size(), 1U);
  EXPECT_EQ(resumed("a"), lines("CONNACK session", "PUBLISH topic='t' id=1 qos=2 payload='1'"));
}

TEST_F(Transfer, WhatTheClientSubscribesAndUnsubscribesAtItsNewHomeHoldsForWhatIsRelayed) {
  old_home.connect(travelling("a")).subscribes("t", 2).subscribes("u", 1).says_goodbye();
  move("a");
  auto& a = new_home.connect(travelling("a"));
  a.next_id = 10;
  a.unsubscribes("t").subscribes("u", 0).ignores();
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once, .id = 1});
  old_home.delivers({.topic = "u", .payload = "2", .qos = mqtt::QoS::at_least_once, .id = 2});
  carry_relayed();
  EXPECT_EQ(a.receives(), lines("PUBLISH topic='u' payload='2'"));
}

TEST_F(Transfer, OfTwoSessionsTheNewerOneIsThatWhichItsClientKnows) {
  new_home.connect(travelling("a")).subscribes("old", 1).says_goodbye();
  new_home.delivers({.topic = "old", .payload = "kept", .qos = mqtt::QoS::at_least_once, .id = 7});
  new_home.router.take();
  auto& a = old_home.connect(travelling("a")).subscribes("t", 2);
  for (const std::uint64_t id : {1, 2}) {
    const std::string payload = std::to_string(id);
    old_home.delivers({.topic = "t", .payload = payload, .qos = mqtt::QoS::exactly_once, .id = id});
  }
  a.acks(mqtt::PacketType::pubrec, 1).vanishes();
  const auto image = old_home.broker.export_session("a", old_home.now);
  ASSERT_TRUE(image && new_home.broker.import_session(*image, new_home.now, true));
  new_home.run();
  EXPECT_EQ(new_home.router.take().find("unroute"), std::string::npos);
  EXPECT_TRUE(new_home.router.has_route("old") && new_home.router.has_route("t"));
  new_home.broker.caught_up("a", new_home.now);
  EXPECT_EQ(resumed("a"),
            lines("CONNACK session", "PUBREL id=1", "PUBLISH topic='t' id=2 qos=2 dup payload='2'",
                  "PUBLISH topic='old' id=3 qos=1 payload='kept'"));
}

TEST_F(Transfer, TheConnectedClientIsToldAndItsWillDoesNotOutliveTheMove) {
  Connect connect = travelling("a");
  connect.version = mqtt::Version::v5;
  connect.session_expiry_s = 100;
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 5};
  auto& a = old_home.connect(connect);
  move("a");
  EXPECT_EQ(a.receives(), lines("DISCONNECT reason=8e", "closed: takeovered"));
  old_home.router.take();
  old_home.advance(std::chrono::seconds(10));
  EXPECT_EQ(old_home.router.take(), "");
}

TEST_F(Transfer, ASessionThatEndsWithItsConnectionDoesNotMove) {
  old_home.connect("a").subscribes("t");
  EXPECT_FALSE(old_home.broker.export_session("a", old_home.now).has_value());
  EXPECT_FALSE(old_home.router.has_route("t"));
  EXPECT_FALSE(old_home.broker.export_session("nobody", old_home.now).has_value());
}

TEST_F(Transfer, AStubThatIsTakenBackIsASessionAgain) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  ASSERT_TRUE(old_home.broker.export_session("a", old_home.now).has_value());
  EXPECT_EQ(old_home.broker.clients().size(), 0U);
  old_home.broker.take_back_session("a", false, old_home.now);
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once});
  EXPECT_EQ(old_home.connecting(travelling("a")).receives(),
            lines("CONNACK session", "PUBLISH topic='t' id=1 qos=1 payload='1'"));
}

TEST_F(Transfer, ThereAndBackAgain) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  move("a");
  const auto image = new_home.broker.export_session("a", new_home.now);
  ASSERT_TRUE(image.has_value());
  ASSERT_TRUE(old_home.broker.import_session(*image, old_home.now).has_value());
  old_home.run();
  EXPECT_TRUE(old_home.router.has_route("t"));
  old_home.broker.caught_up("a", old_home.now);
  old_home.delivers({.topic = "t",
                     .payload = "1",
                     .qos = mqtt::QoS::at_least_once,
                     .created_at = old_home.now.wall,
                     .id = 9});
  EXPECT_EQ(old_home.router.relayed.size(), 0U) << "the stub of the first move is gone";
  EXPECT_EQ(old_home.connecting(travelling("a")).receives(),
            lines("CONNACK session", "PUBLISH topic='t' id=1 qos=1 payload='1'"));
}

TEST_F(Transfer, AConnectWaitsForTheSessionOfAnotherNode) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  new_home.router.hold_claims = true;
  auto& a = new_home.connecting(travelling("a"));
  EXPECT_EQ(a.receives(), lines("paused"));
  move("a");
  new_home.broker.claim_done(new_home.router.claims.at(0), false, false, new_home.now);
  new_home.run();
  EXPECT_EQ(a.receives(), lines("resumed", "CONNACK session"));
  auto& late = new_home.connecting(travelling("a"));
  new_home.broker.claim_done(new_home.router.claims.at(1), true, false, new_home.now);
  new_home.run();
  EXPECT_EQ(late.receives(), lines("paused", "closed: takeovered"));
}

TEST_F(Transfer, AClientThatDoesNotWaitForItsSessionIsReported) {
  new_home.router.hold_claims = true;
  new_home.connecting(travelling("a")).vanishes();
  new_home.run();
  EXPECT_EQ(new_home.router.unclaimed, new_home.router.claims);
  // Gone after the answer, before its CONNECT was looked at again.
  auto& b = new_home.connecting(travelling("b"));
  new_home.broker.claim_done(new_home.router.claims.at(1), false, false, new_home.now);
  b.vanishes();
  new_home.run();
  EXPECT_EQ(new_home.router.unclaimed, new_home.router.claims);
  // Connected: it has what it asked for.
  auto& c = new_home.connecting(travelling("c"));
  new_home.broker.claim_done(new_home.router.claims.at(2), false, false, new_home.now);
  new_home.run();
  c.ignores().vanishes();
  new_home.run();
  EXPECT_EQ(new_home.router.unclaimed.size(), 2U);
}

TEST_F(Transfer, AClientHearsNothingBeforeOthersKnowItsSession) {
  new_home.router.hold_sessions = true;
  auto& a = new_home.connecting(travelling("a"));
  a.subscribes("t", 1).publishes("t", "1", 1);
  EXPECT_EQ(a.receives(), lines("paused"));
  ASSERT_EQ(new_home.router.held.size(), 1U);
  EXPECT_EQ(new_home.metrics().packets_publish_received, 0U) << "nor is it listened to";
  new_home.broker.session_known(new_home.router.held[0]);
  new_home.run();
  EXPECT_EQ(a.receives(), lines("CONNACK", "resumed", "PUBLISH topic='t' id=1 qos=1 payload='1'",
                                "PUBACK id=2", "SUBACK id=1 code=1"));
  // Who has been given an id may come back with it, to any node.
  auto& nameless = new_home.connecting({.version = mqtt::Version::v5, .clean_start = true});
  EXPECT_EQ(nameless.receives(), lines("paused"));
  ASSERT_EQ(new_home.router.held.size(), 2U);
  new_home.broker.session_known(new_home.router.held[1]);
  EXPECT_NE(nameless.receives().find("CONNACK"), std::string::npos);
}

TEST_F(Transfer, AConnectionThatEndsBeforeItsSessionIsKnownStillHearsWhy) {
  new_home.router.hold_sessions = true;
  auto& a = new_home.connecting(travelling("a"));
  auto& b = new_home.connecting(travelling("a"));
  EXPECT_EQ(a.receives(), lines("paused", "CONNACK", "closed: takeovered"));
  b.vanishes();
  auto& c = new_home.connecting(travelling("a"));
  for (const Token token : new_home.router.held) new_home.broker.session_known(token);
  new_home.run();
  EXPECT_EQ(c.receives(), lines("paused", "CONNACK session", "resumed"));
  // DISCONNECT is behind CONNECT: the connection ends when the session can be found everywhere, not before.
  auto& d = new_home.open();
  std::string bytes;
  mqtt::encode_packet(Connect{.clean_start = false, .client_id = "d", .session_expiry_s = 100},
                      mqtt::Version::v5, bytes);
  mqtt::encode_packet(mqtt::Disconnect{}, mqtt::Version::v5, bytes);
  d.sends_bytes(bytes);
  EXPECT_EQ(d.receives(), lines("paused"));
  new_home.broker.session_known(new_home.router.held.back());
  new_home.run();
  EXPECT_EQ(d.receives(),
            lines("CONNACK receive_max=100 packet_max=1048576 alias_max=65535", "resumed", "closed: normal"));
}

TEST_F(Transfer, DamagedImagesAreRefused) {
  old_home.connect(travelling("a")).subscribes("t", 1).says_goodbye();
  old_home.delivers({.topic = "t", .payload = "1", .qos = mqtt::QoS::at_least_once, .id = 9});
  const auto image = old_home.broker.export_session("a", old_home.now);
  ASSERT_TRUE(image.has_value());
  for (std::size_t size = 0; size < image->size(); ++size) {
    EXPECT_FALSE(new_home.broker.import_session(image->substr(0, size), new_home.now).has_value()) << size;
  }
  EXPECT_EQ(new_home.broker.clients().size(), 0U);
  EXPECT_TRUE(new_home.broker.import_session(*image, new_home.now).has_value());
  EXPECT_TRUE(new_home.broker.import_session(*image, new_home.now).has_value()) << "it replaces";
  EXPECT_EQ(new_home.broker.clients().size(), 1U);
}

TEST_F(Transfer, AMemberOfAGroupIsOneInOnePlaceOnly) {
  auto& a = old_home.connect(travelling("a"));
  a.subscribes("$share/g/t", 1).subscribes("t", 1).ignores();
  old_home.router.take();
  a.vanishes();
  old_home.connect("p").publishes("t", "1", 1);
  old_home.router.take();
  new_home.router.take();
  move("a");
  EXPECT_EQ(old_home.router.take(), lines("share $share/g/t 0/1")) << "until the new home is known";
  EXPECT_NE(new_home.router.take().find("share $share/g/t 0/1"), std::string::npos);
  // For the group, whichever way it comes, and not dropped as older than the session's arrival.
  const SharedPick pick{.group = "$share/g/t", .last_resort = true};
  const auto old =
      mqtt::Message::make({.topic = "t", .payload = "2", .qos = mqtt::QoS::at_least_once, .id = 9});
  EXPECT_EQ(old_home.broker.deliver_shared(old, {&pick, 1}, old_home.now), 0U);
  EXPECT_EQ(new_home.broker.deliver_shared(old, {&pick, 1}, new_home.now), 1U);
  const std::string got = resumed("a");
  EXPECT_NE(got.find("payload='1'"), std::string::npos);
  EXPECT_NE(got.find("payload='2'"), std::string::npos);
  old_home.router.take();
  old_home.broker.end_leaving("a", old_home.now);
  EXPECT_NE(old_home.router.take().find("share $share/g/t 0/0"), std::string::npos);
  // What came by way of the group still belongs to it.
  new_home.router.take();
  new_home.connect("a").ignores();
  const std::string calls = new_home.router.take();
  EXPECT_NE(calls.find("redispatch 1 $share/g/t"), std::string::npos) << calls;
  EXPECT_NE(calls.find("redispatch 2 $share/g/t"), std::string::npos) << calls;
}

TEST_F(Transfer, AMemberThatIsTakenBackIsInItsGroupAgain) {
  old_home.connect(travelling("a")).subscribes("$share/g/t", 1).vanishes();
  move("a");
  old_home.router.take();
  old_home.broker.take_back_session("a", false, old_home.now);
  EXPECT_NE(old_home.router.take().find("share $share/g/t 0/1"), std::string::npos);
  EXPECT_EQ(old_home.broker.stats().shared_subscriptions, 1U);
}

}  // namespace
}  // namespace meshmq::broker::testing
