#pragma once
// MQTT over WebSocket for the load generator's connections (RFC 6455).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace meshmq::bench {

/// The client's side, without a socket. Frames are masked with zeros: the generator's own work is not what is
/// measured, the broker's is the same. Thread rule: one owner.
class WebSocketClient {
 public:
  /// What asks for it; nothing else may be sent before is_open().
  static std::string request(std::string_view host);
  bool is_open() const { return open_; }

  /// Appends `bytes` as one frame.
  static void wrap(std::string_view bytes, std::string& wire);
  /// Leaves what is MQTT of `size` bytes from the wire at the front of `data`, and returns how much that is.
  /// Not ok: the server refuses or closes, or speaks something else.
  std::size_t unwrap(char* data, std::size_t size, bool& ok);

 private:
  static constexpr std::size_t response_bytes_max = 4096;

  std::size_t header_bytes() const;
  /// A header is complete.
  bool begin_frame();

  bool open_ = false;
  bool is_data_ = false;
  std::uint64_t left_ = 0;  ///< of the frame's payload
  std::string response_;
  std::array<unsigned char, 10> header_{};
  std::size_t header_size_ = 0;
};

}  // namespace meshmq::bench
