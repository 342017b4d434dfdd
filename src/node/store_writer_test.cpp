#include "node/store_writer.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace meshmq::node {
namespace {

class StoreWriterTest : public ::testing::Test {
 protected:
  class Disk final : public StorePort {
   public:
    void store(StoreBatch batch) override { batches.push_back(std::move(batch)); }
    std::vector<StoreBatch> batches;
  };

  std::uint64_t write(std::string_view key, std::string value) {
    return writer.write(StoreArea::rows, key, std::move(value));
  }
  /// The last batch, as `key=value` and `-key`.
  std::string batch() {
    std::string text;
    for (const StoreChange& change : disk.batches.back()) {
      text += (change.value ? change.key + "=" + *change.value : "-" + change.key) + " ";
    }
    return text;
  }

  Disk disk;
  StoreWriter writer{disk, Logger()};
  Now now{TimePoint(Duration(10'000)), 1'700'000'000'000};
};

TEST_F(StoreWriterTest, WhatComesWhileABatchIsUnderWayIsTheNextOne) {
  const auto first = write("a", "1");
  writer.end_of_turn(now);
  EXPECT_EQ(batch(), "a=1 ");
  const auto second = write("a", "2");
  write("b", "1");
  const auto last = write("a", "3");
  writer.end_of_turn(now);
  EXPECT_EQ(disk.batches.size(), 1U);
  writer.stored({}, now);
  EXPECT_EQ(writer.durable(), first);
  EXPECT_LT(writer.durable(), second);
  writer.end_of_turn(now);
  EXPECT_EQ(batch(), "a=3 b=1 ");
  EXPECT_FALSE(writer.idle());
  writer.stored({}, now);
  EXPECT_EQ(writer.durable(), last);
  EXPECT_TRUE(writer.idle());
}

TEST_F(StoreWriterTest, ARowThatIsErasedAndWrittenAgainHasItsLastState) {
  write("a", "1");
  writer.erase(StoreArea::rows, "a");
  write("b", "1");
  writer.erase(StoreArea::rows, "c");
  write("c", "1");
  writer.write(StoreArea::sessions, "a", "of another area");
  writer.end_of_turn(now);
  EXPECT_EQ(batch(), "-a b=1 c=1 a=of another area ");
}

TEST_F(StoreWriterTest, WhatTheDiskRefusesIsTriedAgainWithWhatHasChangedSince) {
  write("a", "1");
  write("b", "1");
  writer.end_of_turn(now);
  const auto last = write("b", "2");
  writer.stored({fail(Errc::io, "disk full"), disk.batches.back()}, now);
  EXPECT_TRUE(writer.failing());
  EXPECT_EQ(writer.durable(), 0U);
  writer.end_of_turn(now);
  EXPECT_EQ(disk.batches.size(), 1U) << "not at once";
  now.mono += StoreWriter::retry_pause;
  writer.end_of_turn(now);
  EXPECT_EQ(batch(), "a=1 b=2 ");
  writer.stored({}, now);
  EXPECT_FALSE(writer.failing());
  EXPECT_EQ(writer.durable(), last);
}

TEST_F(StoreWriterTest, NothingChangedIsNothingWritten) {
  writer.end_of_turn(now);
  EXPECT_TRUE(disk.batches.empty());
  EXPECT_TRUE(writer.idle());
}

}  // namespace
}  // namespace meshmq::node
