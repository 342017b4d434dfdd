#pragma once
// An MQTT client of a few lines for tests: a blocking socket and hand-made 3.1.1 packets.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::net::testing {

struct RawPacket {
  std::uint8_t type = 0;  ///< 1 CONNECT ... 14 DISCONNECT
  std::uint8_t flags = 0;
  std::string body;
};

class RawClient {
 public:
  RawClient() = default;
  /// Connects to 127.0.0.1. `receive_buffer`: small ones make a slow client; 0 = the system's.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;
  ~RawClient() { close(); }

  void send(std::string_view bytes);
  /// The next packet; nothing when the peer has closed or after `timeout_ms`.
  std::optional<RawPacket> receive(int timeout_ms = 5000);
  /// The peer's end of the connection comes within the time; what it sends before is skipped.
  bool closed_by_peer(int timeout_ms = 5000);
  void close();
  /// With a reset instead of a goodbye.
  void abort();
  void shut_down_sending();
  int fd() const { return fd_; }
  /// Bytes that arrived but have not been looked at.
  std::string take_raw(int timeout_ms, std::size_t enough = SIZE_MAX);

  /// CONNECT and its CONNACK; the return code, or -1.
  int connect(std::string_view client_id, std::uint16_t keepalive_s = 60);
  /// SUBSCRIBE and its SUBACK.
  bool subscribe(std::string_view filter, int qos = 0);

 private:
  bool fill(int timeout_ms);

  int fd_ = -1;
  std::string input_;
};

std::string connect_packet(std::string_view client_id, std::uint16_t keepalive_s = 60);
std::string subscribe_packet(std::uint16_t packet_id, std::string_view filter, int qos);
std::string publish_packet(std::string_view topic, std::string_view payload, int qos = 0,
                           std::uint16_t packet_id = 1);
inline std::string pingreq_packet() {
  return std::string("\xc0\x00", 2);
}
inline std::string disconnect_packet() {
  return std::string("\xe0\x00", 2);
}
/// The payload of a PUBLISH.
std::string payload_of(const RawPacket& publish);

}  // namespace meshmq::net::testing
