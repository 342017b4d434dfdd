// Sessions between two processes of a node.

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"
#include "broker/session_image.hpp"
#include "broker/session_transfer.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Connect;
using mqtt::PacketType;
using std::chrono::seconds;

Connect expiring(std::string_view id, std::uint32_t expiry_s = 100) {
  return {.version = mqtt::Version::v5, .clean_start = false, .client_id = id, .session_expiry_s = expiry_s};
}

/// A broker, and the one that begins where it has ended.
class Rest : public ::testing::Test {
 protected:
  /// The node ends and is away for so long.
  void restart(Duration away = seconds(1), Duration grace = Duration(0)) {
    before.broker.shut_down(before.now);
    after.now.wall = before.now.wall + away.count();
    while (true) {
      const auto sessions = before.broker.rest_sessions(2, before.now);
      if (sessions.empty()) break;
      EXPECT_LE(sessions.size(), 2U);
      for (const RestingSession& session : sessions) {
        names += session.client_id + " ";
        const auto restored = after.broker.restore_session(session.image, grace, after.now);
        EXPECT_TRUE(restored) << restored.error().message;
      }
    }
    after.run();
    after.router.take();
  }

  Harness before;
  Harness after{{}, 0, 2};
  std::string names;
};

TEST_F(Rest, EverySessionThatOutlivesItsConnectionIsThereAgain) {
  for (const char* id : {"c", "a", "b"}) before.connect(expiring(id)).subscribes(std::string("t/") + id, 1);
  before.connect("clean").subscribes("t/clean", 1);
  restart();
  EXPECT_EQ(names, "a b c ");
  EXPECT_EQ(after.router.route_count(), 3U);
  EXPECT_TRUE(after.router.has_route("t/b"));
  EXPECT_EQ(after.broker.clients().size(), 3U);
}

TEST_F(Rest, InflightQueueAndIdsGoOnWhereTheyWere) {
  auto& a = before.connect(expiring("a"));
  a.subscribes("t/#", 2).subscribes("$share/g/u", 1).ignores();
  before.delivers({.topic = "t/1", .payload = "one", .qos = mqtt::QoS::at_least_once, .id = 1});
  before.delivers({.topic = "t/2", .payload = "two", .qos = mqtt::QoS::exactly_once, .id = 2});
  a.acks(PacketType::pubrec, 2);
  a.publishes("elsewhere", "mine", 2);
  a.vanishes();
  before.delivers({.topic = "t/3", .payload = "three", .qos = mqtt::QoS::exactly_once, .id = 3});
  restart();
  // What another node sends again because its link broke: once; what it kept meanwhile: delivered.
  after.delivers(
      {.topic = "t/4", .payload = "four", .qos = mqtt::QoS::at_least_once, .created_at = 1, .id = 4});
  auto& back = after.connecting(expiring("a"));
  const std::string got = back.receives();
  EXPECT_NE(got.find("CONNACK session"), std::string::npos) << got;
  const std::string rest = got.substr(got.find('\n') + 1);
  EXPECT_EQ(rest, lines("PUBREL id=2", "PUBLISH topic='t/1' id=1 qos=1 dup payload='one'",
                        "PUBLISH topic='t/3' id=3 qos=2 payload='three'",
                        "PUBLISH topic='t/4' id=4 qos=1 payload='four'"));
  after.router.take();
  back.sends(mqtt::Publish{
      .topic = "elsewhere", .payload = "mine", .packet_id = 3, .qos = mqtt::QoS::exactly_once, .dup = true});
  EXPECT_EQ(after.router.take(), "") << "it was published before";
  const SharedPick pick{.group = "$share/g/u", .last_resort = true};
  const auto message =
      mqtt::Message::make({.topic = "u", .payload = "five", .qos = mqtt::QoS::at_least_once});
  EXPECT_EQ(after.broker.deliver_shared(message, {&pick, 1}, after.now), 1U);
}

TEST_F(Rest, TheTimeThatItWasAwayCounts) {
  before.connect(expiring("short", 60)).says_goodbye();
  before.connect(expiring("long", 600)).says_goodbye();
  before.advance(seconds(20));
  restart(seconds(30));
  EXPECT_EQ(after.broker.clients().size(), 2U);
  after.advance(seconds(11));
  ASSERT_EQ(after.broker.clients().size(), 1U);
  EXPECT_EQ(after.broker.clients()[0].client_id, "long");
}

TEST_F(Rest, AWillComesAtItsTime) {
  Connect connect = expiring("a", 600);
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 60};
  before.connect(connect).vanishes();
  restart(seconds(30));
  after.advance(seconds(29));
  EXPECT_EQ(after.router.take(), "");
  after.advance(seconds(2));
  EXPECT_NE(after.router.take().find("w"), std::string::npos);
  EXPECT_EQ(after.broker.clients().size(), 1U) << "the session goes on";
}

TEST_F(Rest, WhatWasDueMeanwhileWaitsUntilTheOthersAreMet) {
  Connect connect = expiring("a", 10);
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 5};
  before.connect(connect).vanishes();
  restart(std::chrono::hours(1), seconds(10));
  after.advance(seconds(9));
  EXPECT_EQ(after.router.take(), "");
  EXPECT_EQ(after.broker.clients().size(), 1U);
  after.advance(seconds(2));
  EXPECT_NE(after.router.take().find("w"), std::string::npos);
  EXPECT_EQ(after.broker.clients().size(), 0U);
}

TEST_F(Rest, AClockThatWentBackMakesNobodyOld) {
  before.connect(expiring("a", 60)).says_goodbye();
  restart(-std::chrono::hours(5));
  after.advance(seconds(59));
  EXPECT_EQ(after.broker.clients().size(), 1U);
  after.advance(seconds(2));
  EXPECT_EQ(after.broker.clients().size(), 0U);
}

TEST_F(Rest, DamagedRecordsAreRefused) {
  Connect connect = expiring("a");
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 5};
  before.connect(connect).subscribes("t", 1);
  before.broker.shut_down(before.now);
  const auto sessions = before.broker.rest_sessions(1, before.now);
  ASSERT_EQ(sessions.size(), 1U);
  const std::string& image = sessions[0].image;
  for (std::size_t size = 0; size < image.size(); ++size) {
    EXPECT_FALSE(
        after.broker.restore_session(std::string_view(image).substr(0, size), Duration(0), after.now));
  }
  EXPECT_EQ(after.broker.clients().size(), 0U);
  EXPECT_TRUE(after.broker.restore_session(image, Duration(0), after.now));
  EXPECT_FALSE(after.broker.restore_session(image, Duration(0), after.now)) << "one session per client id";
}

TEST_F(Rest, ASessionThatMovesWithoutItsClientTakesItsWillAlong) {
  Connect connect = expiring("a", 600);
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 60};
  before.connect(connect).vanishes();
  before.advance(seconds(30));
  after.now.wall = before.now.wall;
  const auto image = before.broker.export_session("a", before.now, Departure::to_rest);
  ASSERT_TRUE(image);
  ASSERT_TRUE(after.broker.import_session(*image, after.now));
  after.run();
  after.router.take();
  after.advance(seconds(29));
  EXPECT_EQ(after.router.take(), "");
  after.advance(seconds(2));
  EXPECT_NE(after.router.take().find("w"), std::string::npos);
  before.router.take();
  before.advance(seconds(60));
  EXPECT_EQ(before.router.take(), "") << "not twice";
  before.broker.take_back_session("a", false, before.now);
  EXPECT_EQ(before.broker.clients().size(), 1U);
}

TEST_F(Rest, OthersKnowTheWillOfASessionThatMovesOrRests) {
  Connect connect = expiring("a", 600);
  connect.will = mqtt::Will{.topic = "w", .payload = "x", .delay_s = 60};
  before.connect(connect).vanishes();
  after.now.wall = before.now.wall;
  const auto image = before.broker.export_session("a", before.now, Departure::to_rest);
  ASSERT_TRUE(image);
  EXPECT_EQ(before.router.wills.size(), 1U) << "it may never arrive";
  ASSERT_TRUE(after.broker.import_session(*image, after.now));
  EXPECT_EQ(after.router.wills, before.router.wills);
  before.broker.end_leaving("a", before.now);
  EXPECT_EQ(before.router.wills.size(), 0U);
  Harness third;
  third.now = after.now;
  ASSERT_TRUE(third.broker.restore_session(*image, Duration(0), third.now));
  EXPECT_EQ(third.router.wills, after.router.wills);
  // Its client comes to another node.
  ASSERT_TRUE(after.broker.export_session("a", after.now));
  EXPECT_EQ(after.router.wills.size(), 0U);
}

}  // namespace
}  // namespace meshmq::broker::testing
