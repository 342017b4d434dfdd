#include "node/delayed.hpp"

#include <gtest/gtest.h>

namespace meshmq::node {
namespace {

using namespace std::chrono_literals;

/// What two nodes write is known to both at once.
class DelayedTest : public ::testing::Test {
 protected:
  DelayedTest() {
    a_config_.name = "a@h";
    b_config_.name = "b@h";
    a_config_.delayed_max = 3;
    a_.emplace(a_config_, write(), Logger(), now_);
    b_.emplace(b_config_, write(), Logger(), now_);
    pass(Delayed::meeting_time);
  }

  Delayed::Write write() {
    return [this](std::string_view key, std::string_view value, Now at) {
      const cluster::RowStamp stamp{static_cast<std::uint64_t>(at.wall) << 16 | ++writes_, 1};
      for (auto* each : {&a_, &b_}) {
        if (*each) (*each)->rows().apply(key, stamp, value);
      }
    };
  }
  static mqtt::MessagePtr message(std::string_view topic, std::uint64_t id = 1) {
    return mqtt::Message::make({.topic = topic,
                                .payload = "x",
                                .publisher = "c",
                                .qos = mqtt::QoS::at_least_once,
                                .retain = true,
                                .expiry_s = 60,
                                .created_at = 1,
                                .id = id});
  }
  /// Time for both; what they publish.
  std::string pass(Duration time) {
    now_.mono += time;
    now_.wall += time.count();
    published_.clear();
    std::string text;
    const auto tick = [&](std::optional<Delayed>& node, const std::string& name) {
      if (!node) return;
      node->tick(
          running_, running_.size() == 1,
          [&](const mqtt::MessagePtr& m) {
            text += name + " " + std::string(m->topic()) + "\n";
            published_.push_back(m);
          },
          now_);
    };
    tick(a_, "a");
    tick(b_, "b");
    return text;
  }

  Config a_config_;
  Config b_config_;
  std::uint64_t writes_ = 0;
  std::optional<Delayed> a_;
  std::optional<Delayed> b_;
  std::vector<std::string> running_{"a@h", "b@h"};
  std::vector<mqtt::MessagePtr> published_;
  Now now_{TimePoint(10s), 1'700'000'000'000};
};

TEST_F(DelayedTest, ComesWhenItIsTimeFromTheNodeThatTookIt) {
  EXPECT_TRUE(b_->add(message("t"), now_.wall + 5000, now_));
  EXPECT_EQ(a_->size(), 1U);
  EXPECT_EQ(pass(4999ms), "");
  EXPECT_FALSE(b_->any_due(now_));
  EXPECT_EQ(pass(1ms), "b t\n");
  EXPECT_EQ(pass(1h), "");
  EXPECT_EQ(a_->size() + b_->size(), 0U);
}

TEST_F(DelayedTest, IsTheSameMessageWithALifetimeThatBegins) {
  b_->add(message("t", 7), now_.wall + 100'000, now_);
  pass(100s);
  ASSERT_EQ(published_.size(), 1U);
  const mqtt::Message& m = *published_[0];
  EXPECT_EQ(m.publisher(), "c");
  EXPECT_EQ(m.payload(), "x");
  EXPECT_EQ(m.qos(), mqtt::QoS::at_least_once);
  EXPECT_TRUE(m.retain());
  EXPECT_FALSE(m.expired(now_.wall));
  EXPECT_EQ(m.created_at(), now_.wall);
}

TEST_F(DelayedTest, ComeInTheOrderOfTheirTimes) {
  b_->add(message("late", 1), now_.wall + 2000, now_);
  b_->add(message("early", 2), now_.wall + 1000, now_);
  b_->add(message("past", 3), 0, now_);
  EXPECT_EQ(pass(2s), "b past\nb early\nb late\n");
}

TEST_F(DelayedTest, ANodeThatIsAwayIsStoodInForByTheFirst) {
  b_->add(message("t"), now_.wall + 1000, now_);
  b_.reset();
  EXPECT_EQ(pass(1s + Delayed::grace), "") << "it runs";
  running_ = {"a@h", "c@h"};
  EXPECT_EQ(pass(0s), "a t\n");
}

TEST_F(DelayedTest, OthersThanTheFirstLeaveItToHim) {
  a_->add(message("t"), now_.wall + 1000, now_);
  a_.reset();
  running_ = {"0@h", "b@h"};
  EXPECT_EQ(pass(1h), "");
}

TEST_F(DelayedTest, AfterAStartTheOthersAreHeardFirst) {
  b_->add(message("t"), now_.wall + 1000, now_);
  Delayed fresh(b_config_, write(), Logger(), now_);
  a_->rows().for_each(cluster::BucketSet().set(),
                      [&](std::string_view key, cluster::RowStamp stamp, std::string_view value) {
                        fresh.rows().apply(key, stamp, value);
                      });
  now_.wall += 10'000;
  int published = 0;
  const auto count = [&](const mqtt::MessagePtr&) { ++published; };
  fresh.tick(running_, false, count, now_);
  EXPECT_EQ(published, 0);
  now_.mono += Delayed::meeting_time;
  fresh.tick(running_, false, count, now_);
  EXPECT_EQ(published, 1);
}

TEST_F(DelayedTest, ThereIsALimit) {
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_TRUE(a_->add(message("t", id), now_.wall + 1000, now_));
  EXPECT_FALSE(a_->add(message("t", 4), now_.wall + 1000, now_));
  pass(1s);
  EXPECT_TRUE(a_->add(message("t", 5), now_.wall + 1000, now_));
}

TEST_F(DelayedTest, AreListedAndDeleted) {
  a_->add(message("t/1", 0xabc), now_.wall + 2000, now_);
  b_->add(message("t/2", 2), now_.wall + 1000, now_);
  const auto all = a_->list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].message->topic(), "t/2");
  EXPECT_EQ(all[0].node, "b@h");
  EXPECT_EQ(all[1].id, "0000000000000abc");
  EXPECT_EQ(all[1].due, now_.wall + 2000);
  EXPECT_FALSE(b_->erase("abc", now_));
  EXPECT_TRUE(b_->erase("0000000000000abc", now_));
  EXPECT_FALSE(b_->erase("0000000000000abc", now_));
  EXPECT_EQ(a_->size(), 1U);
}

TEST_F(DelayedTest, RowsOfLaterVersionsAreNotPublished) {
  a_->rows().apply(std::string(16, '\0'), {1, 1}, "?");
  EXPECT_EQ(a_->size(), 1U);
  EXPECT_TRUE(a_->list().empty());
}

}  // namespace
}  // namespace meshmq::node
