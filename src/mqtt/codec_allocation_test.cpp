// The hot packets are decoded and encoded without touching the heap.

#include <gtest/gtest.h>

#include <string>

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/testing/heap_counter.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::mqtt {
namespace {

using testing::allocation_count;
using testing::bytes_from;

std::size_t allocations_of_decoding(Decoder& decoder, std::string_view bytes, Version version) {
  const std::size_t before = allocation_count();
  const DecodeResult r = decoder.decode(bytes, {.version = version});
  const std::size_t count = allocation_count() - before;
  EXPECT_EQ(r.status, DecodeStatus::packet) << r.text;
  return count;
}

TEST(Allocation, HotPacketsAreDecodedWithoutAny) {
  Decoder decoder;
  const std::string_view v3_packets[] = {"30 07 0003 'a/b' 'hi'",
                                         "32 09 0003 'a/b' 000a 'hi'",
                                         "40 02 000a",
                                         "50 02 000a",
                                         "62 02 000a",
                                         "70 02 000a",
                                         "c0 00",
                                         "e0 00"};
  for (const auto notation : v3_packets) {
    const std::string bytes = bytes_from(notation);
    EXPECT_EQ(allocations_of_decoding(decoder, bytes, Version::v3_1_1), 0U) << notation;
  }
  const std::string_view v5_packets[] = {"32 0a 0003 'a/b' 000a 00 'hi'",
                                         "30 13 0001 't' 0e 02 00000009 01 01 26 0001 'b' 0001 'c' 'p'",
                                         "50 10 000a 97 0c 1f 0002 'no' 26 0001 'k' 0001 'v'"};
  for (const auto notation : v5_packets) {
    const std::string bytes = bytes_from(notation);
    EXPECT_EQ(allocations_of_decoding(decoder, bytes, Version::v5), 0U) << notation;
  }
}

TEST(Allocation, FaultsAreReportedWithoutAny) {
  Decoder decoder;
  const std::string bytes = bytes_from("30 05 0003 'a/+'");
  const std::size_t before = allocation_count();
  const DecodeResult r = decoder.decode(bytes, {});
  const std::size_t count = allocation_count() - before;
  EXPECT_EQ(r.status, DecodeStatus::error);
  EXPECT_EQ(count, 0U);
}

TEST(Allocation, SubscribeReusesTheDecodersMemory) {
  Decoder decoder;
  const std::string bytes = bytes_from("82 0e 0001 0003 'a/b' 01 0003 'c/#' 02");
  EXPECT_GT(allocations_of_decoding(decoder, bytes, Version::v3_1_1), 0U);
  EXPECT_EQ(allocations_of_decoding(decoder, bytes, Version::v3_1_1), 0U);
}

TEST(Allocation, PublishAndSmallPacketsAreEncodedWithoutAny) {
  char memory[64];
  const Publish publish{.topic = "a/b", .payload = "hi", .packet_id = 1, .qos = QoS::at_least_once};
  const std::size_t before = allocation_count();
  const PublishEncoder encoder(publish, Version::v5);
  const std::size_t at = encoder.write(memory);
  const SmallPacket ack = make_ack(PacketType::puback, 1, ReasonCode::success, Version::v5);
  const std::size_t count = allocation_count() - before;
  EXPECT_EQ(at, 7U);
  EXPECT_EQ(ack.bytes().size(), 4U);
  EXPECT_EQ(count, 0U);
}

}  // namespace
}  // namespace meshmq::mqtt
