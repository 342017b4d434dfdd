#include "net/testing/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace meshmq::net::testing {
namespace {

std::string packet(std::uint8_t first, std::string_view body) {
  std::string out(1, static_cast<char>(first));
  for (std::size_t rest = body.size();;) {
    const auto digit = static_cast<char>(rest & 0x7f);
    rest >>= 7;
    out.push_back(rest > 0 ? static_cast<char>(digit | 0x80) : digit);
    if (rest == 0) break;
  }
  return out.append(body);
}

void u16(std::string& out, std::size_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

void text(std::string& out, std::string_view value) {
  u16(out, value.size());
  out.append(value);
}

}  // namespace

std::string connect_packet(std::string_view client_id, std::uint16_t keepalive_s) {
  std::string body;
  text(body, "MQTT");
  body.append("\x04\x02", 2);
  u16(body, keepalive_s);
  text(body, client_id);
  return packet(0x10, body);
}

std::string subscribe_packet(std::uint16_t packet_id, std::string_view filter, int qos) {
  std::string body;
  u16(body, packet_id);
  text(body, filter);
  body.push_back(static_cast<char>(qos));
  return packet(0x82, body);
}

std::string publish_packet(std::string_view topic, std::string_view payload, int qos,
                           std::uint16_t packet_id) {
  std::string body;
  text(body, topic);
  if (qos > 0) u16(body, packet_id);
  body.append(payload);
  return packet(static_cast<std::uint8_t>(0x30 | qos << 1), body);
}

std::string payload_of(const RawPacket& publish) {
  const auto topic_size = static_cast<std::size_t>(static_cast<unsigned char>(publish.body[0])) << 8 |
                          static_cast<unsigned char>(publish.body[1]);
  return publish.body.substr(2 + topic_size + ((publish.flags & 6) != 0 ? 2 : 0));
}

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}

RawClient& RawClient::operator=(RawClient&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  input_ = std::move(other.input_);
  return *this;
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

bool RawClient::fill(int timeout_ms) {
  pollfd waits{fd_, POLLIN, 0};
  if (::poll(&waits, 1, timeout_ms) != 1) return false;
  char buffer[64 * 1024];
  const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  input_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

std::optional<RawPacket> RawClient::receive(int timeout_ms) {
  for (;;) {
    std::size_t at = 1;
    std::size_t size = 0;
    unsigned shift = 0;
    bool known = false;
    while (at < input_.size() && !known) {
      const auto digit = static_cast<unsigned char>(input_[at++]);
      size |= static_cast<std::size_t>(digit & 0x7f) << shift;
      shift += 7;
      known = (digit & 0x80) == 0;
    }
    if (known && input_.size() >= at + size) {
      const auto first = static_cast<unsigned char>(input_[0]);
      RawPacket result{static_cast<std::uint8_t>(first >> 4), static_cast<std::uint8_t>(first & 15),
                       input_.substr(at, size)};
      input_.erase(0, at + size);
      return result;
    }
    if (!fill(timeout_ms)) return std::nullopt;
  }
}

bool RawClient::closed_by_peer(int timeout_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (std::chrono::steady_clock::now() < until) {
    pollfd waits{fd_, POLLIN, 0};
    if (::poll(&waits, 1, 50) != 1) continue;
    char buffer[4096];
    if (::recv(fd_, buffer, sizeof buffer, 0) <= 0) return true;
  }
  return false;
}

std::string RawClient::take_raw(int timeout_ms, std::size_t enough) {
  while (input_.size() < enough && fill(timeout_ms)) {
  }
  return std::exchange(input_, {});
}

void RawClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RawClient::abort() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void RawClient::shut_down_sending() {
  ::shutdown(fd_, SHUT_WR);
}

int RawClient::connect(std::string_view client_id, std::uint16_t keepalive_s) {
  send(connect_packet(client_id, keepalive_s));
  const auto answer = receive();
  if (!answer || answer->type != 2 || answer->body.size() != 2) return -1;
  return static_cast<unsigned char>(answer->body[1]);
}

bool RawClient::subscribe(std::string_view filter, int qos) {
  send(subscribe_packet(1, filter, qos));
  const auto answer = receive();
  return answer && answer->type == 9 && answer->body.size() == 3 && answer->body[2] == static_cast<char>(qos);
}

}  // namespace meshmq::net::testing
