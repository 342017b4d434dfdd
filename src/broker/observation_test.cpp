// What operators see of single deliveries: traces, counted topics, slow subscribers, latencies.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using namespace std::chrono_literals;

/// Lines of traces: `name [level] client@peer topic: text`.
class TraceLines final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, const LogContext&) override {}
  void trace(std::string_view name, LogLevel level, std::string_view text, const LogContext& about) override {
    text_ += std::string(name) + " [" + std::string(to_string(level)) + "] " + std::string(about.client_id) +
             "@" + std::string(about.peer) + " " + std::string(about.topic) + ": " + std::string(text) + "\n";
  }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

class ObservationTest : public ::testing::Test {
 protected:
  void trace(std::vector<Trace> traces) {
    h.broker.watch(std::make_shared<const std::vector<Trace>>(std::move(traces)), {});
  }
  static Config config() {
    Config config;
    config.slow_subscribers.top_k = 2;
    return config;
  }

  TraceLines log_;
  Harness h{config(), 0, 1, Logger(&log_)};
};

TEST_F(ObservationTest, ATraceOfAClientHasItsWholeLife) {
  trace({{"t", TraceKind::client_id, "a"}});
  auto& a = h.connect("a").subscribes("x/+", 1).ignores();
  auto& b = h.connect("b");
  b.publishes("x/1", "hello", 1).ignores();
  a.acks(mqtt::PacketType::puback, 1).unsubscribes("x/+").ignores();
  a.publishes("y", "nobody");
  a.says_goodbye();
  EXPECT_EQ(
      log_.take(),
      "t [info] a@10.0.0.1:40000 : CONNECT: version=5, username='', clean_start=true, keepalive=0, "
      "session_expiry=0, will=''; session new\n"
      "t [info] a@10.0.0.1:40000 x/+: SUBSCRIBE: filter='x/+', qos=1, no_local=false: granted_qos_1\n"
      "t [debug] a@10.0.0.1:40000 x/1: PUBLISH sent: qos=1, retain=false, 5 bytes, published by 'b'\n"
      "t [debug] a@10.0.0.1:40000 x/1: PUBLISH acknowledged after 0 ms\n"
      "t [info] a@10.0.0.1:40000 x/+: UNSUBSCRIBE: filter='x/+': success\n"
      "t [debug] a@10.0.0.1:40000 y: PUBLISH received: qos=0, retain=false, dup=false, packet_id=0, 6 bytes\n"
      "t [info] a@ y: PUBLISH dropped: nobody is subscribed\n"
      "t [info] a@10.0.0.1:40000 : disconnected: normal (the client said goodbye)\n");
}

TEST_F(ObservationTest, ATraceOfATopicHasEverybodyAndALevelLeavesOutMessages) {
  trace({{"all", TraceKind::topic, "x/#"}, {"few", TraceKind::topic, "x/#", LogLevel::info}});
  auto& a = h.connect("a").subscribes("x/1").subscribes("y").ignores();
  h.connect("b").publishes("x/1", "1").publishes("y", "2");
  a.ignores();
  EXPECT_EQ(
      log_.take(),
      "all [info] a@10.0.0.1:40000 x/1: SUBSCRIBE: filter='x/1', qos=0, no_local=false: success\n"
      "few [info] a@10.0.0.1:40000 x/1: SUBSCRIBE: filter='x/1', qos=0, no_local=false: success\n"
      "all [debug] b@10.0.0.1:40001 x/1: PUBLISH received: qos=0, retain=false, dup=false, packet_id=0, 1 "
      "bytes\n"
      "all [debug] a@10.0.0.1:40000 x/1: PUBLISH sent: qos=0, retain=false, 1 bytes, published by 'b'\n");
}

TEST_F(ObservationTest, ATraceOfAnAddressSeesRefusedClients) {
  trace({{"t", TraceKind::ip_address, "10.0.0.1"}, {"other", TraceKind::ip_address, "10.0.0.2"}});
  h.broker.turn_away(true);
  h.connecting({.client_id = "a"}).ignores();
  EXPECT_EQ(log_.take(),
            "t [info] a@10.0.0.1:40000 : CONNECT refused: this node sends its clients to others "
            "(use_another_server)\n"
            "t [info] @10.0.0.1:40000 : disconnected: evacuated (this node sends its clients to others)\n");
  trace({});
  h.broker.turn_away(false);
  h.connect("b");
  EXPECT_EQ(log_.take(), "");
}

TEST_F(ObservationTest, ATraceSaysWhyAMessageIsLost) {
  trace({{"t", TraceKind::client_id, "a"}});
  mqtt::Connect small{.client_id = "a"};
  small.packet_bytes_max = 100;
  h.connect(small).subscribes("x").ignores();
  log_.take();
  h.connect("b").publishes("x", std::string(200, 'x'));
  EXPECT_EQ(log_.take(),
            "t [info] a@10.0.0.1:40000 x: PUBLISH dropped: larger than the client's Maximum Packet Size\n");
}

TEST_F(ObservationTest, WhatAFullQueueDropsIsTracedUnderItsOwnTopic) {
  Config small = config();
  small.queue_messages_max = 1;
  h.broker.reconfigure(small);
  mqtt::Connect lasting{.clean_start = false, .client_id = "a"};
  lasting.session_expiry_s = 1000;
  h.connect(lasting).subscribes("#", 1).vanishes();
  trace({{"t", TraceKind::topic, "old"}});
  h.connect("b").publishes("old", "1", 1).publishes("new", "2", 1).ignores();
  EXPECT_EQ(
      log_.take(),
      "t [debug] b@10.0.0.1:40001 old: PUBLISH received: qos=1, retain=false, dup=false, packet_id=1, 1 "
      "bytes\n"
      "t [debug] a@10.0.0.1:40000 old: PUBLISH waits: the client is away\n"
      "t [info] a@10.0.0.1:40000 old: PUBLISH dropped: the oldest of a full queue (zone.*.max_mqueue_len)\n");
}

TEST_F(ObservationTest, RegisteredTopicsAreCountedByQos) {
  h.broker.watch(nullptr, {"x", "z"});
  auto& a = h.connect("a").subscribes("#", 1).ignores();
  auto& b = h.connect("b");
  b.publishes("x", "0").publishes("x", "1", 1).publishes("x", "2", 2).publishes("y", "0").ignores();
  a.ignores();
  const auto counts = h.broker.topic_counts();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].topic, "x");
  EXPECT_EQ(counts[0].counts, (std::array<std::uint64_t, 9>{3, 3, 0, 1, 1, 1, 2, 1, 0}));
  a.unsubscribes("#").ignores();
  b.publishes("z", "nobody");
  EXPECT_EQ(h.broker.topic_counts()[1].counts[topic_dropped], 1U);
  h.advance(200ms);
  h.advance(1s);
  EXPECT_GT(h.broker.topic_counts()[0].rates[topic_in], 0);
  h.advance(2s);
  EXPECT_EQ(h.broker.topic_counts()[0].rates[topic_in], 0);
  h.broker.watch(nullptr, {"z"});
  EXPECT_EQ(h.broker.topic_counts().size(), 1U);
}

TEST_F(ObservationTest, TheSlowestSubscribersAreListedForAWhile) {
  auto& a = h.connect("a").subscribes("#", 1).ignores();
  auto& b = h.connect("b");
  const auto slow = [&](const std::string& topic, Duration after, mqtt::PacketId id) {
    b.publishes(topic, "x", 1).ignores();
    h.advance(after);
    a.acks(mqtt::PacketType::puback, id).ignores();
  };
  slow("quick", 499ms, 1);
  EXPECT_TRUE(h.broker.slow_subscribers().empty());
  slow("one", 600ms, 2);
  slow("two", 900ms, 3);
  slow("three", 700ms, 4);  // takes the place of the quickest
  ASSERT_EQ(h.broker.slow_subscribers().size(), 2U);
  EXPECT_EQ(h.broker.slow_subscribers()[0].topic, "three");
  EXPECT_EQ(h.broker.slow_subscribers()[0].latency_ms, 700);
  EXPECT_EQ(h.broker.slow_subscribers()[1].client_id, "a");
  h.advance(300s);
  EXPECT_TRUE(h.broker.slow_subscribers().empty());

  Config changed = config();
  changed.slow_subscribers.threshold = 100ms;
  h.broker.reconfigure(changed);
  slow("four", 100ms, 5);
  EXPECT_EQ(h.broker.slow_subscribers().size(), 1U);
  changed.slow_subscribers.on = false;
  h.broker.reconfigure(changed);
  slow("five", 1s, 6);
  EXPECT_TRUE(h.broker.slow_subscribers().empty());
}

TEST_F(ObservationTest, WhatWaitedForAClientThatWasAwayIsNotSlow) {
  mqtt::Connect lasting{.client_id = "a"};
  lasting.clean_start = false;
  lasting.session_expiry_s = 1000;
  h.connect(lasting).subscribes("#", 1).vanishes();
  h.connect("b").publishes("x", "x", 1).ignores();
  h.advance(60s);
  auto& a = h.connect(lasting);
  a.acks(mqtt::PacketType::puback, 1).ignores();
  EXPECT_TRUE(h.broker.slow_subscribers().empty());
  EXPECT_EQ(h.broker.delivery_times().total(), 0U);
}

TEST_F(ObservationTest, DeliveriesAreTimedForEachReceiver) {
  h.connect("a").subscribes("#").ignores();
  h.connect("b").subscribes("#").ignores();
  h.delivers({.topic = "x", .payload = "y", .created_at = h.now.wall - 30});
  const Histogram& times = h.broker.delivery_times();
  EXPECT_EQ(times.total(), 2U);
  EXPECT_EQ(times.sum_us(), 2 * 30'500U);
  EXPECT_EQ(times.counts()[8], 2U) << "up to 50 ms";
}

}  // namespace
}  // namespace meshmq::broker::testing
