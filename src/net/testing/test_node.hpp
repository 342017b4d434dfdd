#pragma once
// A node's threads for tests: workers on a listener with a free port, and a control thread that only makes
// routes.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/control_mailbox.hpp"
#include "net/forward_transport.hpp"
#include "net/listener.hpp"
#include "net/route_table.hpp"
#include "net/worker_thread.hpp"

namespace meshmq::net::testing {

struct TestNodeOptions {
  std::uint16_t workers = 1;
  node::Config node;
  ListenerOptions listener;
  MailboxLimits mailbox;
  Duration linger = std::chrono::seconds(5);
};

/// A transport that reaches nobody, unless a test says how.
class TestTransport : public ForwardTransport {
 public:
  void dial(WorkerThread& worker, cluster::Slot slot, const std::string& node) override;
  /// Runs on worker threads; set it before the first dial.
  std::function<void(WorkerThread&, cluster::Slot, const std::string&)> on_dial;
};

class TestNode {
 public:
  explicit TestNode(TestNodeOptions options = {});
  ~TestNode();

  std::uint16_t port() const { return listener_->port(); }
  Listener& listener() { return *listener_; }
  WorkerThread& worker(std::size_t i) { return *workers_[i]; }
  std::vector<WorkerThread*> workers() const;
  TestTransport& transport() { return transport_; }
  /// Waits until `condition` holds; false after five seconds.
  template <class Condition>
  static bool eventually(Condition condition);
  std::size_t connections() const;

 private:
  void handle(node::ToControl& message);

  boost::asio::io_context control_io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{control_io_.get_executor()};
  SharedRouteTable routes_;
  ControlMailbox control_;
  TestTransport transport_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  std::unique_ptr<Listener> listener_;
  std::thread control_thread_;
};

template <class Condition>
bool TestNode::eventually(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace meshmq::net::testing
