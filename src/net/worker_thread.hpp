#pragma once
// One worker: a thread, its event loop, its clients' connections and the pure node::Worker that decides
// everything.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/mailbox.hpp"
#include "net/task.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"

namespace meshmq::net {

class ControlMailbox;
class ForwardLink;
class ForwardTransport;
class SharedRouteTable;
class WorkerLoop;

struct WorkerThreadOptions {
  node::Config node;  ///< `workers` says how many threads there are
  broker::WorkerIndex self;
  std::uint64_t incarnation = 0;  ///< as node::Worker wants it
  std::uint64_t seed = 0;         ///< unpredictable, different for each worker
  std::optional<unsigned> cpu;    ///< run on this core only
  MailboxLimits mailbox;
  /// How long a closed connection may take to swallow what was queued for it.
  Duration linger = std::chrono::seconds(5);
};

/// What a worker is doing; for `vm`, metrics and tests.
struct WorkerThreadStats {
  std::size_t connections = 0;
  std::size_t links = 0;
  std::size_t mailbox_messages = 0;
  std::uint64_t turns = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t receive_calls = 0;
  std::uint64_t send_calls = 0;
  std::uint64_t packets_sent = 0;
};

/// Owner: the server. Life: make all workers, start() each, ..., stop() all, destroy all. `routes`, `control`
/// and `transport` must outlive it. Thread rule: every public method may be called from any thread unless it
/// says otherwise; the control thread must not wait in SharedRouteTable::commit() for a worker that waits for
/// it: workers never wait for anybody.
class WorkerThread {
 public:
  WorkerThread(WorkerThreadOptions options, const SharedRouteTable& routes, ControlMailbox& control,
               ForwardTransport& transport, Logger log);
  ~WorkerThread();

  /// `peers` are all workers of the node, this one included, in the order of their indices; they must outlive
  /// the thread.
  Result<void> start(std::span<WorkerThread* const> peers);
  /// Closes what is still open, ends the thread and waits for it. For a goodbye to clients first send
  /// node::ShutDown and watch stats().connections. Not from a worker thread. All workers must be stopped
  /// before any is destroyed.
  void stop();

  broker::WorkerIndex index() const;
  WorkerThreadStats stats() const;

  /// From the control core: handled in the order of calls of one thread.
  void send(node::ToWorker message);
  /// Runs on this worker's thread, within a batch of events.
  void post(Task task);

  // --- answers to ForwardTransport::dial(), and links that other nodes opened
  /// Makes a link on this worker's thread and loop: `make(io_context&) -> std::unique_ptr<ForwardLink>`.
  /// nullptr: failed.
  template <class Make>
  void forward_connected(cluster::Slot slot, Make make);
  void forward_failed(cluster::Slot slot);
  /// All links of one (origin, origin_worker) must come to the same worker: `origin_worker % workers` will
  /// do.
  template <class Make>
  void forward_accepted(std::string origin, std::uint16_t origin_worker, Make make);

  /// For this folder.
  WorkerLoop& loop() { return *loop_; }

 private:
  static void connected(WorkerScope& scope, cluster::Slot slot, std::unique_ptr<ForwardLink> link);
  static void accepted(WorkerScope& scope, const std::string& origin, std::uint16_t origin_worker,
                       std::unique_ptr<ForwardLink> link);

  std::optional<unsigned> cpu_;
  Logger log_;
  std::unique_ptr<WorkerLoop> loop_;
  std::thread thread_;
};

template <class Make>
void WorkerThread::forward_connected(cluster::Slot slot, Make make) {
  post([slot, make = std::move(make)](WorkerScope& scope) mutable {
    connected(scope, slot, make(scope.io()));
  });
}

template <class Make>
void WorkerThread::forward_accepted(std::string origin, std::uint16_t origin_worker, Make make) {
  post([origin = std::move(origin), origin_worker, make = std::move(make)](WorkerScope& scope) mutable {
    accepted(scope, origin, origin_worker, make(scope.io()));
  });
}

}  // namespace meshmq::net
