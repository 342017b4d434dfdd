#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "front/ws_frame_reader.hpp"
#include "front/ws_frame_writer.hpp"

namespace meshmq::front {
namespace {

using namespace std::string_literals;

constexpr unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
constexpr std::uint8_t fin = 0x80;

/// A frame as clients send them.
std::string frame(int first, std::string payload) {
  std::string bytes(1, static_cast<char>(first));
  ByteWriter writer(bytes);
  if (payload.size() < 126) {
    writer.u8(static_cast<std::uint8_t>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    writer.u8(0x80 | 126);
    writer.u16(static_cast<std::uint16_t>(payload.size()));
  } else {
    writer.u8(0x80 | 127);
    writer.u64(payload.size());
  }
  bytes.append(reinterpret_cast<const char*>(mask), 4);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes + payload;
}

std::string words(const WsFrameReader& reader, WsEvent event) {
  if (event == WsEvent::failed) return std::to_string(static_cast<int>(reader.code())) + " " + reader.error();
  return std::to_string(static_cast<int>(reader.opcode())) + ":" + std::string(reader.payload());
}

/// What a reader makes of the bytes, given `piece` of them at a time.
std::string read(std::string_view bytes, std::size_t piece, std::size_t frame_bytes_max = 0,
                 bool compression = false) {
  WsFrameReader reader(frame_bytes_max);
  if (compression) reader.allow_compression();
  std::string result;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (true) {
      std::string out;
      const WsEvent event = reader.read(part, out);
      result += out;
      if (event == WsEvent::more) break;
      if (event != WsEvent::data) result += "<" + words(reader, event) + ">";
      if (event == WsEvent::failed) return result;
      if (event == WsEvent::data && reader.message_ended()) result += reader.compressed() ? "~|" : "|";
    }
  }
  return result;
}

/// The same however the bytes are cut.
std::string read(const std::string& bytes) {
  const std::string whole = read(bytes, bytes.size());
  for (const std::size_t piece : {1, 2, 3, 5, 7, 13, 64}) EXPECT_EQ(read(bytes, piece), whole) << piece;
  return whole;
}

std::string failure(const std::string& bytes, std::size_t frame_bytes_max = 0) {
  const std::string whole = read(bytes, bytes.size(), frame_bytes_max);
  EXPECT_EQ(read(bytes, 1, frame_bytes_max), whole);
  return whole;
}

TEST(WsUnmask, AgreesWithTheDefinitionAtEveryLengthAndPlace) {
  for (std::size_t size = 0; size < 100; ++size) {
    for (std::uint64_t at = 0; at < 9; ++at) {
      std::string bytes;
      std::string wanted;
      for (std::size_t i = 0; i < size; ++i) {
        bytes.push_back(static_cast<char>(i * 31));
        wanted.push_back(static_cast<char>((i * 31) ^ mask[(at + i) % 4]));
      }
      ws_unmask(bytes.data(), size, mask, at);
      ASSERT_EQ(bytes, wanted) << size << " at " << at;
    }
  }
}

TEST(WsFrameReader, HandsOnDataHoweverItIsCut) {
  EXPECT_EQ(read(frame(fin | 2, "hello") + frame(fin | 2, "") + frame(fin | 2, "x")), "hello||x|");
  EXPECT_EQ(read(frame(2, "he") + frame(0, "") + frame(0, "ll") + frame(fin, "o")), "hello|");
  for (const std::size_t size : {125, 126, 127, 65535, 65536, 70000}) {
    const std::string payload(size, 'x');
    EXPECT_EQ(read(frame(fin | 2, payload)), payload + "|");
  }
}

TEST(WsFrameReader, FindsControlFramesWithinAMessage) {
  EXPECT_EQ(read(frame(2, "he") + frame(fin | 9, "are you there") + frame(0, "l") + frame(fin | 10, "") +
                 frame(fin, "lo") + frame(fin | 8, "\x03\xe8")),
            "he<9:are you there>l<10:>lo|<8:\x03\xe8>");
  EXPECT_EQ(read(frame(fin | 9, std::string(125, 'p'))), "<9:" + std::string(125, 'p') + ">");
}

TEST(WsFrameReader, RefusesWhatNoClientMaySend) {
  EXPECT_EQ(failure("\x82\x01x"s), "<1002 frame without mask>");
  EXPECT_EQ(failure(frame(fin | 1, "text")), "<1003 text instead of binary data>");
  EXPECT_EQ(failure(frame(fin | 3, "")), "<1002 unknown opcode>");
  EXPECT_EQ(failure(frame(fin | 11, "")), "<1002 unknown opcode>");
  EXPECT_EQ(failure(frame(fin | 0, "")), "<1002 continuation of no message>");
  EXPECT_EQ(failure(frame(2, "a") + frame(fin | 2, "b")), "a<1002 message within a message>");
  EXPECT_EQ(failure(frame(fin | 0x40 | 2, "")), "<1002 reserved bits set>");
  EXPECT_EQ(failure(frame(fin | 0x10 | 9, "")), "<1002 reserved bits set>");
  EXPECT_EQ(failure(frame(9, "")), "<1002 control frame in fragments>");
  EXPECT_EQ(failure(frame(fin | 9, std::string(126, 'p'))), "<1002 control frame longer than 125 bytes>");
  EXPECT_EQ(failure("\x82\xfe\x00\x05"s + "mask" + "hello"), "<1002 length not in its shortest form>");
  EXPECT_EQ(failure("\x82\xff\0\0\0\0\0\0\xff\xff"s + "mask"), "<1002 length not in its shortest form>");
  EXPECT_EQ(failure("\x82\xff\x80\0\0\0\0\1\0\0"s + "mask"), "<1002 length with highest bit set>");
}

TEST(WsFrameReader, KeepsToTheLimitOfFrameAndMessage) {
  EXPECT_EQ(failure(frame(fin | 2, "1234") + frame(fin | 2, "1234"), 4), "1234|1234|");
  EXPECT_EQ(failure(frame(fin | 2, "12345"), 4), "<1009 message longer than max_frame_size>");
  EXPECT_EQ(failure(frame(2, "123") + frame(fin, "45"), 4), "123<1009 message longer than max_frame_size>");
  EXPECT_EQ(failure("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s + "mask", 4),
            "<1009 message longer than max_frame_size>");
}

TEST(WsFrameReader, TellsCompressedMessagesWhereTheyAreAllowed) {
  const std::string bytes = frame(0x40 | 2, "a") + frame(fin, "b") + frame(fin | 2, "c");
  EXPECT_EQ(read(bytes, bytes.size(), 0, true), "ab~|c|");
  const std::string twice = frame(0x40 | 2, "a") + frame(fin | 0x40, "b");
  EXPECT_EQ(read(twice, twice.size(), 0, true), "a<1002 reserved bits set>");
  const std::string text = frame(fin | 0x40 | 1, "a");
  EXPECT_EQ(read(text, text.size(), 0, true), "<1003 text instead of binary data>");
}

TEST(WsFrameWriter, MakesHeadsOfEveryLength) {
  const auto head = [](std::size_t size) {
    std::string out;
    write_ws_head(out, {}, size);
    return out;
  };
  EXPECT_EQ(head(0), "\x82\x00"s);
  EXPECT_EQ(head(125), "\x82\x7d");
  EXPECT_EQ(head(126), "\x82\x7e\x00\x7e"s);
  EXPECT_EQ(head(65535), "\x82\x7e\xff\xff");
  EXPECT_EQ(head(65536), "\x82\x7f\0\0\0\0\0\1\0\0"s);
  std::string out;
  write_ws_head(out, {.opcode = WsOpcode::continuation, .final = false, .compressed = true}, 1);
  EXPECT_EQ(out, "\x40\x01");
}

TEST(WsFrameWriter, AnswersAGoodbye) {
  const auto answer = [](const std::string& payload) {
    std::string out;
    const bool allowed = answer_ws_close(out, payload);
    return (allowed ? "ok " : "no ") + out.substr(2, 2);
  };
  EXPECT_EQ(answer(""), "ok ");
  EXPECT_EQ(answer("\x03\xe8 so long"), "ok \x03\xe8");
  EXPECT_EQ(answer("\x0b\xb8"), "ok \x0b\xb8");
  EXPECT_EQ(answer("\x03"), "no \x03\xea");
  EXPECT_EQ(answer("\x03\xed"), "no \x03\xea") << "1005 is never sent";
  EXPECT_EQ(answer("\x03\xf7"), "no \x03\xea") << "1015 neither";
  EXPECT_EQ(answer("\x13\x88"), "no \x03\xea");
}

TEST(MqttBoundary, FindsTheEndOfPacketsHoweverTheyAreCut) {
  const std::string publish = "\x30\x80\x01"s + std::string(128, 'p');
  const std::string stream =
      "\xd0\x00"s + publish + "\x40\x02\0\1"s + "\x30\xff\xff\x7f"s + std::string(2097151, 'q');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{100}, stream.size()}) {
    MqttBoundary boundary;
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < stream.size();) {
      const std::string_view bytes = std::string_view(stream).substr(at, piece);
      at += boundary.take(bytes);
      if (boundary.ended()) ends.push_back(at);
    }
    EXPECT_EQ(ends, (std::vector<std::size_t>{2, 133, 137, stream.size()})) << piece;
  }
}

}  // namespace
}  // namespace meshmq::front
