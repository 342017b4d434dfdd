#include "net/listener.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <string>

#include "net/acceptor.hpp"
#include "net/listen_socket.hpp"
#include "net/socket_address.hpp"
#include "net/worker_thread.hpp"

namespace meshmq::net {

class Listener::Impl {
 public:
  Impl(ListenerOptions options, Logger log)
      : shared_(std::make_shared<ListenerShared>(std::move(options), log)) {}
  ~Impl() { stop(); }

  void start(std::vector<UniqueFd> sockets, std::span<WorkerThread* const> workers) {
    workers_.assign(workers.begin(), workers.end());
    address_ = local_address(sockets.front().get());
    shared_->ledger->port = address_.port();
    if (!shared_->options.unix_path.empty()) ::lstat(shared_->options.unix_path.c_str(), &file_);
    for (std::size_t i = 0; i < workers.size(); ++i) {
      acceptors_.emplace_back(workers[i],
                              std::make_shared<Acceptor>(workers[i]->loop(), std::move(sockets[i]), shared_));
      workers[i]->post([acceptor = acceptors_.back().second](WorkerScope&) { acceptor->start(); });
    }
  }

  void stop() {
    std::vector<std::future<void>> stopped;
    for (auto& [worker, its] : acceptors_) {
      std::promise<void> promise;
      stopped.push_back(promise.get_future());
      worker->post([acceptor = its, promise = std::move(promise)](WorkerScope&) mutable {
        acceptor->stop();
        promise.set_value();
      });
    }
    // A worker that has ended drops the task, which breaks its promise: that is an answer too.
    for (std::future<void>& one : stopped) one.wait();
    if (!acceptors_.empty()) remove_file();
    acceptors_.clear();
  }

  void end_clients() {
    shared_->ledger->ended.store(true, std::memory_order_relaxed);
    for (WorkerThread* worker : workers_) {
      worker->post([worker, ledger = shared_->ledger](WorkerScope&) {
        worker->loop().connections().end_all(*ledger);
      });
    }
  }

  void set_limits(std::size_t connections_max, std::uint32_t accepts_per_s_max) {
    shared_->connections_max.store(connections_max, std::memory_order_relaxed);
    shared_->rate.set(accepts_per_s_max);
  }

  const ListenerShared& shared() const { return *shared_; }
  const SocketAddress& address() const { return address_; }
  std::size_t acceptors() const { return acceptors_.size(); }

 private:
  /// Of a Unix domain socket, unless another one has taken its place.
  void remove_file() const {
    const std::string& path = shared_->options.unix_path;
    struct stat there {};
    if (path.empty() || ::lstat(path.c_str(), &there) != 0) return;
    if (there.st_dev == file_.st_dev && there.st_ino == file_.st_ino) ::unlink(path.c_str());
  }

  std::shared_ptr<ListenerShared> shared_;
  std::vector<WorkerThread*> workers_;
  SocketAddress address_;
  struct stat file_ {};
  std::vector<std::pair<WorkerThread*, std::shared_ptr<Acceptor>>> acceptors_;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::start(ListenerOptions options,
                                                  std::span<WorkerThread* const> workers, Logger log) {
  auto sockets = open_listening(options, workers.size());
  if (!sockets) return tl::unexpected(sockets.error());
  auto impl = std::make_unique<Impl>(std::move(options), log);
  impl->start(std::move(*sockets), workers);
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

void Listener::stop() {
  impl_->stop();
}
void Listener::end_clients() {
  impl_->end_clients();
}
void Listener::set_limits(std::size_t connections_max, std::uint32_t accepts_per_s_max) {
  impl_->set_limits(connections_max, accepts_per_s_max);
}
const ListenerOptions& Listener::options() const {
  return impl_->shared().options;
}
std::uint16_t Listener::port() const {
  return impl_->address().port();
}
std::string Listener::listen_on() const {
  return format_address(impl_->address().storage);
}
std::size_t Listener::acceptors() const {
  return impl_->acceptors();
}

ListenerStats Listener::stats() const {
  const ListenerLedger& ledger = *impl_->shared().ledger;
  ListenerStats stats{.connections = ledger.connections.load(std::memory_order_relaxed),
                      .accepted = ledger.accepted.load(std::memory_order_relaxed),
                      .refused = ledger.refused.load(std::memory_order_relaxed),
                      .shutdown_counts = {}};
  for (std::uint8_t cause = 0; cause < ShutdownCause::count; ++cause) {
    const std::uint64_t count = ledger.shutdowns[cause].load(std::memory_order_relaxed);
    if (count > 0) stats.shutdown_counts.emplace_back(ShutdownCause::text(cause), count);
  }
  std::sort(stats.shutdown_counts.begin(), stats.shutdown_counts.end());
  return stats;
}

}  // namespace meshmq::net
