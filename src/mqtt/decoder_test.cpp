#include "mqtt/decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "mqtt/encoder.hpp"
#include "mqtt/testing/packet_cases.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::mqtt {
namespace {

using testing::bytes_from;
using testing::describe;

template <class AnyCase>
DecodeOptions options_of(const AnyCase& c) {
  return {.role = c.reader, .version = c.version};
}

TEST(Decoder, DecodesEveryGoodCase) {
  Decoder decoder;
  for (const auto& c : testing::good_cases()) {
    const std::string bytes = bytes_from(c.bytes);
    const DecodeResult r = decoder.decode(bytes, options_of(c));
    ASSERT_EQ(r.status, DecodeStatus::packet) << c.name << ": " << r.text;
    EXPECT_EQ(r.size, bytes.size()) << c.name;
    EXPECT_EQ(static_cast<unsigned>(r.type), static_cast<std::uint8_t>(bytes[0]) >> 4) << c.name;
    EXPECT_EQ(describe(decoder.packet()), c.text) << c.name;
  }
}

TEST(Decoder, RefusesEveryBadCaseWithItsReason) {
  Decoder decoder;
  for (const auto& c : testing::bad_cases()) {
    const DecodeResult r = decoder.decode(bytes_from(c.bytes), options_of(c));
    ASSERT_EQ(r.status, DecodeStatus::error) << c.name;
    EXPECT_EQ(r.reason, c.reason) << c.name;
    EXPECT_EQ(r.text, c.text) << c.name;
  }
}

TEST(Decoder, ReadsOverMeaninglessBitsUnlessStrict) {  // mqtt.strict_mode
  struct LaxCase {
    Version version;
    std::string_view bytes;
    std::string_view text;
  };
  constexpr LaxCase cases[] = {
      {Version::v5, "30 85 00 0001 'a' 00 'x'", "PUBLISH topic='a' payload='x'"},
      {Version::v5, "10 8d 00 0004 'MQTT' 05 02 000a 00 0000", "CONNECT v5 clean keep_alive=10"},
      {Version::v3_1_1, "1f 0c 0004 'MQTT' 04 03 000a 0000", "CONNECT v4 clean keep_alive=10"},
      {Version::v3_1_1, "10 0c 0004 'MQTT' 04 2a 000a 0000", "CONNECT v4 clean keep_alive=10"},
      {Version::v3_1_1, "10 0f 0004 'MQTT' 04 42 000a 0000 0001 'p'",
       "CONNECT v4 clean keep_alive=10 password='p'"},
      {Version::v3_1_1, "38 04 0001 'a' 'x'", "PUBLISH topic='a' payload='x'"},
      {Version::v5, "60 02 000a", "PUBREL id=10"},
      {Version::v5, "80 07 0001 00 0001 'a' c1", "SUBSCRIBE id=1 filter='a' qos=1"},
      {Version::v3_1_1, "8f 06 0001 0001 'a' fd", "SUBSCRIBE id=1 filter='a' qos=1"},
      {Version::v3_1_1, "a0 05 0001 0001 'a'", "UNSUBSCRIBE id=1 filter='a'"},
      {Version::v3_1_1, "c1 00", "PINGREQ"},
      {Version::v5, "ef 00", "DISCONNECT"},
      {Version::v3_1_1, "30 04 0001 0a 'x'", R"(PUBLISH topic='\0a' payload='x')"},
      {Version::v5, "a2 06 0001 00 0001 7f", R"(UNSUBSCRIBE id=1 filter='\7f')"},
  };
  Decoder decoder;
  for (const LaxCase& c : cases) {
    const std::string bytes = bytes_from(c.bytes);
    DecodeOptions options{.version = c.version, .strict = false};
    ASSERT_EQ(decoder.decode(bytes, options).status, DecodeStatus::packet) << c.bytes;
    EXPECT_EQ(describe(decoder.packet()), c.text);
    options.strict = true;
    EXPECT_EQ(decoder.decode(bytes, options).reason, ReasonCode::malformed_packet) << c.bytes;
  }
}

TEST(Decoder, RefusesWhatHarmsOthersEvenIfNotStrict) {
  // What these cases have in common: no bit without meaning is wrong in them.
  constexpr std::string_view forgiven[] = {
      "remaining length with needless bytes", "reserved flags in the fixed header",
      "PUBLISH with DUP and QoS 0",           "reserved CONNECT flag",
      "will QoS or retain without a will",    "password without user name",
      "reserved subscription options",        "control character in a client id, user name, topic or filter"};
  Decoder decoder;
  for (const auto& c : testing::bad_cases()) {
    if (std::find(std::begin(forgiven), std::end(forgiven), c.text) != std::end(forgiven)) continue;
    DecodeOptions options = options_of(c);
    options.strict = false;
    EXPECT_EQ(decoder.decode(bytes_from(c.bytes), options).status, DecodeStatus::error) << c.name;
  }
}

TEST(Decoder, EveryPrefixOfAGoodCaseNeedsMore) {
  Decoder decoder;
  for (const auto& c : testing::good_cases()) {
    const std::string bytes = bytes_from(c.bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      const DecodeResult r = decoder.decode(bytes.substr(0, n), options_of(c));
      ASSERT_EQ(r.status, DecodeStatus::need_more) << c.name << ' ' << n;
      ASSERT_GT(r.size, n) << c.name;
      ASSERT_LE(r.size, bytes.size()) << c.name;
    }
  }
}

TEST(Decoder, ABadCaseCutAnywhereNeedsMoreOrFailsTheSameWay) {
  Decoder decoder;
  for (const auto& c : testing::bad_cases()) {
    const std::string bytes = bytes_from(c.bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      const DecodeResult r = decoder.decode(bytes.substr(0, n), options_of(c));
      if (r.status == DecodeStatus::need_more) continue;
      ASSERT_EQ(r.status, DecodeStatus::error) << c.name << ' ' << n;
      ASSERT_EQ(r.reason, c.reason) << c.name << ' ' << n;
    }
  }
}

TEST(Decoder, LooksAtNothingBehindThePacket) {
  Decoder decoder;
  for (const auto& c : testing::good_cases()) {
    const std::string bytes = bytes_from(c.bytes);
    const std::string more = bytes + "\xFF\xFF\xFF\xFF\xFF\xFF";
    const DecodeResult r = decoder.decode(more, options_of(c));
    ASSERT_EQ(r.status, DecodeStatus::packet) << c.name;
    EXPECT_EQ(r.size, bytes.size()) << c.name;
    EXPECT_EQ(describe(decoder.packet()), c.text) << c.name;
  }
}

TEST(Decoder, AsksForTheWholePacketOnceItsLengthIsKnown) {
  Decoder decoder;
  EXPECT_EQ(decoder.decode("", {}).size, 2U);
  EXPECT_EQ(decoder.decode(bytes_from("30"), {}).size, 2U);
  EXPECT_EQ(decoder.decode(bytes_from("30 80"), {}).size, 3U);
  EXPECT_EQ(decoder.decode(bytes_from("30 80 01"), {}).size, 131U);
  EXPECT_EQ(decoder.decode(bytes_from("30 ff ff ff 7f"), {}).size, 268'435'460U);
}

TEST(Decoder, RefusesAPacketAboveTheLimitAsSoonAsItsLengthIsKnown) {
  Decoder decoder;
  const DecodeOptions options{.packet_bytes_max = 130};
  EXPECT_EQ(decoder.decode(bytes_from("30 7f"), options).status, DecodeStatus::need_more);
  const DecodeResult r = decoder.decode(bytes_from("30 80 01"), options);
  EXPECT_EQ(r.status, DecodeStatus::error);
  EXPECT_EQ(r.type, PacketType::publish);
  EXPECT_EQ(r.reason, ReasonCode::packet_too_large);
}

TEST(Decoder, AcceptsAPacketExactlyAtTheLimit) {
  Decoder decoder;
  const DecodeOptions options{.packet_bytes_max = 9};
  EXPECT_EQ(decoder.decode(bytes_from("30 07 0003 'a/b' 'hi'"), options).status, DecodeStatus::packet);
  EXPECT_EQ(decoder.decode(bytes_from("30 08 0003 'a/b' 'hi!'"), options).status, DecodeStatus::error);
}

TEST(Decoder, SaysInWhichVersionToAnswerABadConnect) {
  Decoder decoder;
  const DecodeOptions fresh;
  const auto answer = [&](std::string_view notation) {
    return decoder.decode(bytes_from(notation), fresh).answer_version;
  };
  EXPECT_EQ(answer("10 0d 0004 'MQTT' 05 03 000a 00 0000"), Version::v5);
  EXPECT_EQ(answer("10 0c 0004 'MQTT' 04 03 000a 0000"), Version::v3_1_1);
  EXPECT_EQ(answer("10 0d 0004 'MQTT' 06 02 000a 00 0000"), Version::v5);
  EXPECT_EQ(answer("10 0c 0004 'MQTT' 02 02 000a 0000"), Version::v3_1_1);
  EXPECT_EQ(answer("10 0c 0004 'HTTP' 04 02 000a 0000"), Version::v3_1_1);
  EXPECT_EQ(answer("10 01 00"), Version::v3_1_1);
}

TEST(Decoder, ViewsPointIntoTheInput) {
  Decoder decoder;
  const std::string bytes = bytes_from("32 0f 0003 'a/b' 000a 07 26 0001 'k' 0001 'v'");
  ASSERT_EQ(decoder.decode(bytes, {.version = Version::v5}).status, DecodeStatus::packet);
  const Publish& p = decoder.publish();
  EXPECT_EQ(p.topic.data(), bytes.data() + 4);
  EXPECT_EQ(p.properties.data(), bytes.data() + 10);
  EXPECT_EQ(p.payload.size(), 0U);
}

TEST(Decoder, ForwardablePropertiesInOnePieceAreNotCopied) {
  Decoder decoder;
  const std::string bytes =
      bytes_from("30 18 0001 't' 14 02 00000009 01 01 03 0001 't' 26 0001 'b' 0000 23 0001");
  ASSERT_EQ(decoder.decode(bytes, {.version = Version::v5}).status, DecodeStatus::packet);
  EXPECT_EQ(decoder.publish().properties.data(), bytes.data() + 11);
  EXPECT_EQ(decoder.publish().properties.size(), 12U);
}

TEST(PropertyList, FindsPropertiesById) {
  const std::string bytes = bytes_from("01 01 08 0003 'r/t' 26 0001 'k' 0001 'v' 09 0001 00");
  const PropertyList list(bytes);
  ASSERT_TRUE(list.find(PropertyId::response_topic));
  EXPECT_EQ(list.find(PropertyId::response_topic)->bytes, "r/t");
  EXPECT_EQ(list.find(PropertyId::payload_format_indicator)->number, 1U);
  EXPECT_FALSE(list.find(PropertyId::content_type));
}

TEST(PropertyList, EndsWhereBytesAreCutShort) {
  const std::string bytes = bytes_from("01 01 26 0001 'k' 0001 'v'");
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::size_t count = 0;
    for (const Property& p : PropertyList(std::string_view(bytes).substr(0, n))) count += p.number;
    EXPECT_EQ(count, n < 2 ? 0U : 1U);
  }
}

TEST(UserProperties, AreGivenInOrderWithRepetitions) {
  const std::string bytes = bytes_from("1f 0001 'r' 26 0001 'k' 0001 '1' 26 0001 'k' 0001 '2'");
  std::string seen;
  for (const Property& p : UserProperties(bytes)) seen.append(p.key).append(p.bytes);
  EXPECT_EQ(seen, "k1k2");
  EXPECT_TRUE(UserProperties(bytes_from("1f 0001 'r'")).empty());
}

TEST(ReasonCode, HasANameForEachOfTheCodesOfMqtt5) {
  unsigned named = 0;
  for (unsigned code = 0; code < 256; ++code)
    named += to_string(static_cast<ReasonCode>(code)) != "unknown_reason";
  EXPECT_EQ(named, 43U);
  EXPECT_EQ(to_string(ReasonCode::not_authorized), "not_authorized");
}

TEST(ReasonCode, ReturnCodesOfConnackSurviveTheMapping) {
  for (std::uint8_t code = 0; code <= 5; ++code)
    EXPECT_EQ(to_connack_return_code(from_connack_return_code(code)), code);
  EXPECT_EQ(to_connack_return_code(ReasonCode::banned), 5);
  EXPECT_EQ(to_connack_return_code(ReasonCode::quota_exceeded), 3);
}

}  // namespace
}  // namespace meshmq::mqtt
