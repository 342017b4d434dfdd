#include "node/shared_tables.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshmq::node {
namespace {

using cluster::RowStamp;

std::string all_rows(const cluster::SharedRows& rows) {
  std::string text;
  rows.for_each(cluster::BucketSet().set(), [&](std::string_view key, RowStamp, std::string_view value) {
    text.append(std::to_string(key[0])).append(key.substr(1)).append("=").append(value).append(" ");
  });
  return text;
}

TEST(SharedTables, RowsFindTheirTable) {
  LwwRows known;
  SharedTables tables;
  tables.add(SharedTable::retained, known);
  EXPECT_TRUE(tables.apply(SharedTables::key_of(SharedTable::retained, "k"), {1, 1}, "v"));
  EXPECT_EQ(*known.find("k"), "v");
  EXPECT_EQ(tables.digests(), known.digests());
  EXPECT_FALSE(tables.apply("", {1, 1}, "v"));
}

TEST(SharedTables, RowsOfALaterVersionArePassedOn) {
  SharedTables tables;
  EXPECT_TRUE(tables.apply("\x63k", {1, 1}, "v"));
  EXPECT_EQ(all_rows(tables), "99k=v ");
  SharedTables other;
  EXPECT_NE(other.digests(), tables.digests());
  other.apply("\x63k", {1, 1}, "v");
  EXPECT_EQ(other.digests(), tables.digests());
}

}  // namespace
}  // namespace meshmq::node
