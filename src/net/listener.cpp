#include "net/listener.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <system_error>

#include "net/acceptor.hpp"
#include "net/socket_address.hpp"
#include "net/worker_thread.hpp"

namespace meshmq::net {
namespace {

Error bind_error(const std::string& where, int error) {
  switch (error) {
    case EADDRINUSE:
      return {Errc::already_exists,
              fmt::format("{}: the address is in use: another program or node listens there", where)};
    case EACCES:
      return {Errc::refused,
              fmt::format("{}: permission denied: ports below 1024 are for privileged users", where)};
    case EADDRNOTAVAIL:
      return {Errc::invalid_argument, fmt::format("{}: this machine has no such address", where)};
    default:
      return {Errc::io, fmt::format("{}: {}", where, std::generic_category().message(error))};
  }
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

Result<UniqueFd> make_socket(const SocketAddress& address, const ListenerOptions& options) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return tl::unexpected(bind_error(format_address(address.storage), errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6)
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only);
  // Accepted sockets inherit these; the receive buffer must be known before the handshake.
  if (options.send_buffer_bytes > 0) set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  if (options.receive_buffer_bytes > 0)
    set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
  return fd;
}

/// One socket for each worker on the same port. The first is bound alone, so that a port on which anybody
/// else listens (another node of ours would share it too) is refused; only then sharing is allowed, for the
/// others.
Result<std::vector<UniqueFd>> listen(SocketAddress address, const ListenerOptions& options,
                                     std::size_t count) {
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    auto fd = make_socket(address, options);
    if (!fd) return tl::unexpected(fd.error());
    if (i > 0) set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
        ::listen(fd->get(), options.backlog) != 0) {
      return tl::unexpected(bind_error(format_address(address.storage), errno));
    }
    set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (i == 0) address = local_address(fd->get());
    sockets.push_back(std::move(*fd));
  }
  return sockets;
}

}  // namespace

class Listener::Impl {
 public:
  Impl(ListenerOptions options, Logger log)
      : shared_(std::make_shared<ListenerShared>(std::move(options), log)) {}
  ~Impl() { stop(); }

  void start(std::vector<UniqueFd> sockets, std::span<WorkerThread* const> workers) {
    address_ = local_address(sockets.front().get());
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
    acceptors_.clear();
  }

  const ListenerShared& shared() const { return *shared_; }
  const SocketAddress& address() const { return address_; }
  std::size_t acceptors() const { return acceptors_.size(); }

 private:
  std::shared_ptr<ListenerShared> shared_;
  SocketAddress address_;
  std::vector<std::pair<WorkerThread*, std::shared_ptr<Acceptor>>> acceptors_;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::start(ListenerOptions options,
                                                  std::span<WorkerThread* const> workers, Logger log) {
  const auto address = resolve_address(options.address, options.port);
  if (!address) return tl::unexpected(address.error());
  auto sockets = listen(*address, options, workers.size());
  if (!sockets) return tl::unexpected(sockets.error());
  auto impl = std::make_unique<Impl>(std::move(options), log);
  impl->start(std::move(*sockets), workers);
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

void Listener::stop() {
  impl_->stop();
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
