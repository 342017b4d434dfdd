#include "net/testing/test_node.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace meshmq::net::testing {

void TestTransport::dial(WorkerThread& worker, cluster::Slot slot, const std::string& node) {
  if (on_dial) return on_dial(worker, slot, node);
  worker.forward_failed(slot);
}

TestNode::TestNode(TestNodeOptions options)
    : routes_(options.workers), control_(control_io_, [this](std::vector<node::ToControl>& batch) {
        for (node::ToControl& message : batch) handle(message);
      }) {
  options.node.workers = options.node.broker.worker_count = options.workers;
  for (std::uint16_t i = 0; i < options.workers; ++i) {
    routes_.set_live(cluster::Slot(i), true);
    WorkerThreadOptions worker;
    worker.node = options.node;
    worker.self = broker::WorkerIndex(i);
    worker.incarnation = 1;
    worker.seed = 7U + i;
    worker.mailbox = options.mailbox;
    worker.linger = options.linger;
    workers_.push_back(
        std::make_unique<WorkerThread>(std::move(worker), routes_, control_, transport_, Logger()));
  }
  routes_.commit();
  control_thread_ = std::thread([this] { control_io_.run(); });
  const std::vector<WorkerThread*> all = workers();
  for (auto& worker : workers_) {
    if (!worker->start(all)) throw std::runtime_error("no thread");
  }
  options.listener.address = "127.0.0.1";
  options.listener.port = 0;
  auto listener = Listener::start(options.listener, all, Logger());
  if (!listener) throw std::runtime_error(listener.error().message);
  listener_ = std::move(*listener);
}

TestNode::~TestNode() {
  listener_.reset();
  for (auto& worker : workers_) worker->stop();
  work_.reset();
  control_io_.stop();
  control_thread_.join();
}

std::vector<WorkerThread*> TestNode::workers() const {
  std::vector<WorkerThread*> all;
  for (const auto& worker : workers_) all.push_back(worker.get());
  return all;
}

std::size_t TestNode::connections() const {
  std::size_t count = 0;
  for (const auto& worker : workers_) count += worker->stats().connections;
  return count;
}

void TestNode::handle(node::ToControl& message) {
  if (auto* request = std::get_if<node::SubscribeRequest>(&message)) {
    for (const auto& filter : request->filters) {
      if (filter.add_route) routes_.add(filter.filter, cluster::Slot(request->worker.value));
    }
    routes_.commit();
    std::vector<std::vector<mqtt::MessagePtr>> retained(request->filters.size());
    workers_[request->worker.value]->send(node::SubscribeDone{request->token, std::move(retained)});
  } else if (auto* unroute = std::get_if<node::UnrouteRequest>(&message)) {
    routes_.remove(unroute->filter, cluster::Slot(unroute->worker.value));
    routes_.commit();
  } else if (auto* group = std::get_if<node::GroupRequest>(&message)) {
    routes_.set_group(group->group, {cluster::Slot(group->worker.value), group->weight});
    routes_.commit();
  }
}

}  // namespace meshmq::net::testing
