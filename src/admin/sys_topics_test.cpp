#include "admin/sys_topics.hpp"

#include <gtest/gtest.h>

#include <set>

#include "admin/desk_harness.hpp"
#include "admin/formats.hpp"

namespace meshmq::admin {
namespace {

using namespace std::chrono_literals;

constexpr const char* own = "$SYS/brokers/meshmq@127.0.0.1/";

class SysTopicsTest : public testing::DeskTest {
 protected:
  /// What is said within this time: one line each, retained ones marked.
  std::string said(Duration time) {
    published_.clear();
    for (const TimePoint end = now_.mono + time; now_.mono < end; pass(100ms)) {
      topics_.tick(now_);
      settle();
    }
    std::string lines;
    for (const mqtt::MessagePtr& message : published_) {
      if (message->topic().starts_with(own + std::string("stats/"))) continue;
      if (message->topic().starts_with(own + std::string("metrics/"))) continue;
      lines.append(message->topic()).append(" ").append(message->payload());
      lines += message->retain() ? " (retained)\n" : "\n";
    }
    return lines;
  }
  std::string payload_of(const std::string& rest) const {
    for (const mqtt::MessagePtr& message : published_) {
      if (message->topic() == own + rest) return std::string(message->payload());
    }
    return "none";
  }

  SysTopics topics_{*desk_, {}};
};

TEST_F(SysTopicsTest, ANodeIntroducesItselfAtOnce) {
  EXPECT_EQ(said(1s),
            "$SYS/brokers/meshmq@127.0.0.1/version 1.2.3 (retained)\n"
            "$SYS/brokers/meshmq@127.0.0.1/sysdescr MeshMQ Broker (retained)\n"
            "$SYS/brokers meshmq@127.0.0.1 (retained)\n");
  EXPECT_EQ(control_->retained("$SYS/#").size(), 3U);
}

TEST_F(SysTopicsTest, AHeartbeatComesEveryThirtySeconds) {
  said(29900ms);
  EXPECT_EQ(said(1s),
            "$SYS/brokers/meshmq@127.0.0.1/uptime 30 seconds\n"
            "$SYS/brokers/meshmq@127.0.0.1/datetime " +
                format_datetime(1'700'000'030'000) + "\n");
  EXPECT_EQ(said(28s), "");
  EXPECT_EQ(payload_of("uptime"), "none");
}

TEST_F(SysTopicsTest, CountersComeEveryMinute) {
  worker_replies_[0].metrics.bytes_received = 5;
  worker_replies_[1].metrics.bytes_received = 7;
  worker_replies_[1].stats.connections = 2;
  said(59s);
  EXPECT_EQ(payload_of("metrics/bytes/received"), "none");
  said(2s);
  EXPECT_EQ(payload_of("metrics/bytes/received"), "12");
  EXPECT_EQ(payload_of("stats/connections.count"), "2");
  EXPECT_EQ(payload_of("stats/connections.max"), "2");
  EXPECT_EQ(payload_of("version"), "1.2.3");
}

TEST_F(SysTopicsTest, WhatIsRetainedAlreadyIsNotStoredAgain) {
  said(1s);
  const std::uint64_t digest = control_->stats().replicated_bytes_sent;
  const std::int64_t first = control_->retained("$SYS/brokers").front()->created_at();
  said(10min);
  EXPECT_EQ(control_->retained("$SYS/brokers").front()->created_at(), first);
  EXPECT_EQ(control_->stats().replicated_bytes_sent, digest);
}

}  // namespace
}  // namespace meshmq::admin
