#include <gtest/gtest.h>

#include <limits>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace meshmq {
namespace {

TEST(Bytes, WhatIsWrittenIsReadBack) {
  std::string out;
  ByteWriter w(out);
  w.u8(7);
  w.u16(0xabcd);
  w.u32(0x01020304);
  w.u64(0x1122334455667788ULL);
  w.bytes16("abc");
  w.bytes32("defg");
  w.varint(300);
  w.varint(~0ULL);
  ByteReader r(out);
  EXPECT_EQ(r.u8(), 7);
  EXPECT_EQ(r.u16(), 0xabcd);
  EXPECT_EQ(r.u32(), 0x01020304U);
  EXPECT_EQ(r.u64(), 0x1122334455667788ULL);
  EXPECT_EQ(r.bytes16(), "abc");
  EXPECT_EQ(r.bytes32(), "defg");
  EXPECT_EQ(r.varint(), 300U);
  EXPECT_EQ(r.varint(), ~0ULL);
  EXPECT_TRUE(r.ok());
  EXPECT_TRUE(r.at_end());
}

TEST(Bytes, AShortReadSticks) {
  ByteReader r("\x01\x02");
  EXPECT_EQ(r.u32(), 0U);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0);
  EXPECT_FALSE(r.ok());
}

TEST(Bytes, AnEndlessVarintIsRefused) {
  const std::string endless(11, '\xff');
  ByteReader r(endless);
  EXPECT_EQ(r.varint(), 0U);
  EXPECT_FALSE(r.ok());
}

TEST(Bytes, ALengthCanBePatchedLater) {
  std::string out;
  ByteWriter w(out);
  w.u32(0);
  w.bytes("xyz");
  w.patch_u32(0, 3);
  ByteReader r(out);
  EXPECT_EQ(r.bytes32(), "xyz");
}

TEST(Hash, DiffersByContentLengthAndSeed) {
  EXPECT_NE(hash_bytes("a"), hash_bytes("b"));
  EXPECT_NE(hash_bytes(std::string(1, '\0')), hash_bytes(std::string(2, '\0')));
  EXPECT_NE(hash_bytes("topic", 1), hash_bytes("topic", 2));
  EXPECT_EQ(hash_bytes("t/+/x"), hash_bytes("t/+/x"));
}

TEST(Random, TheSameSeedGivesTheSameRun) {
  Random a(42);
  Random b(42);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
  EXPECT_EQ(a.below(0), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_LT(a.below(7), 7U);
}

TEST(ResultType, CarriesEitherAValueOrAReason) {
  const auto half = [](int v) -> Result<int> {
    if (v % 2 != 0) return fail(Errc::invalid_argument, "odd");
    return v / 2;
  };
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error().message, "odd");
}

struct Counted {
  int refs = 1;
  bool* gone;
  explicit Counted(bool* g) : gone(g) {}
  void add_ref() { ++refs; }
  void release() {
    if (--refs == 0) {
      *gone = true;
      delete this;
    }
  }
};

TEST(IntrusivePtrType, LivesAsLongAsSomebodyHoldsIt) {
  bool gone = false;
  {
    auto a = IntrusivePtr<Counted>::adopt(new Counted(&gone));
    {
      const IntrusivePtr<Counted> b = a;
      EXPECT_EQ(a->refs, 2);
      a = nullptr;
      EXPECT_FALSE(gone);
      EXPECT_EQ(b->refs, 1);
    }
    EXPECT_TRUE(gone);
  }
}

TEST(LoggerType, WithoutASinkNothingHappens) {
  const Logger silent;
  silent.error("{} of {}", 1, 2);
  EXPECT_EQ(to_string(LogLevel::warning), "warning");
}

TEST(JsonText, EscapesWhatItMust) {
  EXPECT_EQ(Json::object({{"a\"b", "x\\y\n\x01"}, {"c", true}, {"d", -1}, {"e", Json()}}).text(),
            "{\"a\\\"b\":\"x\\\\y\\n\\u0001\",\"c\":true,\"d\":-1,\"e\":null}");
  EXPECT_EQ(Json::strings({"a", "ü"}).text(), "[\"a\",\"ü\"]");
  EXPECT_EQ(Json::array({}).text(), "[]");
  EXPECT_EQ(Json::object({{"f", 0.5}, {"n", std::numeric_limits<double>::infinity()}}).text(),
            "{\"f\":0.5,\"n\":null}");
}

}  // namespace
}  // namespace meshmq
