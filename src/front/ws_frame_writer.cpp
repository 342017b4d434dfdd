#include "front/ws_frame_writer.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace meshmq::front {

void write_ws_head(std::string& out, WsFrameHead head, std::size_t size) {
  ByteWriter writer(out);
  const unsigned flags = (head.final ? 0x80U : 0U) | (head.compressed ? 0x40U : 0U);
  writer.u8(static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(head.opcode)));
  if (size < 126) {
    writer.u8(static_cast<std::uint8_t>(size));
  } else if (size < 0x10000) {
    writer.u8(126);
    writer.u16(static_cast<std::uint16_t>(size));
  } else {
    writer.u8(127);
    writer.u64(size);
  }
}

void write_ws_control(std::string& out, WsOpcode opcode, std::string_view payload) {
  write_ws_head(out, {.opcode = opcode}, payload.size());
  out.append(payload);
}

void write_ws_close(std::string& out, WsCode code, std::string_view reason) {
  std::string payload;
  ByteWriter writer(payload);
  writer.u16(static_cast<std::uint16_t>(code));
  writer.bytes(reason.substr(0, ws_control_bytes_max - 2));
  write_ws_control(out, WsOpcode::close, payload);
}

bool answer_ws_close(std::string& out, std::string_view payload) {
  if (payload.empty()) {
    write_ws_control(out, WsOpcode::close, {});
    return true;
  }
  const std::uint16_t code = ByteReader(payload).u16();
  // Those that have a meaning on the wire (RFC 6455, 7.4), and 3000 to 4999, which are for everybody.
  const bool known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (payload.size() < 2 || (!known && (code < 3000 || code > 4999))) {
    write_ws_close(out, WsCode::protocol_error, "close code not allowed");
    return false;
  }
  write_ws_control(out, WsOpcode::close, payload.substr(0, 2));
  return true;
}

std::size_t MqttBoundary::take(std::string_view bytes) {
  std::size_t i = 0;
  if (!in_packet_ && !bytes.empty()) {
    in_packet_ = in_length_ = true;
    rest_ = shift_ = 0;
    i = 1;
  }
  for (; in_length_ && i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    rest_ |= static_cast<std::uint64_t>(byte & 0x7f) << shift_;
    shift_ += 7;
    in_length_ = (byte & 0x80) != 0 && shift_ < 28;
  }
  if (in_length_) return i;
  const std::size_t size = std::min<std::uint64_t>(rest_, bytes.size() - i);
  rest_ -= size;
  in_packet_ = rest_ > 0;
  return i + size;
}

}  // namespace meshmq::front
