#include "node/parcel_wire.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace meshmq::node {
namespace {

Parcel parcel(bool ordinary) {
  const broker::SharedPick picks[] = {
      {.group = "$share/g/t", .number = 0x01020304, .attempts = 5, .sticky = true},
      {.group = "$share/$queue/t", .last_resort = true}};
  return {mqtt::Message::make({.topic = "t", .payload = "x"}),
          std::make_shared<const broker::PickList>(ordinary, picks)};
}

TEST(ParcelWire, CarriesPicksAndMessage) {
  for (const bool ordinary : {true, false}) {
    std::string bytes;
    encode_parcel(parcel(ordinary), bytes);
    const auto decoded = decode_parcel(bytes, true);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->message->payload(), "x");
    EXPECT_EQ(decoded->ordinary(), ordinary);
    const auto picks = decoded->picks->picks();
    ASSERT_EQ(picks.size(), 2U);
    EXPECT_EQ(picks[0].group, "$share/g/t");
    EXPECT_EQ(picks[0].number, 0x01020304U);
    EXPECT_EQ(picks[0].attempts, 5U);
    EXPECT_TRUE(picks[0].sticky);
    EXPECT_FALSE(picks[0].last_resort);
    EXPECT_EQ(picks[1].group, "$share/$queue/t");
    EXPECT_TRUE(picks[1].last_resort);
    const auto rest = decode_parcel(ordinary_part(bytes), false);
    EXPECT_EQ(rest.has_value(), ordinary);
  }
}

TEST(ParcelWire, HasTheBytesThatTheDocumentSays) {
  const broker::SharedPick pick{.group = "$share/g/t", .number = 7, .attempts = 2, .sticky = true};
  std::string bytes;
  encode_parcel({mqtt::Message::make({.topic = "t"}),
                 std::make_shared<const broker::PickList>(true, std::span(&pick, 1))},
                bytes);
  EXPECT_EQ(bytes.substr(0, 20), std::string("\x01\x01\x00\x0a$share/g/t\x00\x00\x00\x07\x02\x01", 20));
}

TEST(ParcelWire, EveryPrefixIsRefused) {
  std::string bytes;
  encode_parcel(parcel(true), bytes);
  // An empty payload is a message, too.
  for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
    EXPECT_FALSE(decode_parcel(std::string_view(bytes).substr(0, size), true)) << size;
  }
}

}  // namespace
}  // namespace meshmq::node
