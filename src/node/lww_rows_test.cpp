#include "node/lww_rows.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshmq::node {
namespace {

using cluster::RowStamp;

std::string live(const LwwRows& rows) {
  std::string text;
  rows.for_each_live([&](std::string_view key, std::string_view value) {
    text.append(key).append("=").append(value).append(" ");
  });
  return text;
}

TEST(LwwRows, TheLaterStampWinsInWhateverOrder) {
  LwwRows here;
  LwwRows there;
  EXPECT_TRUE(here.apply("k", {1, 1}, "old"));
  EXPECT_TRUE(here.apply("k", {2, 1}, "new"));
  EXPECT_TRUE(there.apply("k", {2, 1}, "new"));
  EXPECT_FALSE(there.apply("k", {1, 1}, "old"));
  EXPECT_FALSE(there.apply("k", {2, 1}, "new")) << "the same row again";
  EXPECT_EQ(live(here), "k=new ");
  EXPECT_EQ(live(there), live(here));
  EXPECT_EQ(there.digests(), here.digests());
}

TEST(LwwRows, ATombstoneHidesTheRowAndCountsInTheSums) {
  LwwRows rows;
  rows.apply("k", {1, 1}, "v");
  const auto with_row = rows.digests();
  rows.apply("k", {2, 1}, "");
  EXPECT_EQ(rows.find("k"), nullptr);
  EXPECT_EQ(rows.size(), 0U);
  EXPECT_NE(rows.digests(), with_row);
  EXPECT_FALSE(rows.apply("k", {1, 2}, "from a node that was away"));
}

TEST(LwwRows, TombstonesAreForgottenAfterAWhile) {
  LwwRows rows;
  rows.apply("gone", {std::uint64_t{1000} << 16, 1}, "");
  rows.apply("here", {std::uint64_t{1000} << 16, 1}, "v");
  std::string forgotten;
  const auto note = [&](std::string_view key) { forgotten += key; };
  rows.expire(1000 + LwwRows::tombstone_keep.count() - 1, note);
  EXPECT_FALSE(rows.apply("gone", {1, 1}, "v"));
  rows.expire(1000 + LwwRows::tombstone_keep.count(), note);
  EXPECT_EQ(forgotten, "gone");
  EXPECT_TRUE(rows.apply("gone", {1, 1}, "v"));
  EXPECT_EQ(live(rows), "gone=v here=v ");
}

TEST(LwwRows, RowsThatHaveOutlivedThemselvesAreForgotten) {
  LwwRows rows;
  rows.is_over = [](std::string_view value, WallMillis now) { return value == "short" && now >= 50; };
  std::string told;
  rows.apply("a", {1, 1}, "short");
  rows.apply("b", {1, 1}, "long");
  rows.on_change = [&](std::string_view key, std::string_view value) {
    told.append(key).append("=") += value;
  };
  const cluster::BucketDigests before = rows.digests();
  std::string forgotten;
  const auto note = [&](std::string_view key) { forgotten += key; };
  rows.expire(49, note);
  EXPECT_EQ(forgotten, "");
  rows.expire(50, note);
  EXPECT_EQ(forgotten, "a");
  EXPECT_EQ(told, "a=");
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_NE(rows.digests(), before);
}

TEST(LwwRows, TellsWhatHasChanged) {
  LwwRows rows;
  std::string told;
  rows.on_change = [&](std::string_view key, std::string_view value) {
    told.append(key).append("=").append(value).append(" ");
  };
  rows.apply("k", {2, 1}, "v");
  rows.apply("k", {1, 1}, "late");
  rows.apply("k", {3, 1}, "");
  EXPECT_EQ(told, "k=v k= ");
}

}  // namespace
}  // namespace meshmq::node
