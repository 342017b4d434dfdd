#include "net/output_queue.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/random.hpp"

namespace meshmq::net {
namespace {

broker::FramePtr make_frame(std::size_t size, std::size_t packet_id_offset, char fill) {
  broker::FramePtr frame = broker::Frame::make(size);
  std::memset(frame->data(), fill, size);
  frame->set_packet_id_offset(packet_id_offset);
  return frame;
}

std::string bytes_of(const Gather& gather) {
  std::string out;
  for (std::size_t i = 0; i < gather.part_count(); ++i) {
    out.append(static_cast<const char*>(gather.parts()[i].iov_base), gather.parts()[i].iov_len);
  }
  return out;
}

TEST(OutputQueue, PatchesEachReceiversPacketIdIntoASharedFrame) {
  OutputPool pool;
  OutputQueue a;
  OutputQueue b;
  const auto frame = make_frame(8, 4, 'f');
  a.push(pool, frame, 0x4142);
  b.push(pool, frame, 0x3031);
  a.push_small(pool, "ack");
  Gather gather;
  a.gather(gather);
  EXPECT_EQ(bytes_of(gather), "ffffABffack");
  EXPECT_EQ(gather.part_count(), 1U) << "small packets are one piece of memory";
  b.gather(gather);
  EXPECT_EQ(bytes_of(gather), "ffff01ff");
  EXPECT_EQ(a.bytes(), 11U);
  EXPECT_EQ(a.consume(pool, 11), 2U);
  EXPECT_TRUE(a.empty());
  b.clear(pool);
  EXPECT_EQ(frame->bytes(), "ffffffff") << "the shared bytes stay as they are";
}

TEST(OutputQueue, ReferencesLargeFramesInsteadOfCopyingThem) {
  OutputPool pool;
  OutputQueue queue;
  const auto frame = make_frame(20'000, 10, 'L');
  queue.push(pool, frame, 0x4142);
  Gather gather;
  queue.gather(gather);
  EXPECT_EQ(gather.bytes(), 20'000U);
  const iovec& last = gather.parts()[gather.part_count() - 1];
  EXPECT_EQ(last.iov_base, frame->data() + 12);
  queue.clear(pool);
}

TEST(OutputQueue, GathersABoundedAmountAtATime) {
  OutputPool pool;
  OutputQueue queue;
  for (int i = 0; i < 100'000; ++i) queue.push_small(pool, "0123456789");
  Gather gather;
  queue.gather(gather);
  EXPECT_GT(gather.bytes(), 50'000U);
  EXPECT_LE(gather.bytes(), Gather::bytes_max);
  EXPECT_EQ(queue.consume(pool, gather.bytes()), gather.bytes() / 10);
  queue.clear(pool);
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(OutputQueue, TakesNoMoreReferencesThanOneCallMayHave) {
  OutputPool pool;
  OutputQueue queue;
  for (int i = 0; i < 200; ++i) {
    queue.push(pool, make_frame(4200, 7, static_cast<char>('a' + i % 26)), 0x3132);
    queue.push_small(pool, "-");
  }
  Gather gather;
  std::size_t packets = 0;
  while (!queue.empty()) {
    queue.gather(gather);
    ASSERT_GT(gather.bytes(), 0U);
    ASSERT_EQ(bytes_of(gather).size(), gather.bytes());
    packets += queue.consume(pool, gather.bytes());
  }
  EXPECT_EQ(packets, 400U);
}

// Any mixture of packets, written in pieces of any size, gives the stream that writing one after the other
// would give.
TEST(OutputQueue, GivesTheSameStreamHoweverItIsCut) {
  Random random(11);
  OutputPool pool;
  OutputQueue queue;
  Gather gather;
  std::string expected;
  std::string written;
  std::size_t packets = 0;
  std::size_t completed = 0;
  const auto push_one = [&] {
    ++packets;
    if (random.percent(40)) {
      const std::string small(1 + random.below(broker::small_packet_bytes_max),
                              static_cast<char>('a' + random.below(26)));
      queue.push_small(pool, small);
      expected += small;
      return;
    }
    const std::size_t size = random.percent(20) ? 4'000 + random.below(30'000) : 4 + random.below(300);
    const std::size_t id_at = random.percent(50) ? 1 + random.below(size - 3) : 0;
    const auto id = static_cast<mqtt::PacketId>(random.below(65536));
    const auto frame = make_frame(size, id_at, static_cast<char>('A' + random.below(26)));
    queue.push(pool, frame, id);
    std::string bytes(frame->bytes());
    if (id_at != 0) {
      bytes[id_at] = static_cast<char>(id >> 8);
      bytes[id_at + 1] = static_cast<char>(id);
    }
    expected += bytes;
  };
  for (int round = 0; round < 3000; ++round) {
    for (std::uint64_t n = random.below(8); n > 0; --n) push_one();
    queue.gather(gather);
    if (gather.bytes() == 0) continue;
    const std::size_t size = random.percent(30) ? gather.bytes() : random.below(gather.bytes() + 1);
    written += bytes_of(gather).substr(0, size);
    completed += queue.consume(pool, size);
    ASSERT_EQ(queue.bytes(), expected.size() - written.size());
  }
  while (!queue.empty()) {
    queue.gather(gather);
    written += bytes_of(gather);
    completed += queue.consume(pool, gather.bytes());
  }
  EXPECT_TRUE(written == expected);
  EXPECT_EQ(completed, packets);
}

}  // namespace
}  // namespace meshmq::net
