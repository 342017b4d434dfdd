#include "net/acceptor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "net/socket_address.hpp"

namespace meshmq::net {

Acceptor::Acceptor(WorkerLoop& loop, UniqueFd fd, std::shared_ptr<ListenerShared> shared)
    : loop_(loop), fd_(std::move(fd)), shared_(std::move(shared)), socket_(loop.io()), timer_(loop.io()) {}

void Acceptor::start() {
  if (stopped_) return;
  boost::system::error_code error;
  socket_.assign(fd_.get(), error);
  if (error) {
    shared_->log.error("Listener {}: the event loop does not take it: {}", shared_->options.name,
                       error.message());
    return;
  }
  fd_.release();
  wait();
}

void Acceptor::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  fd_ = UniqueFd();
  timer_.cancel();
}

void Acceptor::wait() {
  socket_.async_wait(Descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code&) { self->on_ready(); });
}

void Acceptor::pause(Duration duration) {
  timer_.expires_after(duration);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) { self->on_ready(); });
}

void Acceptor::on_ready() {
  if (stopped_) return;
  constexpr Duration failure_pause(200);
  const Now now = loop_.turn();
  for (int i = 0; i < accepts_per_turn_max; ++i) {
    switch (accept_one(now)) {
      case Outcome::accepted:
        break;
      case Outcome::empty:
        return wait();
      case Outcome::failed:
        return pause(failure_pause);
      case Outcome::over_rate:
        return pause(shared_->rate.pause());
    }
  }
  wait();
}

Acceptor::Outcome Acceptor::accept_one(Now now) {
  if (!shared_->rate.take(now.mono)) return Outcome::over_rate;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  UniqueFd fd(::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    std::string peername = address.ss_family == AF_UNIX ? peer_name(fd.get()) : format_address(address);
    if (allowed(address, peername, now)) admit(std::move(fd), std::move(peername), now);
    return Outcome::accepted;
  }
  const int error = errno;
  shared_->rate.give_back();
  switch (error) {
    case EAGAIN:
      return Outcome::empty;
    // The client has gone again, or the network reports what concerned only him (accept(2)).
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return Outcome::accepted;
    default:
      report_failure(error, now);
      return Outcome::failed;
  }
}

bool Acceptor::allowed(const sockaddr_storage& address, const std::string& peername, Now now) {
  const front::AccessRules& rules = shared_->options.access;
  if (rules.empty() || address.ss_family == AF_UNIX || rules.allow(raw_address(address))) return true;
  shared_->ledger->refused.fetch_add(1, std::memory_order_relaxed);
  if (may_log(now)) {
    shared_->log.warning("Listener {}: {} refused by an access rule", shared_->options.name, peername);
  }
  return false;
}

void Acceptor::admit(UniqueFd fd, std::string peername, Now now) {
  const ListenerOptions& options = shared_->options;
  ListenerLedger& ledger = *shared_->ledger;
  const std::size_t connections_max = shared_->connections_max.load(std::memory_order_relaxed);
  if (ledger.connections.fetch_add(1, std::memory_order_relaxed) >= connections_max) {
    ledger.connections.fetch_sub(1, std::memory_order_relaxed);
    ledger.refused.fetch_add(1, std::memory_order_relaxed);
    if (may_log(now)) {
      shared_->log.warning("Listener {}: {} refused: max_connections = {} are connected", options.name,
                           peername, connections_max);
    }
    return;
  }
  ledger.accepted.fetch_add(1, std::memory_order_relaxed);
  const int nodelay = options.nodelay ? 1 : 0;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay);
  auto transport = options.make_stage ? std::make_unique<Transport>(options.make_stage()) : nullptr;
  loop_.connections().adopt({.fd = std::move(fd),
                             .peername = std::move(peername),
                             .unread = {},
                             .ledger = shared_->ledger,
                             .transport = std::move(transport)});
}

void Acceptor::report_failure(int error, Now now) {
  if (!may_log(now)) return;
  const char* advice =
      error == EMFILE || error == ENFILE ? "; raise the limit of open files (ulimit -n)" : "";
  shared_->log.error("Listener {}: no connection can be accepted now: {}{}", shared_->options.name,
                     std::generic_category().message(error), advice);
}

/// A flood of clients is no flood of lines.
bool Acceptor::may_log(Now now) {
  constexpr auto interval = std::chrono::seconds(10);
  if (now.mono < log_next_) return false;
  log_next_ = now.mono + interval;
  return true;
}

}  // namespace meshmq::net
