#include "mqtt/encoder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mqtt/decoder.hpp"
#include "mqtt/testing/packet_cases.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::mqtt {
namespace {

using testing::bytes_from;
using testing::describe;
using testing::Form;

TEST(Encoder, WritesEveryCanonicalCaseByteForByte) {
  Decoder decoder;
  for (const auto& c : testing::good_cases()) {
    const std::string bytes = bytes_from(c.bytes);
    ASSERT_EQ(decoder.decode(bytes, {.role = c.reader, .version = c.version}).status, DecodeStatus::packet);
    std::string encoded = "before";
    encode_packet(decoder.packet(), c.version, encoded);
    EXPECT_EQ(encoded == "before" + bytes, c.form == Form::canonical) << c.name;
  }
}

TEST(Encoder, WhatItWritesOtherwiseMeansTheSame) {
  Decoder decoder;
  for (const auto& c : testing::good_cases()) {
    const DecodeOptions options{.role = c.reader, .version = c.version};
    const std::string bytes = bytes_from(c.bytes);
    ASSERT_EQ(decoder.decode(bytes, options).status, DecodeStatus::packet);
    std::string encoded;
    encode_packet(decoder.packet(), c.version, encoded);
    ASSERT_EQ(decoder.decode(encoded, options).status, DecodeStatus::packet) << c.name;
    EXPECT_EQ(describe(decoder.packet()), c.text) << c.name;
  }
}

TEST(Encoder, LeavesOutWhatOlderVersionsDoNotHave) {
  const std::string properties = bytes_from("01 01");
  const std::uint32_t subscription_id = 5;
  const Publish publish{.topic = "t",
                        .payload = "p",
                        .properties = properties,
                        .subscription_ids = {&subscription_id, 1},
                        .expiry_s = 9,
                        .topic_alias = 3};
  std::string out;
  encode_packet(publish, Version::v3_1_1, out);
  EXPECT_EQ(out, bytes_from("30 04 0001 't' 'p'"));

  out.clear();
  encode_packet(Connack{.reason = ReasonCode::banned, .reason_string = "x"}, Version::v3_1_1, out);
  EXPECT_EQ(out, bytes_from("20 02 00 05"));

  out.clear();
  const ReasonCode codes[] = {ReasonCode::granted_qos_2, ReasonCode::not_authorized};
  encode_packet(Suback{.packet_id = 1, .codes = codes, .reason_string = "x"}, Version::v3_1_1, out);
  EXPECT_EQ(out, bytes_from("90 04 0001 02 80"));

  out.clear();
  encode_packet(Disconnect{.reason = ReasonCode::server_busy}, Version::v3_1_1, out);
  EXPECT_EQ(out, bytes_from("e0 00"));
}

TEST(Encoder, LengthsOfSeveralBytesAreRight) {
  Decoder decoder;
  for (const std::size_t size : {100U, 113U, 114U, 115U, 127U, 128U, 16'360U, 16'383U, 16'384U, 60'000U}) {
    const std::string text(size, 'x');
    std::string out;
    encode_packet(Connack{.reason_string = text}, Version::v5, out);
    encode_packet(Ack{.packet_id = 1, .reason_string = text}, Version::v5, out);
    const DecodeOptions options{.role = Role::client, .version = Version::v5};
    const DecodeResult first = decoder.decode(out, options);
    ASSERT_EQ(first.status, DecodeStatus::packet) << size;
    EXPECT_EQ(std::get<Connack>(decoder.packet()).reason_string, text);
    const DecodeResult second = decoder.decode(std::string_view(out).substr(first.size), options);
    ASSERT_EQ(second.status, DecodeStatus::packet) << size;
    EXPECT_EQ(decoder.ack().reason_string, text);
    EXPECT_EQ(first.size + second.size, out.size());
  }
}

TEST(PublishEncoder, TellsSizeAndPlaceOfThePacketId) {
  const std::string properties = bytes_from("26 0001 'k' 0001 'v'");
  for (const Version version : {Version::v3_1, Version::v3_1_1, Version::v5}) {
    for (const std::size_t payload_size : {0U, 1U, 100U, 127U, 128U, 20'000U, 3'000'000U}) {
      const std::string payload(payload_size, 'p');
      const Publish publish{.topic = "a/b",
                            .payload = payload,
                            .properties = properties,
                            .packet_id = 0xABCD,
                            .qos = QoS::at_least_once};
      const PublishEncoder encoder(publish, version);
      std::string out(encoder.size(), '?');
      const std::size_t at = encoder.write(out.data());
      ASSERT_EQ(out.substr(at, 2), "\xAB\xCD");
      Decoder decoder;
      const DecodeResult r = decoder.decode(out, {.version = version});
      ASSERT_EQ(r.status, DecodeStatus::packet) << r.text;
      EXPECT_EQ(r.size, out.size());
      EXPECT_EQ(decoder.publish().packet_id, 0xABCD);
      EXPECT_EQ(decoder.publish().payload, payload);
      EXPECT_EQ(decoder.publish().properties, version == Version::v5 ? properties : "");
    }
  }
}

TEST(PublishEncoder, HasNoPlaceForAPacketIdAtQoS0) {
  const Publish publish{.topic = "a/b", .payload = "hi", .retain = true};
  const PublishEncoder encoder(publish, Version::v3_1_1);
  std::string out(encoder.size(), '?');
  EXPECT_EQ(encoder.write(out.data()), 0U);
  EXPECT_EQ(out, bytes_from("31 07 0003 'a/b' 'hi'"));
}

TEST(SmallPacket, HoldsTheBytesThatTheEncoderWrites) {
  for (const Version version : {Version::v3_1, Version::v3_1_1, Version::v5}) {
    for (const ReasonCode reason : {ReasonCode::success, ReasonCode::packet_identifier_not_found}) {
      for (const auto type :
           {PacketType::puback, PacketType::pubrec, PacketType::pubrel, PacketType::pubcomp}) {
        std::string out;
        encode_packet(Ack{.type = type, .packet_id = 0x1234, .reason = reason}, version, out);
        EXPECT_EQ(make_ack(type, 0x1234, reason, version).bytes(), out);
      }
      std::string out;
      encode_packet(Disconnect{.reason = reason}, version, out);
      EXPECT_EQ(make_disconnect(reason, version).bytes(), out);
      out.clear();
      encode_packet(Suback{.packet_id = 7, .codes = {&reason, 1}}, version, out);
      EXPECT_EQ(make_suback(7, reason, version).bytes(), out);
    }
  }
  EXPECT_EQ(make_pingreq().bytes(), bytes_from("c0 00"));
  EXPECT_EQ(make_pingresp().bytes(), bytes_from("d0 00"));
}

}  // namespace
}  // namespace meshmq::mqtt
