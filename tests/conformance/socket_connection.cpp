#include "conformance/socket_connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include "mqtt/testing/packet_text.hpp"

namespace meshmq::conformance {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(10);
/// Nothing comes any more if for so long nothing came.
constexpr auto quiet = std::chrono::milliseconds(40);
constexpr std::string_view goodbye{"\xe0\x00", 2};

int connect_to(const Address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &to.sin_addr) != 1) {
    throw ScriptError(fmt::format("'{}' is no address", address.host));
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    if (fd >= 0) ::close(fd);
    throw ScriptError(fmt::format("no connection to {}:{}", address.host, address.port));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

SocketConnection::SocketConnection(const Address& address, mqtt::Version version, Traces& traces)
    : fd_(connect_to(address)), version_(version), traces_(traces) {}

SocketConnection::~SocketConnection() {
  if (fd_ < 0) return;
  if (connected_ && !closed_) {
    (void)::send(fd_, goodbye.data(), goodbye.size(), MSG_NOSIGNAL);
    const auto deadline = Clock::now() + std::chrono::seconds(1);
    while (!closed_ && read_until(deadline)) input_.clear();
  }
  ::close(fd_);
}

void SocketConnection::send(std::string_view bytes) {
  // A script's steps follow each other; what two clients send at the same moment may arrive in any order.
  if (traces_.unanswered != nullptr && traces_.unanswered != this) std::this_thread::sleep_for(quiet);
  traces_.unanswered = this;
  ended_ = false;
  output_ += bytes;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // Who sends on after the end finds out when it reads.
    if (sent < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  while (true) {
    const auto result = decoder_.decode(output_, {mqtt::Role::server, version_, 0});
    if (result.status != mqtt::DecodeStatus::packet) return;
    note(decoder_.packet());
    output_.erase(0, result.size);
  }
}

void SocketConnection::note(const mqtt::Packet& sent) {
  if (const auto* connect = std::get_if<mqtt::Connect>(&sent)) {
    traces_.client_ids.emplace(connect->client_id);
    if (connect->will && connect->will->retain) traces_.retained = true;
  } else if (const auto* publish = std::get_if<mqtt::Publish>(&sent)) {
    if (publish->retain) traces_.retained = true;
  }
}

std::vector<std::string> SocketConnection::receive(Look look) {
  const auto begin = Clock::now();
  if (look == Look::hope) {
    while (lines_.empty() && !closed_ && read_until(begin + patience)) decode();
  } else {
    while (!closed_ && read_until(Clock::now() + (look == Look::doubt ? quiet : Clock::duration{}))) decode();
  }
  if (!lines_.empty() && !ended_ && traces_.unanswered == this) traces_.unanswered = nullptr;
  return std::exchange(lines_, {});
}

bool SocketConnection::read_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, std::max(0, static_cast<int>(left.count()))) <= 0) return false;
  std::array<char, 65536> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got > 0) {
    input_.append(bytes.data(), static_cast<std::size_t>(got));
  } else {
    closed_ = true;
    ended_ = true;
    traces_.unanswered = this;
    lines_.emplace_back("closed");
  }
  return true;
}

void SocketConnection::decode() {
  while (!input_.empty()) {
    const auto result = decoder_.decode(input_, {mqtt::Role::client, version_, 0});
    if (result.status == mqtt::DecodeStatus::need_more) return;
    if (result.status == mqtt::DecodeStatus::error) {
      throw ScriptError(fmt::format("the broker sent no packet: {}", result.text));
    }
    if (const auto* connack = std::get_if<mqtt::Connack>(&decoder_.packet())) {
      connected_ = connack->reason == mqtt::ReasonCode::success;
      traces_.client_ids.emplace(connack->assigned_client_id);
    }
    if (std::holds_alternative<mqtt::Unsuback>(decoder_.packet())) ended_ = true;
    lines_.push_back(mqtt::testing::describe(decoder_.packet()));
    input_.erase(0, result.size);
  }
}

void SocketConnection::vanish() {
  ::close(std::exchange(fd_, -1));
  closed_ = true;
  traces_.unanswered = this;
}

}  // namespace meshmq::conformance
