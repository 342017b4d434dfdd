// Properties of the whole codec, tried with thousands of seeded packets and broken packets.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/testing/packet_generator.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::mqtt {
namespace {

using testing::describe;
using testing::PacketGenerator;
using testing::types_read_by;

constexpr std::array versions = {Version::v3_1, Version::v3_1_1, Version::v5};
constexpr std::array roles = {Role::server, Role::client};

/// Calls `use(type, options)` for everything that can be read.
template <class Fn>
void for_each_packet_kind(Fn use) {
  for (const Version version : versions) {
    for (const Role role : roles) {
      for (const PacketType type : types_read_by(role, version)) {
        use(type, DecodeOptions{.role = role, .version = version});
      }
    }
  }
}

/// The input in a block of exactly its size, so that a read beyond it is seen by the address sanitizer.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes) : block_(new char[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), block_.get());
  }
  std::string_view bytes() const { return {block_.get(), size_}; }

 private:
  std::unique_ptr<char[]> block_;
  std::size_t size_;
};

TEST(Codec, EveryKindOfPacketComesBackAsItWasSent) {
  PacketGenerator generator(1);
  Decoder decoder;
  for_each_packet_kind([&](PacketType type, const DecodeOptions& options) {
    for (int round = 0; round < 100; ++round) {
      const Packet sent = generator.make(type, options.version, options.role);
      std::string bytes;
      encode_packet(sent, options.version, bytes);
      const DecodeResult r = decoder.decode(bytes, options);
      ASSERT_EQ(r.status, DecodeStatus::packet) << r.text << " in " << describe(sent);
      ASSERT_EQ(r.size, bytes.size());
      ASSERT_EQ(r.type, type);
      ASSERT_EQ(describe(decoder.packet()), describe(sent));
    }
  });
}

TEST(Codec, EveryPrefixOfAPacketNeedsMoreAndSaysHowMuch) {
  PacketGenerator generator(2);
  Decoder decoder;
  for_each_packet_kind([&](PacketType type, const DecodeOptions& options) {
    for (int round = 0; round < 5; ++round) {
      std::string bytes;
      encode_packet(generator.make(type, options.version, options.role), options.version, bytes);
      const std::size_t step = 1 + bytes.size() / 300;
      for (std::size_t n = 0; n < bytes.size(); n += step) {
        const ExactCopy prefix(std::string_view(bytes).substr(0, n));
        const DecodeResult r = decoder.decode(prefix.bytes(), options);
        ASSERT_EQ(r.status, DecodeStatus::need_more);
        ASSERT_GT(r.size, n);
        ASSERT_LE(r.size, bytes.size());
      }
    }
  });
}

/// Reads a stream as a connection does: pieces of random size, whole packets taken from the front.
std::string read_in_pieces(std::string_view stream, const DecodeOptions& options, Random& random) {
  Decoder decoder;
  std::string log;
  std::string buffer;
  while (!stream.empty()) {
    const std::string_view piece = stream.substr(0, 1 + random.below(2 * stream.size()));
    stream.remove_prefix(piece.size());
    buffer += piece;
    for (;;) {
      const DecodeResult r = decoder.decode(buffer, options);
      if (r.status == DecodeStatus::error) return log + std::string(r.text);
      if (r.status == DecodeStatus::need_more) break;
      log += describe(decoder.packet()) + "\n";
      buffer.erase(0, r.size);
    }
  }
  return log + "open";
}

TEST(Codec, AStreamCutAnywhereReadsTheSame) {
  PacketGenerator generator(3);
  for (int round = 0; round < 150; ++round) {
    const DecodeOptions options{.role = roles[generator.random().below(2)],
                                .version = versions[generator.random().below(3)]};
    const auto types = types_read_by(options.role, options.version);
    std::string stream;
    for (int i = 0; i < 8; ++i) {
      const PacketType type = types[generator.random().below(types.size())];
      encode_packet(generator.make(type, options.version, options.role), options.version, stream);
    }
    if (round % 2 == 0) stream[generator.random().below(stream.size())] ^= 0x10;
    const std::string whole = read_in_pieces(stream, options, generator.random());
    for (int again = 0; again < 4; ++again)
      ASSERT_EQ(read_in_pieces(stream, options, generator.random()), whole);
  }
}

void mutate(std::string& bytes, Random& random) {
  for (auto n = 1 + random.below(3); n > 0 && !bytes.empty(); --n) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<char>(random.next());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes.erase(at, 1 + random.below(3));
        break;
      case 3:
        bytes.insert(at, 1, static_cast<char>(random.next()));
        break;
      default:
        bytes[1] = static_cast<char>(bytes.size() - 2);
        break;
    }
  }
}

/// Whatever is accepted must be something that can be sent and means the same at the other end.
void expect_sane(Decoder& decoder, std::string_view bytes, const DecodeOptions& options) {
  const ExactCopy input(bytes);
  const DecodeResult r = decoder.decode(input.bytes(), options);
  if (r.status == DecodeStatus::need_more) {
    ASSERT_GT(r.size, bytes.size());
    return;
  }
  if (r.status == DecodeStatus::error) {
    ASSERT_TRUE(is_error(r.reason));
    ASSERT_FALSE(r.text.empty());
    return;
  }
  ASSERT_LE(r.size, bytes.size());
  const std::string text = describe(decoder.packet());
  const auto* connect = std::get_if<Connect>(&decoder.packet());
  const Version version = connect != nullptr ? connect->version : options.version;
  std::string again;
  encode_packet(decoder.packet(), version, again);
  Decoder other;
  const DecodeResult second = other.decode(again, {.role = options.role, .version = version});
  ASSERT_EQ(second.status, DecodeStatus::packet) << second.text << " in " << text;
  ASSERT_EQ(describe(other.packet()), text);
}

TEST(Codec, BrokenPacketsAreRefusedOrMeanSomething) {
  PacketGenerator generator(4);
  Decoder decoder;
  std::string bytes;
  for_each_packet_kind([&](PacketType type, const DecodeOptions& options) {
    for (int round = 0; round < 300; ++round) {
      bytes.clear();
      encode_packet(generator.make(type, options.version, options.role), options.version, bytes);
      mutate(bytes, generator.random());
      const DecodeOptions reader{.role = roles[generator.random().below(2)],
                                 .version = generator.random().percent(80)
                                                ? options.version
                                                : versions[generator.random().below(3)]};
      expect_sane(decoder, bytes, reader);
      if (HasFatalFailure()) return;
    }
  });
}

TEST(Codec, NoiseIsRefusedOrMeansSomething) {
  Random random(5);
  Decoder decoder;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(2 + random.below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(random.percent(60) ? random.below(8) : random.next());
    bytes[0] = static_cast<char>(random.next());
    bytes[1] = static_cast<char>(bytes.size() - 2);
    expect_sane(decoder, bytes, {.role = roles[random.below(2)], .version = versions[random.below(3)]});
    if (HasFatalFailure()) return;
  }
}

TEST(Codec, ForwardablePropertiesKeepTheirOrderWhereverTheyStand) {
  PacketGenerator generator(6);
  Decoder decoder;
  for (int round = 0; round < 2'000; ++round) {
    std::string forwardable;
    const std::string bytes = generator.publish_with_shuffled_properties(forwardable);
    const DecodeResult r = decoder.decode(bytes, {.version = Version::v5});
    ASSERT_EQ(r.status, DecodeStatus::packet) << r.text;
    ASSERT_EQ(decoder.publish().properties, forwardable);
    ASSERT_EQ(decoder.publish().expiry_s, 7U);
    ASSERT_EQ(decoder.publish().topic_alias, 3U);
    ASSERT_EQ(decoder.publish().payload, "payload");
  }
}

}  // namespace
}  // namespace meshmq::mqtt
