#include "net/worker_thread.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "net/forward_transport.hpp"
#include "net/worker_loop.hpp"

namespace meshmq::net {
namespace {

/// Signals are for the main thread: those that are started meanwhile inherit that they take none.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

Result<void> pin(std::thread& thread, unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  const int error = pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
  if (error != 0)
    return fail(Errc::io, fmt::format("core {}: {}", cpu, std::generic_category().message(error)));
  return {};
}

}  // namespace

WorkerThread::WorkerThread(WorkerThreadOptions options, const SharedRouteTable& routes,
                           ControlMailbox& control, ForwardTransport& transport, Logger log)
    : cpu_(options.cpu),
      log_(log),
      loop_(std::make_unique<WorkerLoop>(*this, std::move(options), routes, control, transport, log)) {}

WorkerThread::~WorkerThread() {
  stop();
}

Result<void> WorkerThread::start(std::span<WorkerThread* const> peers) {
  std::vector<WorkerLoop*> loops;
  for (WorkerThread* peer : peers) loops.push_back(peer->loop_.get());
  loop_->set_peers(std::move(loops));
  try {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { loop_->run(); });
  } catch (const std::system_error& error) {
    return fail(Errc::io, fmt::format("worker {} has no thread: {}", index().value, error.what()));
  }
  pthread_setname_np(thread_.native_handle(), fmt::format("worker-{}", index().value).c_str());
  if (cpu_) {
    if (const auto pinned = pin(thread_, *cpu_); !pinned) {
      log_.warning("Worker {} runs on any core: {}", index().value, pinned.error().message);
    }
  }
  return {};
}

void WorkerThread::stop() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

broker::WorkerIndex WorkerThread::index() const {
  return loop_->index();
}
WorkerThreadStats WorkerThread::stats() const {
  return loop_->stats();
}
void WorkerThread::send(node::ToWorker message) {
  loop_->put(std::move(message));
}
void WorkerThread::post(Task task) {
  loop_->put(std::move(task));
}

// ---------------------------------------------------------------- forwarding links

void WorkerThread::forward_failed(cluster::Slot slot) {
  post([slot](WorkerScope& scope) { scope.worker().dial_failed(slot, scope.now()); });
}

void WorkerThread::connected(WorkerScope& scope, cluster::Slot slot, std::unique_ptr<ForwardLink> link) {
  if (link == nullptr) return scope.worker().dial_failed(slot, scope.now());
  LinkTable& links = static_cast<WorkerLoop&>(scope).links();
  const node::LinkId id = links.add(std::move(link));
  links.start(id);
  scope.worker().link_up(id, slot, scope.now());
}

void WorkerThread::accepted(WorkerScope& scope, const std::string& origin, std::uint16_t origin_worker,
                            std::unique_ptr<ForwardLink> link) {
  if (link == nullptr) return;
  LinkTable& links = static_cast<WorkerLoop&>(scope).links();
  const node::LinkId id = links.add(std::move(link));
  links.start(id);
  scope.worker().link_accepted(id, origin, origin_worker, scope.now());
}

}  // namespace meshmq::net
