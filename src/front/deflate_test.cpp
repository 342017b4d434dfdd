#include "front/deflate.hpp"

#include <gtest/gtest.h>

namespace meshmq::front {
namespace {

constexpr std::size_t plenty = std::size_t{1} << 24;

std::string compressed(Deflator& deflator, std::string_view message) {
  std::string out;
  deflator.deflate(message, out);
  deflator.finish(out);
  return out;
}

std::string plain(Inflator& inflator, std::string_view message) {
  std::string out;
  EXPECT_TRUE(inflator.inflate(message, out, plenty));
  EXPECT_TRUE(message.empty());
  EXPECT_TRUE(inflator.finish(out, plenty));
  EXPECT_TRUE(inflator.finished());
  return out;
}

TEST(Deflate, MakesTheMessageOfTheSpecificationsExample) {
  Deflator deflator({});
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  EXPECT_EQ(compressed(deflator, "Hello"), hello);
  // The second one refers to the first (RFC 7692, 7.2.3.2).
  EXPECT_EQ(compressed(deflator, "Hello"), std::string("\xf2\x00\x11\x00\x00", 5));
  Deflator forgetful({.server_takeover = false});
  EXPECT_EQ(compressed(forgetful, "Hello"), hello);
  EXPECT_EQ(compressed(forgetful, "Hello"), hello);
}

TEST(Inflate, UnderstandsTheExamplesOfTheSpecification) {
  Inflator inflator({});
  EXPECT_EQ(plain(inflator, std::string_view("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), "Hello");
  EXPECT_EQ(plain(inflator, std::string_view("\xf2\x00\x11\x00\x00", 5)), "Hello");
  // A block without compression; a final block; two blocks.
  EXPECT_EQ(plain(inflator, std::string_view("\x00\x05\x00\xfa\xffHello\x00", 11)), "Hello");
  EXPECT_EQ(plain(inflator, std::string_view("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8)), "Hello");
  EXPECT_EQ(plain(inflator, std::string_view("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13)),
            "Hello");
  EXPECT_EQ(plain(inflator, std::string_view("\x00", 1)), "");
}

TEST(Inflate, BringsBackWhatWasCompressedInPiecesOfAnySize) {
  std::string message;
  for (int i = 0; i < 20000; ++i) message += std::to_string(i * 7919 % 1000);
  for (const bool takeover : {true, false}) {
    const DeflateParams params{.server_takeover = takeover,
                               .client_takeover = takeover,
                               .server_window_bits = 10,
                               .client_window_bits = 10};
    Deflator deflator(params);
    Inflator inflator(params);
    for (int round = 0; round < 3; ++round) {
      std::string packed;
      deflator.deflate(std::string_view(message).substr(0, 1000), packed);
      deflator.deflate(std::string_view(message).substr(1000), packed);
      deflator.finish(packed);
      EXPECT_LT(packed.size(), message.size());
      std::string out;
      std::string_view rest = packed;
      for (std::size_t size = 1; !rest.empty(); size = size % 97 + 1) {
        std::string_view piece = rest.substr(0, size);
        rest.remove_prefix(piece.size());
        ASSERT_TRUE(inflator.inflate(piece, out, plenty));
        ASSERT_TRUE(piece.empty());
      }
      ASSERT_TRUE(inflator.finish(out, plenty));
      EXPECT_EQ(out, message);
    }
  }
}

TEST(Inflate, PutsOutNoMoreThanItIsAskedFor) {
  Deflator deflator({});
  const std::string packed = compressed(deflator, std::string(10'000'000, 'x'));
  EXPECT_LT(packed.size(), 20000u);
  Inflator inflator({});
  std::string_view rest = packed;
  std::size_t total = 0;
  while (!inflator.finished() || total == 0) {
    std::string out;
    if (!rest.empty() || inflator.full()) {
      ASSERT_TRUE(inflator.inflate(rest, out, 65536));
    } else {
      ASSERT_TRUE(inflator.finish(out, 65536));
    }
    ASSERT_LE(out.size(), 65536u);
    total += out.size();
  }
  EXPECT_EQ(total, 10'000'000u);
}

TEST(Inflate, RefusesWhatIsNoCompressedMessage) {
  Inflator inflator({});
  std::string out;
  std::string_view bytes("\xff\xff\xff\xff");
  EXPECT_FALSE(inflator.inflate(bytes, out, plenty));
  Inflator far({});
  bytes = std::string_view("\xf2\x00\x11\x00\x00", 5);
  EXPECT_FALSE(far.inflate(bytes, out, plenty) && far.finish(out, plenty)) << "refers to what was never sent";
}

}  // namespace
}  // namespace meshmq::front
