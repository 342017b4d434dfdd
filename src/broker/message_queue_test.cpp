#include "broker/message_queue.hpp"

#include <gtest/gtest.h>

#include <string>

#include "broker/broker_harness.hpp"

namespace meshmq::broker {
namespace {

using testing::Harness;
using testing::lines;

Outgoing outgoing(std::string_view topic, std::string_view payload) {
  return {mqtt::Message::make({.topic = topic, .payload = payload}), {}, mqtt::QoS::at_least_once};
}

std::string drain(MessageQueue& queue, std::size_t count) {
  std::string all;
  for (; count > 0 && !queue.empty(); --count) all += queue.pop().message->payload();
  return all;
}

TEST(MessageQueue, ServesTheHighestPriorityFirst) {
  MessageQueue queue;
  (void)queue.push(outgoing("l", "a"), 0, 0);
  (void)queue.push(outgoing("h", "B"), 0, 7);
  (void)queue.push(outgoing("l", "c"), 0, 0);
  EXPECT_EQ(queue.front().message->payload(), "B");
  EXPECT_EQ(drain(queue, 1), "B");
  (void)queue.push(outgoing("h", "D"), 0, 7);
  EXPECT_EQ(drain(queue, 9), "Dac");
}

TEST(MessageQueue, StarvesNobody) {
  MessageQueue queue;
  for (int i = 0; i < 100; ++i) {
    (void)queue.push(outgoing("l", "l"), 0, 0);
    (void)queue.push(outgoing("m", "m"), 0, 1);
  }
  // A round is twenty of priority 1 and ten of priority 0.
  const std::string round = std::string(20, 'm') + std::string(10, 'l');
  EXPECT_EQ(drain(queue, 60), round + round);
  EXPECT_EQ(queue.size(), 140U);
}

TEST(MessageQueue, IsFullPerPriority) {
  MessageQueue queue;
  EXPECT_FALSE(queue.push(outgoing("l", "a"), 2, 0));
  EXPECT_FALSE(queue.push(outgoing("l", "b"), 2, 0));
  EXPECT_FALSE(queue.push(outgoing("h", "C"), 2, 5));
  const mqtt::MessagePtr dropped = queue.push(outgoing("l", "d"), 2, 0);
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->payload(), "a");
  EXPECT_EQ(queue.size(0), 2U);
  EXPECT_EQ(queue.size(5), 1U);
  EXPECT_EQ(queue.size(9), 0U);
  EXPECT_EQ(drain(queue, 9), "Cbd");
}

TEST(MessageQueue, IsArrangedAnewInAnotherZone) {
  MessageQueue queue;
  for (const char* topic : {"a", "b", "a"}) (void)queue.push(outgoing(topic, topic), 0);
  QueuePriorities priorities;
  priorities.set("b", 3);
  queue.arrange(priorities);
  EXPECT_EQ(queue.front().message->payload(), "b");
  queue.arrange({});
  EXPECT_EQ(queue.size(0), 3U);
  EXPECT_EQ(drain(queue, 9), "baa");
}

TEST(QueuePriorities, NameTopicsAndWhereOthersStand) {
  QueuePriorities priorities;
  EXPECT_EQ(priorities.of("t"), QueuePriorities::lowest);
  priorities.set_default(QueuePriorities::highest);
  EXPECT_EQ(priorities.of("t"), QueuePriorities::lowest);
  priorities.set("t", 9);
  EXPECT_EQ(priorities.of("t"), 9);
  EXPECT_EQ(priorities.of("u"), QueuePriorities::highest);
}

TEST(Queue, GivesUrgentTopicsFirstToWhoComesBack) {
  Config config;
  config.queue_priorities.set("alarm", 10);
  Harness h(config);
  const mqtt::Connect persistent{.clean_start = false, .client_id = "a", .session_expiry_s = 100};
  h.connect(persistent).subscribes("#", 1).vanishes();
  auto& p = h.connect("p");
  p.publishes("log", "1", 1).publishes("alarm", "2", 1).publishes("log", "3", 1).publishes("alarm", "4", 1);
  auto& a = h.connecting(persistent);
  const std::string got = a.receives();
  EXPECT_EQ(
      got.substr(got.find('\n') + 1),
      lines("PUBLISH topic='alarm' id=1 qos=1 payload='2'", "PUBLISH topic='alarm' id=2 qos=1 payload='4'",
            "PUBLISH topic='log' id=3 qos=1 payload='1'", "PUBLISH topic='log' id=4 qos=1 payload='3'"));
}

}  // namespace
}  // namespace meshmq::broker
