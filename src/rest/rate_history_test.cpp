#include "rest/rate_history.hpp"

#include <gtest/gtest.h>

namespace meshmq::rest {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint moment(Duration since_start) {
  return TimePoint(since_start);
}

TEST(RateHistory, HasSizesAndCountersPerSecond) {
  RateHistory history;
  EXPECT_TRUE(history.points(moment(0s)).empty());
  history.record({.connections = 1, .received = 1000, .bytes_sent = 50}, moment(5s));
  EXPECT_TRUE(history.points(moment(6s)).empty());
  history.record({.connections = 3, .received = 1040, .bytes_sent = 75}, moment(15s));
  const auto points = history.points(moment(17s));
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0]->connections, 3U);
  EXPECT_FLOAT_EQ(points[0]->received, 4);
  EXPECT_FLOAT_EQ(points[0]->bytes_sent, 2.5);
}

TEST(RateHistory, HasGapsWhereNobodyLooked) {
  RateHistory history;
  for (const Duration at : {5s, 10s, 25s}) history.record({.connections = 7}, moment(at));
  const auto points = history.points(moment(34s));
  ASSERT_EQ(points.size(), 5U);
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(points[i].has_value(), i == 0 || i == 3) << i;
}

TEST(RateHistory, TakesOneOfEachStep) {
  RateHistory history;
  history.record({.received = 0}, moment(5s));
  history.record({.received = 100}, moment(9s));
  history.record({.received = 100}, moment(10s));
  const auto points = history.points(moment(10s));
  ASSERT_EQ(points.size(), 1U);
  EXPECT_FLOAT_EQ(points[0]->received, 20);
}

TEST(RateHistory, ForgetsWhatIsOlderThanTenMinutes) {
  RateHistory history;
  for (Duration at = 0s; at <= 1h; at += RateHistory::interval)
    history.record({.connections = static_cast<std::uint64_t>(at / 1s)}, moment(at));
  const auto points = history.points(moment(1h));
  ASSERT_EQ(points.size(), RateHistory::points_max);
  EXPECT_EQ(points.front()->connections, 3005U);
  EXPECT_EQ(points.back()->connections, 3600U);
  EXPECT_EQ(history.points(moment(1h + 5min)).size(), RateHistory::points_max);
  EXPECT_TRUE(history.points(moment(2h)).empty());
}

TEST(RateHistory, ACounterThatWasSetBackHasNoRate) {
  RateHistory history;
  history.record({.received = 1000}, moment(5s));
  history.record({.received = 10}, moment(10s));
  EXPECT_FLOAT_EQ(history.points(moment(10s))[0]->received, 0);
}

TEST(RateHistory, IsAListForEachChart) {
  RateHistory history;
  history.record({}, moment(5s));
  history.record({.connections = 2, .topics = 3, .received = 7}, moment(10s));
  history.record({.connections = 2, .topics = 3, .received = 7}, moment(20s));
  EXPECT_EQ(to_json("a@b", history.points(moment(20s))).text(),
            R"({"node":"a@b","connections":[2,null,2],"subscriptions":[0,null,0],"topics":[3,null,3],)"
            R"("received":[1.4,null,0],"sent":[0,null,0],"dropped":[0,null,0],"forwarded":[0,null,0],)"
            R"("bytes_received":[0,null,0],"bytes_sent":[0,null,0]})");
}

}  // namespace
}  // namespace meshmq::rest
