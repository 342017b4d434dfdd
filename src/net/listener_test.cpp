#include "net/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "net/socket_address.hpp"
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

int connect_unix(const std::string& path) {
  const auto address = unix_address(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address->storage), address->size) == 0) return fd;
  ::close(fd);
  return -1;
}

ListenerOptions unix_listener(const std::string& path) {
  ListenerOptions options;
  options.name = "mqtt:unix:x";
  options.unix_path = path;
  options.unix_mode = 0600;
  return options;
}

TEST(UnixListener, TakesClientsOnAllWorkersAndRemovesItsFile) {
  TestNodeOptions options;
  options.workers = 3;
  TestNode node(options);
  const std::string path = ::testing::TempDir() + "meshmq_unix_" + std::to_string(::getpid());
  auto listener = Listener::start(unix_listener(path), node.workers(), Logger());
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_EQ((*listener)->listen_on(), path);
  struct stat file {};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  for (int i = 0; i < 10; ++i) {
    const UniqueFd client(connect_unix(path));
    ASSERT_TRUE(client);
    const std::string packet = testing::connect_packet("u" + std::to_string(i));
    ASSERT_EQ(::send(client.get(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
    char connack[4];
    ASSERT_EQ(::recv(client.get(), connack, sizeof connack, MSG_WAITALL), 4);
  }
  const auto second = Listener::start(unix_listener(path), node.workers(), Logger());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::already_exists);
  (*listener)->stop();
  EXPECT_NE(::stat(path.c_str(), &file), 0);
}

TEST(UnixListener, ReplacesAStaleSocketAndNothingElse) {
  TestNode node;
  const std::string path = ::testing::TempDir() + "meshmq_stale_" + std::to_string(::getpid());
  {
    const auto address = unix_address(path);
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->size), 0);
  }
  {
    const auto listener = Listener::start(unix_listener(path), node.workers(), Logger());
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_TRUE(UniqueFd(connect_unix(path)));
  }
  const UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY, 0600));
  const auto refused = Listener::start(unix_listener(path), node.workers(), Logger());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, path + ": a file that is no socket stands there");
  ::unlink(path.c_str());
  EXPECT_EQ(Listener::start(unix_listener(std::string(108, 'x')), node.workers(), Logger()).error().message,
            std::string(108, 'x') + ": the path of a socket has at most 107 bytes");
}

TEST(Listener, SaysGoodbyeToItsOwnClientsOnly) {
  TestNodeOptions options;
  options.workers = 2;
  TestNode node(options);
  auto other =
      Listener::start({.name = "other", .address = "127.0.0.1", .port = 0}, node.workers(), Logger());
  ASSERT_TRUE(other);
  std::vector<RawClient> going;
  std::vector<RawClient> staying;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(going.emplace_back((*other)->port()).connect("go" + std::to_string(i)), 0);
    EXPECT_EQ(staying.emplace_back(node.port()).connect("stay" + std::to_string(i)), 0);
  }
  RawClient silent((*other)->port());
  (*other)->stop();
  (*other)->end_clients();
  other->reset();
  for (RawClient& client : going) EXPECT_TRUE(client.closed_by_peer());
  for (RawClient& client : staying) {
    client.send(testing::pingreq_packet());
    EXPECT_EQ(client.receive()->type, 13);
  }
}

TEST(Listener, RefusesWhomItsAccessRulesDeny) {
  TestNodeOptions options;
  options.listener.access.add(front::AccessRule::parse("deny 127.0.0.0/8").value());
  TestNode node(options);
  RawClient client(node.port());
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(node.listener().stats().refused, 1U);
  EXPECT_EQ(node.listener().stats().accepted, 0U);
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
