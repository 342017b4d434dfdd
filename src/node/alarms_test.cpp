#include "node/alarms.hpp"

#include <gtest/gtest.h>

namespace meshmq::node {
namespace {

using namespace std::chrono_literals;

class AlarmsTest : public ::testing::Test {
 protected:
  Alarms make(const AlarmSettings& settings = {}) {
    return {"n@h", settings, Logger(), [this](const mqtt::MessagePtr& message, Now) {
              said_ += std::string(message->topic()) + " " + std::string(message->payload()) + "\n";
            }};
  }
  void pass(Duration time) {
    now_.mono += time;
    now_.wall += time.count();
  }

  Now now_{TimePoint(10s), 1'700'000'000'000};
  std::string said_;
};

TEST_F(AlarmsTest, AreSaidWhenTheyBeginAndEnd) {
  Alarms alarms = make();
  EXPECT_TRUE(alarms.activate("partition", Json::object({{"occurred", "m@h"}}),
                              "Partition occurs at node m@h", now_));
  EXPECT_EQ(said_,
            "$SYS/brokers/n@h/alarms/activate {\"activate_at\":1700000000000000,\"activated\":true,"
            "\"deactivate_at\":\"infinity\",\"details\":{\"occurred\":\"m@h\"},"
            "\"message\":\"Partition occurs at node m@h\",\"name\":\"partition\"}\n");
  said_.clear();
  pass(5s);
  EXPECT_TRUE(alarms.deactivate("partition", now_));
  EXPECT_EQ(said_,
            "$SYS/brokers/n@h/alarms/deactivate {\"activate_at\":1700000000000000,\"activated\":false,"
            "\"deactivate_at\":1700000005000000,\"details\":\"no_details\",\"message\":\"partition\","
            "\"name\":\"partition\"}\n");
  EXPECT_TRUE(alarms.active().empty());
  EXPECT_EQ(alarms.over().front().message, "Partition occurs at node m@h");
}

TEST_F(AlarmsTest, AreRaisedOnceAndEndedOnce) {
  Alarms alarms = make();
  EXPECT_TRUE(alarms.activate("a", Json::object({}), "first", now_));
  said_.clear();
  EXPECT_FALSE(alarms.activate("a", Json::object({}), "second", now_));
  EXPECT_EQ(alarms.active().front().message, "second");
  EXPECT_EQ(alarms.active().front().activated_at, now_.wall);
  EXPECT_EQ(said_, "");
  EXPECT_TRUE(alarms.deactivate("a", now_));
  said_.clear();
  EXPECT_FALSE(alarms.deactivate("a", now_));
  EXPECT_EQ(said_, "");
}

TEST_F(AlarmsTest, AreNotPublishedIfTheSettingsSaySo) {
  Alarms alarms = make({.publish = false});
  alarms.activate("a", Json::object({}), "", now_);
  alarms.deactivate("a", now_);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(alarms.over().size(), 1U);
}

TEST_F(AlarmsTest, ThatAreOverAreKeptInANumberAndForATime) {
  Alarms alarms = make({.size_limit = 2, .validity_period = 1min});
  for (const char* name : {"a", "b", "c"}) {
    alarms.activate(name, Json::object({}), "", now_);
    alarms.deactivate(name, now_);
    pass(20s);
  }
  ASSERT_EQ(alarms.over().size(), 2U);
  EXPECT_EQ(alarms.over().front().name, "b");
  pass(20s);
  alarms.tick(now_);
  ASSERT_EQ(alarms.over().size(), 1U);
  EXPECT_EQ(alarms.over().front().name, "c");
  EXPECT_EQ(alarms.clear(), 1U);
  EXPECT_TRUE(alarms.over().empty());
}

}  // namespace
}  // namespace meshmq::node
