#include "net/ws_stage.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "net/proxy_stage.hpp"
#include "net/stage_pair.hpp"
#include "net/testing/raw_client.hpp"
#include "net/testing/test_node.hpp"

namespace meshmq::net {
namespace {

using namespace std::string_literals;
using testing::connect_packet;
using testing::pingreq_packet;
using testing::publish_packet;
using testing::RawClient;
using testing::subscribe_packet;
using testing::TestNode;

const std::string connack("\x20\x02\x00\x00", 4);
const std::string pingresp("\xd0\x00", 2);
constexpr int fin = 0x80;
constexpr int compressed = 0x40;
constexpr int binary = 2;
constexpr int close_frame = 8;
constexpr int ping = 9;
constexpr int pong = 10;

std::string request(const std::string& more = "") {
  return "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: mqtt\r\n" +
         more + "\r\n";
}

/// As a client sends it.
std::string masked(int first, std::string payload) {
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
  constexpr std::string_view mask = "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes.append(mask).append(payload);
}

/// As we send it.
std::string plain(int first, const std::string& payload) {
  std::string bytes(1, static_cast<char>(first));
  ByteWriter writer(bytes);
  if (payload.size() < 126) {
    writer.u8(static_cast<std::uint8_t>(payload.size()));
  } else {
    writer.u8(126);
    writer.u16(static_cast<std::uint16_t>(payload.size()));
  }
  return bytes + payload;
}

/// A stage alone.
struct Bench {
  explicit Bench(WsOptions options = {}) : stage(std::make_shared<const WsOptions>(std::move(options))) {}

  StageStatus feed(std::string bytes, std::size_t piece = std::string::npos) {
    StageStatus status = StageStatus::handshake;
    std::string_view rest = bytes;
    do {
      std::string_view part = rest.substr(0, piece);
      rest.remove_prefix(part.size());
      do {
        std::string up;
        StageIo io{up, down};
        status = stage.receive(part, io);
        largest = std::max(largest, up.size());
        got += up;
        if (up.size() < StageIo::up_bytes_max) break;
      } while (true);
      if (status != StageStatus::handshake && status != StageStatus::ready) break;
    } while (!rest.empty());
    return status;
  }
  std::string take_down() { return std::exchange(down, {}); }
  std::string send(const std::vector<std::string>& parts) {
    std::vector<iovec> plain_parts;
    for (const std::string& part : parts)
      plain_parts.push_back({const_cast<char*>(part.data()), part.size()});
    EXPECT_TRUE(stage.send(plain_parts, down));
    return take_down();
  }
  void open(const std::string& more = "") {
    EXPECT_EQ(feed(request(more)), StageStatus::ready);
    EXPECT_TRUE(take_down().starts_with("HTTP/1.1 101 "));
  }

  WsStage stage;
  std::string down;
  std::string got;
  std::size_t largest = 0;
};

TEST(WsStage, HandsOnTheSameBytesHoweverTheyAreCut) {
  std::string mqtt;
  for (int i = 0; i < 50; ++i) mqtt += publish_packet("t", std::string(i * 7, 'p'));
  std::string bytes = request();
  for (std::size_t at = 0, size = 1; at < mqtt.size(); at += size, size = size * 5 % 211) {
    bytes += masked(at % 3 == 0 ? fin | binary : binary, mqtt.substr(at, size));
    if (at % 3 != 0) bytes += masked(fin | ping, "?") + masked(fin, "");
  }
  for (const std::size_t piece :
       {std::string::npos, std::size_t{1}, std::size_t{2}, std::size_t{17}, std::size_t{500}}) {
    Bench bench;
    EXPECT_EQ(bench.feed(bytes, piece), StageStatus::ready);
    EXPECT_TRUE(bench.got == mqtt) << piece;
  }
}

TEST(WsStage, RefusesWhatIsNoRequestAtOnceAndOneThatIsTooLong) {
  Bench mqtt;
  EXPECT_EQ(mqtt.feed(connect_packet("a")), StageStatus::failed);
  EXPECT_TRUE(mqtt.down.starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(mqtt.stage.error(), "WebSocket: 400: this is no HTTP request");
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{100000}}) {
    Bench endless;
    EXPECT_EQ(endless.feed("GET /mqtt HTTP/1.1\r\nX: " + std::string(20000, 'x'), piece),
              StageStatus::failed);
    EXPECT_TRUE(endless.down.starts_with("HTTP/1.1 431 "));
  }
}

TEST(WsStage, AnswersPingAndGoodbye) {
  Bench bench;
  bench.open();
  EXPECT_EQ(bench.feed(masked(fin | ping, "hi") + masked(fin | pong, "unasked")), StageStatus::ready);
  EXPECT_EQ(bench.take_down(), plain(fin | pong, "hi"));
  EXPECT_EQ(bench.feed(masked(fin | binary, "x") + masked(fin | close_frame, "\x03\xe9 bye") + "rest"),
            StageStatus::closed);
  EXPECT_EQ(bench.take_down(), plain(fin | close_frame, "\x03\xe9"));
  EXPECT_EQ(bench.got, "x");
  EXPECT_EQ(bench.send({"late"}), "");
  EXPECT_EQ(bench.feed(""), StageStatus::closed);
}

TEST(WsStage, SaysGoodbyeAndWhyItFails) {
  Bench bench;
  bench.open();
  bench.stage.close(bench.down);
  EXPECT_EQ(bench.take_down(), plain(fin | close_frame, "\x03\xe8"));
  EXPECT_EQ(bench.feed(masked(fin | 1, "text")), StageStatus::failed);
  EXPECT_EQ(bench.take_down(), plain(fin | close_frame,
                                     "\x03\xeb"
                                     "text instead of binary data"));
  EXPECT_EQ(bench.stage.error(), "WebSocket: text instead of binary data");
  Bench strange;
  strange.open();
  EXPECT_EQ(strange.feed(masked(fin | close_frame, "\x03\xed")), StageStatus::failed);
  EXPECT_EQ(strange.take_down().substr(2, 2), "\x03\xea");
}

TEST(WsStage, PutsManyPacketsOrOneIntoAMessage) {
  const std::vector<std::string> parts = {pingresp + publish_packet("t", "one"),
                                          publish_packet("t", std::string(200, '2'))};
  Bench multiple;
  multiple.open();
  EXPECT_EQ(multiple.send(parts), plain(fin | binary, parts[0] + parts[1]));
  Bench single({.piggyback_multiple = false});
  single.open();
  EXPECT_EQ(single.send(parts), plain(fin | binary, pingresp) +
                                    plain(fin | binary, publish_packet("t", "one")) +
                                    plain(fin | binary, parts[1]));
  const std::string large = publish_packet("t", std::string(300, 'l'));
  EXPECT_EQ(single.send({large.substr(0, 1)}), plain(binary, large.substr(0, 1)));
  EXPECT_EQ(single.send({large.substr(1, 100), large.substr(101) + pingresp}),
            plain(0, large.substr(1, 100)) + plain(fin, large.substr(101)) + plain(fin | binary, pingresp));
}

// ---------------------------------------------------------------- compression

constexpr const char* offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

WsOptions compressing(bool multiple = true) {
  WsOptions options;
  options.upgrade.compress.emplace();
  options.piggyback_multiple = multiple;
  return options;
}

std::string pack(front::Deflator& deflator, std::string_view message) {
  std::string out;
  deflator.deflate(message, out);
  deflator.finish(out);
  return out;
}

TEST(WsStage, UnpacksMessagesInAnyPieces) {
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
    Bench bench(compressing());
    bench.open(offer);
    front::Deflator deflator({});
    const std::string one = pack(deflator, "Hello Hello Hello");
    const std::string two = pack(deflator, "Hello again");
    EXPECT_EQ(bench.feed(masked(compressed | binary, one.substr(0, 3)) + masked(fin | ping, "") +
                             masked(0, "") + masked(fin, one.substr(3)) + masked(fin | binary, " plain ") +
                             masked(fin | compressed | binary, two),
                         piece),
              StageStatus::ready);
    EXPECT_EQ(bench.got, "Hello Hello Hello plain Hello again");
  }
}

TEST(WsStage, ABombIsUnpackedPieceByPiece) {
  Bench bench(compressing());
  bench.open(offer);
  front::Deflator deflator({});
  const std::string bomb = pack(deflator, std::string(20'000'000, 'x'));
  ASSERT_LT(bomb.size(), 30'000U);
  EXPECT_EQ(bench.feed(masked(fin | compressed | binary, bomb) + masked(fin | binary, "after")),
            StageStatus::ready);
  EXPECT_EQ(bench.got.size(), 20'000'005U);
  EXPECT_LE(bench.largest, 2 * StageIo::up_bytes_max);
  WsOptions limited = compressing();
  limited.max_frame_size = 100'000;
  Bench bound(limited);
  bound.open(offer);
  EXPECT_EQ(bound.feed(masked(fin | compressed | binary, bomb)), StageStatus::failed);
  EXPECT_EQ(bound.stage.error(), "WebSocket: message longer than max_frame_size");
  EXPECT_LE(bound.got.size(), 200'000U);
}

TEST(WsStage, GarbageInsteadOfACompressedMessageIsRefused) {
  Bench bench(compressing());
  bench.open(offer);
  EXPECT_EQ(bench.feed(masked(fin | compressed | binary, "\xff\xff\xff")), StageStatus::failed);
  EXPECT_EQ(bench.down.substr(2, 2), "\x03\xef");
}

TEST(WsStage, PacksWhatIsWorthIt) {
  for (const bool multiple : {true, false}) {
    Bench bench(compressing(multiple));
    bench.open(offer);
    EXPECT_EQ(bench.send({pingresp}), plain(fin | binary, pingresp));
    front::Inflator inflator({});
    for (int i = 0; i < 3; ++i) {
      const std::string packet = publish_packet("t", std::string(120, 'p'));
      const std::string frame = bench.send({packet});
      ASSERT_EQ(static_cast<unsigned char>(frame[0]), fin | compressed | binary);
      ASSERT_LT(frame.size(), 60U);
      std::string_view payload = std::string_view(frame).substr(2);
      std::string out;
      ASSERT_TRUE(inflator.inflate(payload, out, 1 << 20) && inflator.finish(out, 1 << 20));
      EXPECT_EQ(out, packet);
    }
  }
}

TEST(WsStage, PacksOnePacketInSeveralFrames) {
  Bench bench(compressing(false));
  bench.open(offer);
  const std::string packet = publish_packet("t", std::string(120, 'p'));
  const std::string first = bench.send({packet.substr(0, 50)});
  const std::string last = bench.send({packet.substr(50)});
  EXPECT_EQ(static_cast<unsigned char>(first[0]), compressed | binary);
  EXPECT_EQ(static_cast<unsigned char>(last[0]), fin);
  const std::string packed = first.substr(2) + last.substr(2);
  std::string_view rest = packed;
  std::string out;
  front::Inflator inflator({});
  ASSERT_TRUE(inflator.inflate(rest, out, 1 << 20) && inflator.finish(out, 1 << 20));
  EXPECT_EQ(out, packet);
}

// ---------------------------------------------------------------- on a socket

testing::TestNodeOptions websocket(WsOptions options = {}) {
  testing::TestNodeOptions node;
  auto shared = std::make_shared<const WsOptions>(std::move(options));
  node.listener.make_stage = [shared] { return std::make_unique<WsStage>(shared); };
  node.workers = 2;
  return node;
}

TEST(WebSocket, CarriesMqtt) {
  TestNode node(websocket());
  for (int i = 0; i < 4; ++i) {
    RawClient client(node.port());
    client.send(request());
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos) answer += client.take_raw(50);
    client.send(masked(binary, connect_packet("c" + std::to_string(i)).substr(0, 5)));
    client.send(masked(fin, connect_packet("c" + std::to_string(i)).substr(5) + pingreq_packet()));
    EXPECT_EQ(client.take_raw(200), plain(fin | binary, connack + pingresp));
    client.send(masked(fin | binary, testing::disconnect_packet()));
    EXPECT_EQ(client.take_raw(200), plain(fin | close_frame, "\x03\xe8"));
    EXPECT_TRUE(client.closed_by_peer());
  }
}

TEST(WebSocket, AClientThatTakesNoPongsIsNotRead) {
  TestNode node(websocket());
  RawClient client(node.port(), 4096);
  client.send(request() + masked(fin | binary, connect_packet("p")));
  ASSERT_FALSE(client.take_raw(100).empty());
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += masked(fin | ping, std::string(125, 'p'));
  std::size_t sent = 0;
  std::size_t stuck = 0;
  // Some MB lie in the kernel's buffers; a server that takes all pings would go on forever.
  while (sent < 64'000'000 && stuck < 20) {
    const ssize_t size = ::send(client.fd(), pings.data() + sent % pings.size(),
                                pings.size() - sent % pings.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
      stuck = 0;
    } else {
      ++stuck;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  EXPECT_LT(sent, 64'000'000U);
  std::size_t got = 0;
  for (std::string piece = client.take_raw(500); !piece.empty(); piece = client.take_raw(500))
    got += piece.size();
  EXPECT_NEAR(static_cast<double>(got), static_cast<double>(sent) * 127 / 131, 2000.0);
}

TEST(ProxyHeader, NamesTheClientAndMustStandThere) {
  testing::TestNodeOptions options;
  options.listener.make_stage = [] { return std::make_unique<ProxyStage>(ProxyStage::CnAs{}); };
  TestNode node(options);
  RawClient client(node.port());
  client.send("PROXY TCP4 10.0.0.1 10.0.0.2 5 ");
  client.send("1883\r\n" + connect_packet("a"));
  EXPECT_EQ(client.take_raw(200), connack);
  RawClient direct(node.port());
  direct.send(connect_packet("b"));
  EXPECT_TRUE(direct.closed_by_peer());
}

TEST(ProxyHeader, StandsBelowAWebSocket) {
  testing::TestNodeOptions options;
  auto shared = std::make_shared<const WsOptions>();
  options.listener.make_stage = [shared] {
    return std::make_unique<StagePair>(std::make_unique<ProxyStage>(ProxyStage::CnAs{}),
                                       std::make_unique<WsStage>(shared));
  };
  TestNode node(options);
  RawClient client(node.port());
  client.send("PROXY TCP4 10.0.0.1 10.0.0.2 5 1883\r\n" + request() +
              masked(fin | binary, connect_packet("a")));
  EXPECT_TRUE(client.take_raw(200).ends_with(plain(fin | binary, connack)));
}

TEST(ProxyStage, TellsWhoTheClientIs) {
  ProxyStage stage({.username = true});
  std::string up;
  StageIo io{up, up};
  const std::string cn = "\x22\0\x06sensor"s;
  const std::string ssl = "\x20\0\x0e\x07\0\0\0\0"s + cn;
  const std::string bytes =
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1d"s + "\x0a\0\0\1\x0a\0\0\2\0\5\x07\x5b"s + ssl + "rest";
  for (std::size_t i = 0; i + 5 < bytes.size(); ++i) {
    std::string_view piece = std::string_view(bytes).substr(i, 1);
    ASSERT_EQ(stage.receive(piece, io), StageStatus::handshake) << i;
  }
  std::string_view tail = std::string_view(bytes).substr(bytes.size() - 5);
  EXPECT_EQ(stage.receive(tail, io), StageStatus::left);
  EXPECT_EQ(tail, "rest");
  broker::Peer peer{.name = "127.0.0.1:1"};
  stage.describe(peer);
  EXPECT_EQ(peer.name, "10.0.0.1:5");
  EXPECT_EQ(peer.cn, "sensor");
  EXPECT_EQ(peer.username, "sensor");
  EXPECT_EQ(peer.clientid, "");
}

}  // namespace
}  // namespace meshmq::net
