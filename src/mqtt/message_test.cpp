#include "mqtt/message.hpp"

#include <gtest/gtest.h>

namespace meshmq::mqtt {
namespace {

MessagePtr sample(std::uint32_t expiry_s = Message::no_expiry) {
  return Message::make({.topic = "t/a",
                        .payload = "hello",
                        .properties = std::string_view("\x01\x01", 2),
                        .publisher = "c1",
                        .qos = QoS::at_least_once,
                        .retain = true,
                        .expiry_s = expiry_s,
                        .created_at = 1'000'000});
}

TEST(Message, KeepsItsOwnCopyOfEveryPart) {
  const MessagePtr m = sample();
  EXPECT_EQ(m->topic(), "t/a");
  EXPECT_EQ(m->payload(), "hello");
  EXPECT_EQ(m->properties(), std::string_view("\x01\x01", 2));
  EXPECT_EQ(m->publisher(), "c1");
  EXPECT_EQ(m->qos(), QoS::at_least_once);
  EXPECT_TRUE(m->retain());
}

TEST(Message, TravelsUnchanged) {
  for (const std::uint32_t expiry : {Message::no_expiry, 0U, 60U}) {
    std::string wire;
    sample(expiry)->encode(wire);
    const auto back = Message::decode(wire);
    ASSERT_TRUE(back.has_value());
    std::string again;
    (*back)->encode(again);
    EXPECT_EQ(wire, again);
    EXPECT_EQ((*back)->payload(), "hello");
    EXPECT_EQ((*back)->expiry_s(), expiry);
  }
}

TEST(Message, ACutHeaderIsRefused) {
  std::string wire;
  sample(60)->encode(wire);
  for (std::size_t n = 0; n < wire.size() - 5; ++n) {
    EXPECT_FALSE(Message::decode(std::string_view(wire).substr(0, n)).has_value()) << n;
  }
}

TEST(Message, CountsItsLifetimeDown) {
  const MessagePtr m = sample(10);
  EXPECT_EQ(m->remaining_expiry_s(1'000'000), 10U);
  EXPECT_EQ(m->remaining_expiry_s(1'000'999), 10U);
  EXPECT_EQ(m->remaining_expiry_s(1'003'500), 7U);
  EXPECT_EQ(m->remaining_expiry_s(1'009'999), 1U);
  EXPECT_FALSE(m->expired(1'009'999));
  EXPECT_TRUE(m->expired(1'010'000));
  EXPECT_FALSE(sample()->expired(1LL << 60));
  EXPECT_EQ(m->remaining_expiry_s(0), 10U) << "a clock that stepped back never lengthens a life";
}

}  // namespace
}  // namespace meshmq::mqtt
