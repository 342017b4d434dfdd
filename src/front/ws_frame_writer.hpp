#pragma once
// Our bytes -> frames of RFC 6455.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "front/ws_frame.hpp"

namespace meshmq::front {

struct WsFrameHead {
  WsOpcode opcode = WsOpcode::binary;
  bool final = true;
  bool compressed = false;
};

/// The beginning of a frame with `size` bytes of payload; a server's frames are not masked.
void write_ws_head(std::string& out, WsFrameHead head, std::size_t size);

/// A whole control frame.
void write_ws_control(std::string& out, WsOpcode opcode, std::string_view payload);
void write_ws_close(std::string& out, WsCode code, std::string_view reason);

/// The answer to a client's close frame: its code back; protocol_error if what it says is not allowed.
/// Returns whether it was allowed.
bool answer_ws_close(std::string& out, std::string_view payload);

/// Finds where MQTT packets end in a stream of bytes that comes in pieces.
class MqttBoundary {
 public:
  /// How many bytes at the front of `bytes` belong to the present packet; see ended().
  std::size_t take(std::string_view bytes);
  /// Whether the bytes taken last were the end of a packet.
  bool ended() const { return !in_packet_; }

 private:
  std::uint64_t rest_ = 0;  ///< of the packet, once its length is known
  std::uint32_t shift_ = 0;
  bool in_packet_ = false;
  bool in_length_ = false;
};

}  // namespace meshmq::front
