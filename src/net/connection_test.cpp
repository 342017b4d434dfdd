#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/testing/raw_client.hpp"
#include "net/testing/test_node.hpp"
#include "node/worker.hpp"

namespace meshmq::net {
namespace {

using testing::connect_packet;
using testing::disconnect_packet;
using testing::payload_of;
using testing::pingreq_packet;
using testing::publish_packet;
using testing::RawClient;
using testing::subscribe_packet;
using testing::TestNode;

std::vector<std::pair<std::string, std::uint64_t>> shutdowns(TestNode& node) {
  return node.listener().stats().shutdown_counts;
}

TEST(Connection, AnswersAPacketThatComesByteByByte) {
  TestNode node;
  RawClient client(node.port());
  for (const char byte : connect_packet("slow-writer")) {
    client.send({&byte, 1});
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, 2);
}

TEST(Connection, HandlesManyPacketsOfOneSegmentInOrder) {
  TestNode node;
  RawClient client(node.port());
  std::string bytes = connect_packet("pipeline") + subscribe_packet(7, "t", 0);
  client.send(bytes);
  ASSERT_EQ(client.receive()->type, 2);
  ASSERT_EQ(client.receive()->type, 9);
  bytes.clear();
  for (int i = 0; i < 5000; ++i) bytes += publish_packet("t", std::to_string(i));
  client.send(bytes + pingreq_packet());
  for (int i = 0; i < 5000; ++i) {
    const auto packet = client.receive();
    ASSERT_TRUE(packet);
    ASSERT_EQ(payload_of(*packet), std::to_string(i));
  }
  EXPECT_EQ(client.receive()->type, 13);
}

TEST(Connection, CarriesPayloadsLargerThanAnyBuffer) {
  testing::TestNodeOptions options;
  options.node.broker.packet_bytes_max = 8 * 1024 * 1024;
  options.node.broker.output_bytes_max = 16 * 1024 * 1024;
  TestNode node(options);
  RawClient client(node.port());
  ASSERT_EQ(client.connect("large"), 0);
  ASSERT_TRUE(client.subscribe("big/#"));
  std::string payload(5'000'000, 'x');
  for (std::size_t i = 0; i < payload.size(); i += 997) payload[i] = static_cast<char>('a' + i % 26);
  client.send(publish_packet("big/one", payload) + publish_packet("big/two", "small"));
  const auto big = client.receive();
  ASSERT_TRUE(big);
  EXPECT_TRUE(payload_of(*big) == payload);
  EXPECT_EQ(payload_of(*client.receive()), "small");
}

TEST(Connection, PatchesTheReceiversOwnPacketId) {
  TestNode node;
  RawClient a(node.port());
  RawClient b(node.port());
  ASSERT_EQ(a.connect("qos-a"), 0);
  ASSERT_EQ(b.connect("qos-b"), 0);
  ASSERT_TRUE(a.subscribe("q", 1));
  ASSERT_TRUE(b.subscribe("other", 1));
  ASSERT_TRUE(b.subscribe("q", 1));
  a.send(publish_packet("other", "only b", 1, 9));
  const auto id_of = [](const testing::RawPacket& p) {
    return p.body.substr(2 + static_cast<unsigned char>(p.body[1]), 2);
  };
  const auto first = b.receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(id_of(*first), std::string("\0\1", 2));
  EXPECT_EQ(a.receive()->type, 4);
  a.send(publish_packet("q", std::string(6000, 'z'), 1, 10));
  const auto at_b = b.receive();
  ASSERT_TRUE(at_b);
  EXPECT_EQ(id_of(*at_b), std::string("\0\2", 2));
  EXPECT_EQ(payload_of(*at_b), std::string(6000, 'z'));
  auto at_a = a.receive();
  ASSERT_TRUE(at_a);
  if (at_a->type == 4) at_a = a.receive();
  EXPECT_EQ(id_of(*at_a), std::string("\0\1", 2));
}

/// As its worker lists it.
broker::SocketTraffic socket_of(TestNode& node, const std::string& client_id) {
  std::vector<broker::ClientInfo> found;
  for (WorkerThread* worker : node.workers()) {
    std::promise<std::vector<broker::ClientInfo>> answer;
    worker->post([&](WorkerScope& scope) { answer.set_value(scope.worker().broker().clients(client_id)); });
    for (auto& client : answer.get_future().get()) found.push_back(std::move(client));
  }
  EXPECT_EQ(found.size(), 1U);
  return found.empty() ? broker::SocketTraffic() : found[0].socket.value_or(broker::SocketTraffic());
}

// With two workers, half of the connections move to the other one with their first packet.
TEST(Connection, CountsBytesReadsAndWritesWhereverItLives) {
  testing::TestNodeOptions options;
  options.workers = 2;
  options.node.broker.packet_bytes_max = 8 * 1024 * 1024;
  options.node.broker.output_bytes_max = 16 * 1024 * 1024;
  TestNode node(options);
  for (int i = 0; i < 8; ++i) {
    const std::string id = "counted-" + std::to_string(i);
    RawClient client(node.port());
    ASSERT_EQ(client.connect(id), 0);
    ASSERT_TRUE(client.subscribe(id));
    const std::size_t begun = connect_packet(id).size() + subscribe_packet(1, id, 0).size();
    broker::SocketTraffic seen = socket_of(node, id);
    EXPECT_EQ(seen.bytes_received, begun);
    EXPECT_EQ(seen.reads, 2U);
    EXPECT_EQ(seen.bytes_sent, 4U + 5U) << "CONNACK, SUBACK";
    EXPECT_EQ(seen.writes, 2U);
    const std::string large = publish_packet(id, std::string(700'000, 'x'));
    client.send(large);
    ASSERT_TRUE(client.receive());
    seen = socket_of(node, id);
    EXPECT_EQ(seen.bytes_received, begun + large.size());
    EXPECT_EQ(seen.bytes_sent, 9U + large.size());
    EXPECT_GT(seen.reads, 3U) << "no read takes that much";
    EXPECT_GT(seen.writes, 2U);
  }
}

TEST(Connection, CountsWhyItEnded) {
  TestNode node;
  {
    RawClient polite(node.port());
    ASSERT_EQ(polite.connect("polite"), 0);
    polite.send(disconnect_packet());
    EXPECT_TRUE(polite.closed_by_peer());
    RawClient silent(node.port());
    ASSERT_EQ(silent.connect("silent"), 0);
    silent.close();
    RawClient rude(node.port());
    ASSERT_EQ(rude.connect("rude"), 0);
    rude.abort();
    RawClient wrong(node.port());
    ASSERT_EQ(wrong.connect("wrong"), 0);
    wrong.send(std::string("\xf0\x00", 2));
    EXPECT_TRUE(wrong.closed_by_peer());
  }
  EXPECT_TRUE(TestNode::eventually([&] { return node.listener().stats().connections == 0; }));
  const std::vector<std::pair<std::string, std::uint64_t>> expected{
      {"normal", 1}, {"protocol_error", 1}, {"tcp_closed", 1}, {"tcp_error", 1}};
  EXPECT_EQ(shutdowns(node), expected);
  EXPECT_EQ(node.connections(), 0U);
}

TEST(Connection, AnswersWhatCameBeforeAHalfClose) {
  TestNode node;
  RawClient client(node.port());
  client.send(connect_packet("half") + pingreq_packet());
  client.shut_down_sending();
  EXPECT_EQ(client.receive()->type, 2);
  EXPECT_EQ(client.receive()->type, 13);
  EXPECT_TRUE(client.closed_by_peer());
}

// Unread input at close() would turn our goodbye into a reset.
TEST(Connection, LastWordsArriveAlthoughTheClientKeepsSending) {
  TestNode node;
  RawClient old(node.port());
  ASSERT_EQ(old.connect("twin"), 0);
  RawClient young(node.port());
  std::thread flood([&] {
    for (int i = 0; i < 200; ++i) old.send(publish_packet("nobody", std::string(1000, 'f')));
  });
  EXPECT_EQ(young.connect("twin"), 0);
  flood.join();
  EXPECT_TRUE(old.closed_by_peer());
  old.close();
  EXPECT_TRUE(TestNode::eventually([&] { return node.connections() == 1; }));
}

TEST(Connection, ASlowReaderIsWaitedForAndLosesNothingWithinTheLimit) {
  testing::TestNodeOptions options;
  options.node.broker.output_bytes_max = 8 * 1024 * 1024;
  TestNode node(options);
  RawClient reader(node.port(), 4096);
  ASSERT_EQ(reader.connect("reader"), 0);
  ASSERT_TRUE(reader.subscribe("s"));
  RawClient writer(node.port());
  ASSERT_EQ(writer.connect("writer"), 0);
  constexpr int count = 4000;
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += publish_packet("s", std::to_string(i) + ":" + std::string(i % 10 == 0 ? 8000 : 300, 'p'));
  }
  writer.send(bytes + pingreq_packet());
  EXPECT_EQ(writer.receive()->type, 13) << "others do not wait for the slow one";
  for (int i = 0; i < count; ++i) {
    const auto packet = reader.receive();
    ASSERT_TRUE(packet) << i;
    const std::string payload = payload_of(*packet);
    ASSERT_EQ(payload.substr(0, payload.find(':')), std::to_string(i));
    ASSERT_EQ(payload.size(), std::to_string(i).size() + 1 + (i % 10 == 0 ? 8000 : 300));
  }
}

// All of it comes in within one turn or two, several times the limit.
TEST(Connection, AQuickReaderNeverReachesTheLimitThatIsMeantForSlowOnes) {
  testing::TestNodeOptions options;
  options.node.broker.output_bytes_max = 32 * 1024;
  options.node.broker.queue_messages_max = 1;
  options.listener.send_buffer_bytes = 1024 * 1024;
  TestNode node(options);
  RawClient reader(node.port());
  ASSERT_EQ(reader.connect("reader"), 0);
  ASSERT_TRUE(reader.subscribe("s"));
  RawClient writer(node.port());
  ASSERT_EQ(writer.connect("writer"), 0);
  constexpr int count = 2000;
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += publish_packet("s", std::to_string(i) + std::string(90, '.'));
  writer.send(bytes);
  for (int i = 0; i < count; ++i) {
    const auto packet = reader.receive();
    ASSERT_TRUE(packet) << i;
    ASSERT_EQ(std::stoi(payload_of(*packet)), i);
  }
}

// More than is read and written in one turn comes, then nothing: what is left over needs no further event.
TEST(Connection, WhatOneTurnLeavesOverIsWrittenInTheNext) {
  testing::TestNodeOptions options;
  options.node.broker.output_bytes_max = 8 * 1024 * 1024;
  options.node.broker.tick_interval = std::chrono::seconds(60);
  TestNode node(options);
  RawClient client(node.port());
  ASSERT_EQ(client.connect("echo"), 0);
  ASSERT_TRUE(client.subscribe("s"));
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += publish_packet("s", std::to_string(i) + std::string(400, '.'));
  client.send(bytes);
  for (int i = 0; i < 3000; ++i) {
    const auto packet = client.receive(2000);
    ASSERT_TRUE(packet) << i;
  }
}

TEST(Connection, AClientThatTakesNothingIsClosedAfterSendTimeout) {
  testing::TestNodeOptions options;
  options.node.broker.output_bytes_max = 64 * 1024 * 1024;
  options.node.broker.tick_interval = std::chrono::milliseconds(20);
  options.listener.send_timeout = std::chrono::milliseconds(100);
  TestNode node(options);
  RawClient stuck(node.port(), 4096);
  ASSERT_EQ(stuck.connect("stuck"), 0);
  ASSERT_TRUE(stuck.subscribe("s"));
  RawClient writer(node.port());
  ASSERT_EQ(writer.connect("writer"), 0);
  for (int i = 0; i < 200; ++i) writer.send(publish_packet("s", std::string(100'000, 'p')));
  EXPECT_TRUE(TestNode::eventually([&] { return node.connections() == 1; }));
  EXPECT_EQ(shutdowns(node), (std::vector<std::pair<std::string, std::uint64_t>>{{"send_timeout", 1}}));
}

TEST(Connection, GoesToItsHomeWorkerWithAllThatItHasSent) {
  testing::TestNodeOptions options;
  options.workers = 3;
  TestNode node(options);
  constexpr int clients = 30;
  std::vector<RawClient> all;
  for (int i = 0; i < clients; ++i) {
    all.emplace_back(node.port());
    const std::string id = "mover-" + std::to_string(i);
    all.back().send(connect_packet(id) + subscribe_packet(1, id, 0) + pingreq_packet());
  }
  for (RawClient& client : all) {
    std::string types;
    for (int i = 0; i < 3; ++i) types += std::to_string(client.receive()->type) + " ";
    EXPECT_TRUE(types == "2 9 13 " || types == "2 13 9 ") << types;
  }
  EXPECT_EQ(node.listener().stats().connections, static_cast<std::size_t>(clients));
  EXPECT_EQ(node.connections(), static_cast<std::size_t>(clients));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(node.worker(i).stats().connections, 0U) << "hashes spread";
  for (int i = 0; i < clients; ++i) {
    all[0].send(publish_packet("mover-" + std::to_string(i), "hello " + std::to_string(i)));
    const auto packet = all[static_cast<std::size_t>(i)].receive();
    ASSERT_TRUE(packet);
    EXPECT_EQ(payload_of(*packet), "hello " + std::to_string(i));
  }
}

TEST(Connection, ManyShortLivesLeaveNothingBehind) {
  testing::TestNodeOptions options;
  options.workers = 2;
  TestNode node(options);
  for (int i = 0; i < 300; ++i) {
    RawClient client(node.port());
    client.send(connect_packet("brief-" + std::to_string(i % 7)));
    if (i % 3 == 0) client.receive();
    if (i % 2 == 0) client.abort();
  }
  // Both: one of them may still wait in the kernel's queue of connections while the listener counts none.
  EXPECT_TRUE(TestNode::eventually(
      [&] { return node.listener().stats().connections == 0 && node.connections() == 0; }));
}

TEST(Connection, ShutDownSaysGoodbyeToEverybody) {
  TestNode node;
  RawClient client(node.port());
  ASSERT_EQ(client.connect("guest"), 0);
  node.worker(0).send(node::ShutDown{});
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(TestNode::eventually([&] { return node.connections() == 0; }));
  EXPECT_EQ(shutdowns(node), (std::vector<std::pair<std::string, std::uint64_t>>{{"shutting_down", 1}}));
}

}  // namespace
}  // namespace meshmq::net
