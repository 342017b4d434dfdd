#include "net/worker_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/forward_transport.hpp"
#include "net/testing/raw_client.hpp"
#include "net/testing/test_node.hpp"
#include "node/worker.hpp"

namespace meshmq::net {
namespace {

using testing::payload_of;
using testing::pingreq_packet;
using testing::publish_packet;
using testing::RawClient;
using testing::TestNode;
using testing::TestNodeOptions;

/// A client whose home is the given worker, under a name that begins with `stem`.
RawClient client_of_worker(TestNode& node, std::size_t worker, const std::string& stem) {
  for (int i = 0;; ++i) {
    const auto before = node.worker(worker).stats().connections;
    RawClient client(node.port());
    EXPECT_EQ(client.connect(stem + std::to_string(i)), 0);
    if (TestNode::eventually([&] {
          std::size_t all = 0;
          for (WorkerThread* w : node.workers()) all += w->stats().connections;
          return all == node.listener().stats().connections;
        }) &&
        node.worker(worker).stats().connections == before + 1) {
      return client;
    }
    client.send(testing::disconnect_packet());
    client.closed_by_peer();
    TestNode::eventually([&] { return node.listener().stats().connections == node.connections(); });
  }
}

TEST(WorkerThread, RunsTasksOnItsOwnThreadInOrder) {
  TestNode node;
  std::atomic<int> done{0};
  std::string name;
  bool in_order = true;
  for (int i = 0; i < 100; ++i) {
    node.worker(0).post([&, i, owned = std::make_unique<int>(i)](WorkerScope& scope) {
      char buffer[16] = "";
      pthread_getname_np(pthread_self(), buffer, sizeof buffer);
      name = buffer;
      in_order = in_order && done == *owned && i == *owned && scope.now().wall > 0;
      ++done;
    });
  }
  ASSERT_TRUE(TestNode::eventually([&] { return done == 100; }));
  EXPECT_EQ(name, "worker-0");
  EXPECT_TRUE(in_order);
}

TEST(WorkerThread, SleepsWhenNothingHappens) {
  TestNodeOptions options;
  options.workers = 2;
  TestNode node(options);
  RawClient client(node.port());
  ASSERT_EQ(client.connect("quiet"), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto all_turns = [&] { return node.worker(0).stats().turns + node.worker(1).stats().turns; };
  const auto start = std::chrono::steady_clock::now();
  const auto before = all_turns();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto turns = all_turns() - before;
  const auto ticks = (std::chrono::steady_clock::now() - start) / options.node.broker.tick_interval;
  EXPECT_LE(turns, static_cast<std::uint64_t>(2 * ticks + 4)) << "each worker ticks, and no more";
}

TEST(WorkerThread, MessagesToAnotherWorkerStayInOrderAndNoneIsLostWhenItsMailboxIsFull) {
  TestNodeOptions options;
  options.workers = 2;
  options.mailbox.messages_max = 50;
  options.node.broker.output_bytes_max = 64 * 1024 * 1024;
  TestNode node(options);
  RawClient subscriber = client_of_worker(node, 1, "sub-");
  ASSERT_TRUE(subscriber.subscribe("cross"));
  RawClient publisher = client_of_worker(node, 0, "pub-");
  constexpr int count = 30'000;
  std::thread sending([&] {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += publish_packet("cross", std::to_string(i));
    publisher.send(bytes + pingreq_packet());
  });
  for (int i = 0; i < count; ++i) {
    const auto packet = subscriber.receive();
    ASSERT_TRUE(packet) << i;
    ASSERT_EQ(payload_of(*packet), std::to_string(i));
  }
  const auto answer = publisher.receive();
  sending.join();
  ASSERT_TRUE(answer) << "the publisher was let go on";
  EXPECT_EQ(answer->type, 13);
  EXPECT_EQ(node.worker(1).stats().mailbox_messages, 0U);
}

TEST(WorkerThread, AllWorkersPublishToEachOtherAtOnce) {
  constexpr std::uint16_t workers = 3;
  constexpr int each = 2000;
  TestNodeOptions options;
  options.workers = workers;
  options.mailbox.messages_max = 20;
  options.node.broker.output_bytes_max = 64 * 1024 * 1024;
  TestNode node(options);
  std::vector<RawClient> clients;
  for (std::uint16_t i = 0; i < workers; ++i) {
    clients.push_back(client_of_worker(node, i, "all" + std::to_string(i) + "-"));
    ASSERT_TRUE(clients.back().subscribe("everybody"));
  }
  std::vector<std::thread> threads;
  for (RawClient& client : clients) {
    threads.emplace_back([&client] {
      std::thread sending([&client] {
        for (int i = 0; i < each; ++i) client.send(publish_packet("everybody", std::to_string(i)));
      });
      int received = 0;
      while (received < each * workers && client.receive()) ++received;
      sending.join();
      EXPECT_EQ(received, each * workers);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(WorkerThread, StopsInTheMiddleOfTraffic) {
  for (int round = 0; round < 5; ++round) {
    TestNodeOptions options;
    options.workers = 3;
    options.mailbox.messages_max = 20;
    auto node = std::make_unique<TestNode>(options);
    const std::uint16_t port = node->port();
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; !over; ++i) {
          try {
            RawClient client(port);
            if (client.connect("busy-" + std::to_string(t) + "-" + std::to_string(i % 5)) != 0) continue;
            client.send(testing::subscribe_packet(1, "all/#", 0));
            for (int k = 0; k < 200; ++k) client.send(publish_packet("all/" + std::to_string(k), "x"));
            client.receive(10);
          } catch (const std::runtime_error&) {
            return;
          }
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    node.reset();
    over = true;
    for (std::thread& thread : threads) thread.join();
  }
}

// ---------------------------------------------------------------- forwarding links

/// A link that keeps what is sent; the test plays the other side by posting to the worker.
class FakeLink final : public ForwardLink {
 public:
  struct Record {
    std::mutex mutex;
    std::vector<std::string> sent;
    ForwardLinkEvents* events = nullptr;
    int made = 0;
    int destroyed = 0;
    std::atomic<bool> closed{false};
  };

  FakeLink(boost::asio::io_context& io, Record& record) : io_(io), record_(record) {
    const std::lock_guard lock(record_.mutex);
    ++record_.made;
  }
  ~FakeLink() override {
    const std::lock_guard lock(record_.mutex);
    ++record_.destroyed;
    record_.events = nullptr;
  }
  void start(ForwardLinkEvents& events) override {
    const std::lock_guard lock(record_.mutex);
    record_.events = &events;
  }
  std::size_t send(std::string_view frame) override {
    const std::lock_guard lock(record_.mutex);
    record_.sent.emplace_back(frame);
    return frame.size();
  }
  void close() override {
    boost::asio::post(io_, [events = record_.events] { events->link_down(); });
    record_.closed = true;
  }

 private:
  boost::asio::io_context& io_;
  Record& record_;
};

TEST(WorkerThread, DialsAPeerGreetsItAndDialsAgainWhenTheLinkIsLost) {
  TestNodeOptions options;
  options.node.redial_min = std::chrono::milliseconds(20);
  options.node.redial_max = std::chrono::milliseconds(40);
  options.node.broker.tick_interval = std::chrono::milliseconds(10);
  FakeLink::Record record;
  std::atomic<int> dials{0};
  TestNode node(options);
  node.transport().on_dial = [&](WorkerThread& worker, cluster::Slot slot, const std::string& name) {
    EXPECT_EQ(name, "peer@host");
    if (++dials == 1) return worker.forward_failed(slot);
    worker.forward_connected(
        slot, [&](boost::asio::io_context& io) { return std::make_unique<FakeLink>(io, record); });
  };
  node.worker(0).send(node::PeerUp{.slot = cluster::Slot(5), .node = "peer@host", .incarnation = 1});
  const auto greeted = [&](std::size_t times) {
    return TestNode::eventually([&] {
      const std::lock_guard lock(record.mutex);
      return record.sent.size() >= times;
    });
  };
  ASSERT_TRUE(greeted(1));
  EXPECT_EQ(dials, 2) << "a failed dial is tried again";
  TestNode::eventually([&] { return node.worker(0).stats().links == 1; });
  node.worker(0).post([&](WorkerScope& scope) {
    boost::asio::post(scope.io(), [events = record.events] { events->link_down(); });
  });
  ASSERT_TRUE(greeted(2));
  {
    const std::lock_guard lock(record.mutex);
    EXPECT_EQ(record.destroyed, 1);
    EXPECT_EQ(record.made, 2);
  }
  node.worker(0).send(node::PeerDown{cluster::Slot(5)});
  EXPECT_TRUE(TestNode::eventually([&] { return node.worker(0).stats().links == 0; }));
  EXPECT_TRUE(record.closed) << "a link to a node that is down is closed";
}

TEST(WorkerThread, TakesAFailedHandshakeAsAFailedDial) {
  TestNodeOptions options;
  options.node.redial_min = std::chrono::milliseconds(10);
  options.node.broker.tick_interval = std::chrono::milliseconds(10);
  std::atomic<int> dials{0};
  TestNode node(options);
  node.transport().on_dial = [&](WorkerThread& worker, cluster::Slot slot, const std::string&) {
    ++dials;
    worker.forward_connected(slot, [](boost::asio::io_context&) { return std::unique_ptr<ForwardLink>(); });
  };
  node.worker(0).send(node::PeerUp{.slot = cluster::Slot(2), .node = "x@y", .incarnation = 1});
  EXPECT_TRUE(TestNode::eventually([&] { return dials >= 2; }));
}

}  // namespace
}  // namespace meshmq::net
