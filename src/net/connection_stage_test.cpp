#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/stage.hpp"
#include "net/stage_pair.hpp"
#include "net/testing/raw_client.hpp"
#include "net/testing/test_node.hpp"

namespace meshmq::net {
namespace {

using testing::connect_packet;
using testing::payload_of;
using testing::pingreq_packet;
using testing::publish_packet;
using testing::RawClient;
using testing::subscribe_packet;
using testing::TestNode;

/// Wants "hello" first and answers "hi"; then every byte is turned over. '!' ends it, if it may.
class Mirror final : public Stage {
 public:
  explicit Mirror(char mask, bool may_close = false) : mask_(mask), may_close_(may_close) {}

  StageStatus receive(std::string_view& bytes, StageIo& io) override {
    constexpr std::string_view hello = "hello";
    while (greeted_ < hello.size() && !bytes.empty()) {
      if (bytes.front() != hello[greeted_++]) {
        io.down += "what?";
        return StageStatus::failed;
      }
      bytes.remove_prefix(1);
      if (greeted_ == hello.size()) io.down += "hi";
    }
    if (greeted_ < hello.size()) return StageStatus::handshake;
    while (!bytes.empty() && !closed_ && io.up.size() < StageIo::up_bytes_max) {
      closed_ = may_close_ && bytes.front() == '!';
      if (!closed_) io.up.push_back(static_cast<char>(bytes.front() ^ mask_));
      bytes.remove_prefix(1);
    }
    return closed_ ? StageStatus::closed : StageStatus::ready;
  }
  bool send(std::span<const iovec> plain, std::string& down) override {
    for (const iovec& part : plain) {
      for (std::size_t i = 0; i < part.iov_len; ++i) {
        down.push_back(static_cast<char>(static_cast<const char*>(part.iov_base)[i] ^ mask_));
      }
    }
    return true;
  }
  void close(std::string& down) override { down += "bye"; }
  void describe(PeerFacts&) const override {}
  std::string error() const override { return "Mirror: no hello"; }

 private:
  char mask_;
  bool may_close_;
  std::size_t greeted_ = 0;
  bool closed_ = false;
};

/// A line at the front.
class Preface final : public Stage {
 public:
  StageStatus receive(std::string_view& bytes, StageIo&) override {
    const std::size_t end = bytes.find('\n');
    name_ += bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    return end == std::string_view::npos ? StageStatus::handshake : StageStatus::left;
  }
  bool send(std::span<const iovec>, std::string&) override { return false; }
  void close(std::string&) override {}
  void describe(PeerFacts& peer) const override { peer.name = name_; }
  std::string error() const override { return {}; }

 private:
  std::string name_;
};

std::string turned(std::string bytes, char mask) {
  for (char& byte : bytes) byte = static_cast<char>(byte ^ mask);
  return bytes;
}

testing::TestNodeOptions staged(StageFactory make) {
  testing::TestNodeOptions options;
  options.node.broker.tick_interval = std::chrono::milliseconds(20);
  options.listener.make_stage = std::move(make);
  return options;
}

std::vector<std::pair<std::string, std::uint64_t>> shutdowns(TestNode& node) {
  return node.listener().stats().shutdown_counts;
}

const std::string connack("\x20\x02\x00\x00", 4);

TEST(ConnectionStage, CarriesMqttOnceTheHandshakeIsOver) {
  TestNode node(staged([] { return std::make_unique<Mirror>('\x55', true); }));
  RawClient client(node.port());
  client.send("hel");
  client.send("lo" + turned(connect_packet("a") + pingreq_packet(), '\x55'));
  EXPECT_EQ(client.take_raw(200), "hi" + turned(connack + std::string("\xd0\x00", 2), '\x55'));
  client.send("!");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(TestNode::eventually([&] { return node.listener().stats().connections == 0; }));
  EXPECT_EQ(shutdowns(node), (std::vector<std::pair<std::string, std::uint64_t>>{{"tcp_closed", 1}}));
}

TEST(ConnectionStage, ABrokersGoodbyeEndsWithThatOfTheStage) {
  TestNode node(staged([] { return std::make_unique<Mirror>('\x55'); }));
  RawClient client(node.port());
  client.send("hello" + turned(connect_packet("a") + std::string("\xf0\x00", 2), '\x55'));
  EXPECT_EQ(client.take_raw(200), "hi" + turned(connack, '\x55') + "bye");
}

TEST(ConnectionStage, AFailedHandshakeHasLastWordsAndIsCounted) {
  TestNode node(staged([] { return std::make_unique<Mirror>('\x55'); }));
  RawClient client(node.port());
  client.send("help");
  EXPECT_EQ(client.take_raw(200), "what?");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(shutdowns(node), (std::vector<std::pair<std::string, std::uint64_t>>{{"handshake_failed", 1}}));
}

TEST(ConnectionStage, AHandshakeThatIsNotFinishedInTimeIsClosed) {
  auto options = staged([] { return std::make_unique<Mirror>('\x55'); });
  options.listener.handshake_timeout = std::chrono::milliseconds(100);
  TestNode node(options);
  RawClient silent(node.port());
  RawClient half(node.port());
  half.send("hel");
  RawClient done(node.port());
  done.send("hello" + turned(connect_packet("a"), '\x55'));
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_TRUE(half.closed_by_peer());
  EXPECT_EQ(shutdowns(node), (std::vector<std::pair<std::string, std::uint64_t>>{{"handshake_timeout", 2}}));
  done.send(turned(pingreq_packet(), '\x55'));
  EXPECT_EQ(done.take_raw(200), "hi" + turned(connack + std::string("\xd0\x00", 2), '\x55'));
  EXPECT_EQ(node.connections(), 1U);
}

TEST(ConnectionStage, WhatAStageRefusesForNowIsOfferedAgain) {
  TestNode node(staged([] {
    return std::make_unique<StagePair>(std::make_unique<Mirror>('\x55'), std::make_unique<Mirror>('\x0f'));
  }));
  RawClient client(node.port());
  client.send("hello" + turned("hello", '\x55') +
              turned(connect_packet("a") + subscribe_packet(1, "t", 0), '\x5a'));
  const std::size_t greeting = 4 + connack.size() + 5;
  ASSERT_EQ(client.take_raw(10'000, greeting).size(), greeting);
  std::string plain;
  for (int i = 0; i < 3000; ++i) plain += publish_packet("t", std::to_string(i) + std::string(90, '.'));
  client.send(turned(plain, '\x5a'));
  EXPECT_TRUE(turned(client.take_raw(10'000, plain.size()), '\x5a') == plain);
}

TEST(ConnectionStage, OneThatHasLeftCostsNothingAndIsRememberedByItsName) {
  testing::TestNodeOptions options = staged([] { return std::make_unique<Preface>(); });
  options.workers = 3;
  TestNode node(options);
  for (int i = 0; i < 6; ++i) {
    RawClient client(node.port());
    client.send("10.1.2.3");
    client.send(":99\n" + connect_packet("c" + std::to_string(i)) + pingreq_packet());
    EXPECT_EQ(client.receive()->type, 2);
    EXPECT_EQ(client.receive()->type, 13);
  }
}

TEST(ConnectionStage, MovesToTheHomeWorkerWithItsConnection) {
  testing::TestNodeOptions options = staged([] {
    return std::make_unique<StagePair>(
        std::make_unique<Preface>(),
        std::make_unique<StagePair>(std::make_unique<Mirror>('\x55'), std::make_unique<Mirror>('\x0f')));
  });
  options.workers = 3;
  TestNode node(options);
  for (int i = 0; i < 12; ++i) {
    RawClient client(node.port());
    client.send(
        "x\nhello" +
        turned("hello" + turned(connect_packet("mover" + std::to_string(i)) + pingreq_packet(), '\x0f'),
               '\x55'));
    EXPECT_EQ(client.take_raw(100),
              "hi" + turned("hi" + turned(connack + std::string("\xd0\x00", 2), '\x0f'), '\x55'));
  }
}

TEST(ConnectionStage, ASlowReaderGetsEverythingInOrder) {
  testing::TestNodeOptions options = staged([] { return std::make_unique<Mirror>('\0'); });
  options.node.broker.output_bytes_max = 8 * 1024 * 1024;
  TestNode node(options);
  RawClient reader(node.port(), 4096);
  reader.send("hello");
  std::string greeting;
  while (greeting.size() < 2) greeting += reader.take_raw(50);
  ASSERT_EQ(greeting, "hi");
  ASSERT_EQ(reader.connect("reader"), 0);
  ASSERT_TRUE(reader.subscribe("s"));
  RawClient writer(node.port());
  writer.send("hello");
  ASSERT_EQ(writer.take_raw(50), "hi");
  ASSERT_EQ(writer.connect("writer"), 0);
  constexpr int count = 2000;
  const auto padding = [](int i) { return std::string(i % 100 == 0 ? 100'000 : 300, 'p'); };
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += publish_packet("s", std::to_string(i) + ":" + padding(i));
  writer.send(bytes);
  for (int i = 0; i < count; ++i) {
    const auto packet = reader.receive();
    ASSERT_TRUE(packet) << i;
    ASSERT_EQ(payload_of(*packet), std::to_string(i) + ":" + padding(i));
  }
}

}  // namespace
}  // namespace meshmq::net
