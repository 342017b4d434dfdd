#include "net/listener.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <thread>
#include <vector>

#include "net/testing/raw_client.hpp"
#include "net/testing/test_node.hpp"
#include "net/unique_fd.hpp"

namespace meshmq::net {
namespace {

using testing::RawClient;
using testing::TestNode;
using testing::TestNodeOptions;

TEST(Listener, ReportsThePortThatItWasGiven) {
  TestNode node;
  EXPECT_NE(node.port(), 0);
  EXPECT_EQ(node.listener().listen_on(), "127.0.0.1:" + std::to_string(node.port()));
}

TEST(Listener, RefusesAPortWhereAnotherNodeListensAlthoughItSharesItAmongItsWorkers) {
  TestNodeOptions options;
  options.workers = 2;
  TestNode node(options);
  const auto workers = node.workers();
  const auto second =
      Listener::start({.name = "twice", .address = "127.0.0.1", .port = node.port()}, workers, Logger());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::already_exists);
  EXPECT_EQ(second.error().message, "127.0.0.1:" + std::to_string(node.port()) +
                                        ": the address is in use: another program or node listens there");
}

TEST(Listener, SaysWhatIsWrongWithAnAddress) {
  TestNode node;
  const auto foreign =
      Listener::start({.name = "x", .address = "192.0.2.1", .port = 0}, node.workers(), Logger());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().message, "192.0.2.1:0: this machine has no such address");
  const auto name =
      Listener::start({.name = "x", .address = "no such host", .port = 0}, node.workers(), Logger());
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, Errc::invalid_argument);
}

TEST(Listener, TakesClientsOfBothFamiliesOnIpv6Any) {
  TestNode node;
  const auto both = Listener::start({.name = "v6", .address = "::", .port = 0}, node.workers(), Logger());
  if (!both) GTEST_SKIP() << both.error().message;
  EXPECT_EQ((*both)->listen_on(), "[::]:" + std::to_string((*both)->port()));
  RawClient client((*both)->port());
  EXPECT_EQ(client.connect("v4-on-v6"), 0);
}

TEST(Listener, SpreadsClientsOverItsWorkersAndTakesThemAll) {
  TestNodeOptions options;
  options.workers = 2;
  TestNode node(options);
  std::vector<RawClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(node.port());
  EXPECT_TRUE(TestNode::eventually([&] { return node.connections() == 100; }));
  EXPECT_GT(node.worker(0).stats().connections, 10U);
  EXPECT_GT(node.worker(1).stats().connections, 10U);
}

TEST(Listener, ClosesThoseAboveMaxConnectionsAtOnceAndTakesTheNextWhenOneHasGone) {
  TestNodeOptions options;
  options.listener.connections_max = 2;
  TestNode node(options);
  RawClient a(node.port());
  RawClient b(node.port());
  ASSERT_EQ(a.connect("a"), 0);
  ASSERT_EQ(b.connect("b"), 0);
  RawClient c(node.port());
  EXPECT_TRUE(c.closed_by_peer());
  EXPECT_EQ(node.listener().stats().refused, 1U);
  a.close();
  ASSERT_TRUE(TestNode::eventually([&] { return node.listener().stats().connections == 1; }));
  RawClient d(node.port());
  EXPECT_EQ(d.connect("d"), 0);
}

TEST(Listener, LetsClientsAboveTheRateWait) {
  TestNodeOptions options;
  options.listener.accepts_per_s_max = 20;
  TestNode node(options);
  const auto start = std::chrono::steady_clock::now();
  std::vector<RawClient> clients;
  for (int i = 0; i < 30; ++i) clients.emplace_back(node.port());
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(clients[static_cast<std::size_t>(i)].connect("r" + std::to_string(i)), 0);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GT(took, std::chrono::milliseconds(350)) << "twenty at once, ten at twenty a second";
  EXPECT_LT(took, std::chrono::seconds(10));
}

TEST(Listener, StopsAndLeavesItsClientsAlone) {
  TestNode node;
  RawClient client(node.port());
  ASSERT_EQ(client.connect("stays"), 0);
  const std::uint16_t port = node.port();
  node.listener().stop();
  EXPECT_ANY_THROW(RawClient late(port));
  client.send(testing::pingreq_packet());
  EXPECT_EQ(client.receive()->type, 13);
  const auto again =
      Listener::start({.name = "again", .address = "127.0.0.1", .port = port}, node.workers(), Logger());
  ASSERT_TRUE(again) << again.error().message;
  RawClient next(port);
  EXPECT_EQ(next.connect("next"), 0);
}

TEST(Listener, PausesWithoutDescriptorsAndGoesOnWhenThereAreSome) {
  TestNode node;
  RawClient early(node.port());
  ASSERT_EQ(early.connect("early"), 0);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd probe(dup(0));
  // The client's own socket is the last descriptor there is.
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(probe.get()) + 2;
  setrlimit(RLIMIT_NOFILE, &tight);
  RawClient late(node.port());
  late.send(testing::connect_packet("late"));
  EXPECT_FALSE(late.receive(300));
  const auto turns = node.worker(0).stats().turns;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_LT(node.worker(0).stats().turns - turns, 20U) << "it must not spin";
  early.send(testing::pingreq_packet());
  EXPECT_EQ(early.receive()->type, 13);
  setrlimit(RLIMIT_NOFILE, &before);
  const auto answer = late.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, 2);
}

}  // namespace
}  // namespace meshmq::net
