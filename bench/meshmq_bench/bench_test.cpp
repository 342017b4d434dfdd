#include <gtest/gtest.h>

#include "bench/meshmq_bench/delivery_window.hpp"
#include "bench/meshmq_bench/histogram.hpp"
#include "bench/meshmq_bench/sequence_check.hpp"
#include "bench/meshmq_bench/stamp.hpp"

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
