#include <gtest/gtest.h>

#include "bench/meshmq_bench/delivery_window.hpp"
#include "bench/meshmq_bench/histogram.hpp"
#include "bench/meshmq_bench/sequence_check.hpp"
#include "bench/meshmq_bench/stamp.hpp"
#include "bench/meshmq_bench/websocket_client.hpp"

namespace meshmq::bench {
namespace {

using Verdict = SequenceCheck::Verdict;

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 0; value <= 100; ++value) histogram.record(value);
  EXPECT_EQ(histogram.percentile(50), 50U);
  EXPECT_EQ(histogram.percentile(100), 100U);
  EXPECT_EQ(histogram.percentile(0), 0U);
  EXPECT_EQ(histogram.max(), 100U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50);
}

TEST(Histogram, QuantilesAreWithinTwoPercent) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 1'000'000; ++value) histogram.record(value * 37);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const double exact = percent * 370'000;
    EXPECT_GE(static_cast<double>(histogram.percentile(percent)), exact * 0.9999) << percent;
    EXPECT_LE(static_cast<double>(histogram.percentile(percent)), exact * 1.016) << percent;
  }
}

TEST(Histogram, HugeValuesKeepTheirMaximum) {
  Histogram histogram;
  histogram.record(UINT64_MAX / 2);
  EXPECT_EQ(histogram.max(), UINT64_MAX / 2);
  EXPECT_GT(histogram.percentile(50), std::uint64_t{1} << 41);
}

TEST(Histogram, OnesCanBeAdded) {
  Histogram a;
  Histogram b;
  a.record(10);
  b.record(1000);
  a.add(b);
  EXPECT_EQ(a.count(), 2U);
  EXPECT_EQ(a.percentile(50), 10U);
  EXPECT_EQ(a.max(), 1000U);
  EXPECT_EQ(Histogram().percentile(50), 0U);
}

TEST(WebSocketClient, WrapsWithEveryLengthOfALength) {
  for (const auto& [size, header] :
       {std::pair(std::size_t{125}, std::string("\x82\xFD")),
        {std::size_t{126}, {"\x82\xFE\x00\x7E", 4}},
        {std::size_t{65536}, {"\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00", 10}}}) {
    std::string wire;
    WebSocketClient::wrap(std::string(size, 'x'), wire);
    EXPECT_EQ(wire, header + std::string(4, '\0') + std::string(size, 'x')) << size;
  }
}

TEST(WebSocketClient, UnwrapsWhateverTheSplit) {
  std::string wire = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  wire += std::string("\x82\x03", 2) + "abc";
  wire += std::string("\x89\x02", 2) + "no";  // a ping
  wire += std::string("\x02\x7E\x00\x80", 4) + std::string(128, 'd');
  wire += std::string("\x80\x01", 2) + "e";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    WebSocketClient client;
    std::string got;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
      std::string bytes = wire.substr(at, piece);
      bool ok = false;
      got.append(bytes, 0, client.unwrap(bytes.data(), bytes.size(), ok));
      ASSERT_TRUE(ok);
    }
    EXPECT_TRUE(client.is_open());
    EXPECT_EQ(got, "abc" + std::string(128, 'd') + "e") << piece;
  }
}

TEST(WebSocketClient, SaysIfTheServerRefuses) {
  for (const auto* text : {"HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n\x88\x02"}) {
    std::string bytes = text;
    bool ok = true;
    WebSocketClient().unwrap(bytes.data(), bytes.size(), ok);
    EXPECT_FALSE(ok) << text;
  }
}

TEST(SequenceCheck, InOrderNothingIsMissing) {
  SequenceCheck check;
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(check.receive(i), Verdict::in_order);
  EXPECT_EQ(check.lost(100), 0U);
  EXPECT_EQ(check.lost(103), 3U);
}

TEST(SequenceCheck, TellsLateFromDuplicate) {
  SequenceCheck check;
  check.receive(0);
  check.receive(5);  // 1..4 are missing
  EXPECT_EQ(check.lost(6), 4U);
  EXPECT_EQ(check.receive(0), Verdict::duplicate);
  EXPECT_EQ(check.receive(5), Verdict::duplicate);
  EXPECT_EQ(check.receive(3), Verdict::late);  // cuts the hole
  EXPECT_EQ(check.receive(3), Verdict::duplicate);
  EXPECT_EQ(check.lost(6), 3U);
  EXPECT_EQ(check.receive(4), Verdict::late);
  EXPECT_EQ(check.receive(1), Verdict::late);
  EXPECT_EQ(check.receive(2), Verdict::late);
  EXPECT_EQ(check.receive(2), Verdict::duplicate);
  EXPECT_EQ(check.lost(6), 0U);
}

TEST(DeliveryWindow, OpensWhenEveryReceiverHasTheOldest) {
  DeliveryWindow window(2, 3);
  EXPECT_TRUE(window.open(0));
  EXPECT_TRUE(window.open(1));
  EXPECT_FALSE(window.open(2));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(window.received(1));
  EXPECT_TRUE(window.received(1));
  EXPECT_FALSE(window.open(2)) << "the oldest is still on its way";
  for (int i = 0; i < 3; ++i) window.received(0);
  EXPECT_TRUE(window.open(2));
  EXPECT_TRUE(window.open(3));
  EXPECT_FALSE(window.open(4));
}

TEST(Stamp, SurvivesThePayload) {
  std::string payload(stamp_bytes + 3, '.');
  Stamp{12345678901ULL, 42, 7, 9}.write(payload.data());
  Stamp read;
  ASSERT_TRUE(read.read(payload));
  EXPECT_EQ(read.sequence, 12345678901ULL);
  EXPECT_EQ(read.sent_at, 42U);
  EXPECT_EQ(read.publisher, 7U);
  EXPECT_EQ(read.run, 9U);
  EXPECT_FALSE(read.read("short"));
}

}  // namespace
}  // namespace meshmq::bench
