#pragma once
// A client's bytes -> the frames of RFC 6455.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "front/ws_frame.hpp"

namespace meshmq::front {

/// What read() has come upon.
enum class WsEvent : std::uint8_t {
  more,     ///< all bytes are used
  data,     ///< a piece of a message was put out, perhaps an empty one; see compressed(), message_ended()
  control,  ///< a whole ping, pong or close: opcode(), payload()
  failed,   ///< code(), error(); nothing more is to be read
};

/// Hands payload on as it comes, piece by piece, so that nothing but the header of a frame and a control
/// frame's payload is ever kept. Refuses what a client must not send: unmasked frames, unknown opcodes or
/// extensions, fragments out of order, control frames that are long or in pieces; and text, which MQTT has no
/// use for [MQTT-6.0.0-1].
class WsFrameReader {
 public:
  /// `frame_bytes_max`: of a frame's payload, and of the message that is put together from frames; 0: no
  /// limit.
  explicit WsFrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  void allow_compression() { compression_ = true; }

  /// Removes what it has used from `bytes`; appends data to `out`.
  WsEvent read(std::string_view& bytes, std::string& out);

  /// Whether the message of this piece is compressed (RFC 7692).
  bool compressed() const { return compressed_; }
  /// Whether this piece was its last one.
  bool message_ended() const { return !in_message_; }
  WsOpcode opcode() const { return opcode_; }
  std::string_view payload() const { return control_; }
  WsCode code() const { return code_; }
  const char* error() const { return error_; }

 private:
  static constexpr std::size_t head_bytes_max = 14;

  bool read_head(std::string_view& bytes);
  std::size_t head_size() const;
  bool check_first_two();
  bool check_length();
  bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 8; }
  WsEvent read_control(std::string_view& bytes);
  bool fail(WsCode code, const char* error);
  std::uint8_t head(std::size_t i) const { return head_[i]; }

  const std::size_t frame_bytes_max_;
  std::uint64_t payload_size_ = 0;
  std::uint64_t payload_read_ = 0;
  std::uint64_t message_size_ = 0;  ///< of its frames so far
  std::string control_;
  const char* error_ = "";
  unsigned char mask_[4] = {};
  std::array<std::uint8_t, head_bytes_max> head_{};
  std::uint8_t head_read_ = 0;
  WsOpcode opcode_ = WsOpcode::continuation;
  WsCode code_ = WsCode::normal;
  bool compression_ = false;
  bool in_payload_ = false;
  bool final_ = false;
  bool in_message_ = false;
  bool compressed_ = false;
  bool failed_ = false;
};

}  // namespace meshmq::front
