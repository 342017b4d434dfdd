#include "bench/meshmq_bench/connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace meshmq::bench {
namespace {

std::string error_text(std::string_view what, int error) {
  return fmt::format("{}: {}", what, std::strerror(error));
}

/// The kernel picks the port at connect(), so that ports are counted per target.
bool bind_loopback(int fd, unsigned source) {
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
  return bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
}

}  // namespace

bool Endpoint::is_loopback_ipv4() const {
  if (address.ss_family != AF_INET) return false;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &address, sizeof ipv4);
  return ntohl(ipv4.sin_addr.s_addr) >> 24 == 127;
}

Result<Endpoint> resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string text = fmt::format("{}:{}", address.host, address.port);
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return fail(Errc::unreachable, fmt::format("{}: {}", text, gai_strerror(error)));
  Endpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.size = found->ai_addrlen;
  endpoint.text = text;
  freeaddrinfo(found);
  return endpoint;
}

Result<void> Connection::dial(const Endpoint& endpoint, unsigned source) {
  fd_ = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail(Errc::io, error_text("socket", errno));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != 0 && !bind_loopback(fd_, source)) return fail(Errc::io, error_text("bind", errno));
  const auto* target = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (connect(fd_, target, endpoint.size) != 0 && errno != EINPROGRESS) {
    return fail(Errc::unreachable, error_text(endpoint.text, errno));
  }
  return {};
}

Result<void> Connection::finish_dial(bool tls, bool websocket) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(Errc::unreachable, std::strerror(error));
  if (tls) tls_ = std::make_unique<TlsClient>(fd_);
  if (websocket) {
    websocket_ = std::make_unique<WebSocketClient>();
    wire_ = WebSocketClient::request("localhost");
  }
  return {};
}

void Connection::close() {
  tls_.reset();
  websocket_.reset();
  wire_.clear();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  out_.clear();
  out_begin_ = 0;
  partial_.clear();
}

Connection::Flush Connection::flush() {
  if (websocket_ && websocket_->is_open() && !out_.empty()) {
    WebSocketClient::wrap(out_, wire_);
    out_.clear();
  }
  if (tls_) return flush_tls();
  while (out_begin_ < wire().size()) {
    const ssize_t sent = send(fd_, wire().data() + out_begin_, wire().size() - out_begin_, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR ? Flush::blocked : Flush::broken;
    out_begin_ += static_cast<std::size_t>(sent);
  }
  return sent_all();
}

Connection::Flush Connection::sent_all() {
  wire().clear();
  out_begin_ = 0;
  return Flush::done;
}

Connection::Flush Connection::flush_tls() {
  std::string_view rest = std::string_view(wire()).substr(out_begin_);
  const TlsClient::Outcome outcome = tls_->write(rest);
  out_begin_ = wire().size() - rest.size();
  if (outcome == TlsClient::Outcome::broken) return Flush::broken;
  if (outcome == TlsClient::Outcome::wants_room) return Flush::blocked;
  return outcome == TlsClient::Outcome::wants_input ? Flush::done : sent_all();
}

std::string_view Connection::read(char* scratch, std::size_t size, bool& ok) {
  std::size_t count = 0;
  if (tls_) {
    ok = tls_->read(scratch, size, count) != TlsClient::Outcome::broken;
  } else {
    const ssize_t got = recv(fd_, scratch, size, 0);
    ok = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    count = got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  if (count == 0) return {};
  ok = true;
  if (websocket_) count = websocket_->unwrap(scratch, count, ok);
  if (count == 0) return {};
  const std::string_view fresh(scratch, count);
  if (partial_.empty()) return fresh;
  partial_.append(fresh);
  return partial_;
}

void Connection::keep(std::string_view rest) {
  if (partial_.empty()) {
    if (!rest.empty()) partial_.assign(rest);
  } else if (rest.empty()) {
    std::string().swap(partial_);
  } else {
    partial_.erase(0, partial_.size() - rest.size());
  }
}

}  // namespace meshmq::bench
