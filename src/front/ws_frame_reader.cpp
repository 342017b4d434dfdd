#include "front/ws_frame_reader.hpp"

#include <algorithm>

namespace meshmq::front {

namespace {

constexpr std::uint8_t bit_final = 0x80;
constexpr std::uint8_t bit_compressed = 0x40;
constexpr std::uint8_t bits_reserved = 0x70;
constexpr std::uint8_t bits_opcode = 0x0f;
constexpr std::uint8_t bit_masked = 0x80;
constexpr std::uint8_t bits_length = 0x7f;
constexpr std::uint8_t length_is_16_bits = 126;
constexpr std::uint8_t length_is_64_bits = 127;

}  // namespace

WsEvent WsFrameReader::read(std::string_view& bytes, std::string& out) {
  if (failed_) return WsEvent::failed;
  if (!in_payload_) {
    if (!read_head(bytes)) return failed_ ? WsEvent::failed : WsEvent::more;
    in_payload_ = true;
    payload_read_ = 0;
  }
  if (is_control()) return read_control(bytes);
  if (bytes.empty() && payload_read_ < payload_size_) return WsEvent::more;
  const std::size_t size = std::min<std::uint64_t>(bytes.size(), payload_size_ - payload_read_);
  const std::size_t before = out.size();
  out.append(bytes.substr(0, size));
  ws_unmask(out.data() + before, size, mask_, payload_read_);
  bytes.remove_prefix(size);
  payload_read_ += size;
  if (payload_read_ == payload_size_) {
    in_payload_ = false;
    in_message_ = !final_;
  }
  return WsEvent::data;
}

WsEvent WsFrameReader::read_control(std::string_view& bytes) {
  if (payload_read_ == 0) control_.clear();
  const std::size_t size = std::min<std::uint64_t>(bytes.size(), payload_size_ - payload_read_);
  control_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  payload_read_ += size;
  if (payload_read_ < payload_size_) return WsEvent::more;
  ws_unmask(control_.data(), control_.size(), mask_, 0);
  in_payload_ = false;
  return WsEvent::control;
}

/// True: the head of a frame is complete and right.
bool WsFrameReader::read_head(std::string_view& bytes) {
  while (!bytes.empty()) {
    head_[head_read_++] = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (head_read_ == 2 && !check_first_two()) return false;
    if (head_read_ < 2 || head_read_ < head_size()) continue;
    std::copy_n(head_.begin() + head_read_ - 4, 4, mask_);
    head_read_ = 0;
    return check_length();
  }
  return false;
}

std::size_t WsFrameReader::head_size() const {
  const std::uint8_t length = head(1) & bits_length;
  const std::size_t extended = length == length_is_64_bits ? 8 : length == length_is_16_bits ? 2 : 0;
  return 2 + extended + sizeof mask_;
}

bool WsFrameReader::check_first_two() {
  opcode_ = static_cast<WsOpcode>(head(0) & bits_opcode);
  final_ = (head(0) & bit_final) != 0;
  const std::uint8_t reserved = head(0) & bits_reserved;
  if ((head(1) & bit_masked) == 0) return fail(WsCode::protocol_error, "frame without mask");
  switch (opcode_) {
    case WsOpcode::binary:
    case WsOpcode::text:
      if (in_message_) return fail(WsCode::protocol_error, "message within a message");
      if (reserved != 0 && !(compression_ && reserved == bit_compressed)) break;
      if (opcode_ == WsOpcode::text) return fail(WsCode::unsupported_data, "text instead of binary data");
      in_message_ = true;
      compressed_ = reserved != 0;
      message_size_ = 0;
      return true;
    case WsOpcode::continuation:
      if (!in_message_) return fail(WsCode::protocol_error, "continuation of no message");
      if (reserved != 0) break;
      return true;
    case WsOpcode::close:
    case WsOpcode::ping:
    case WsOpcode::pong:
      if (reserved != 0) break;
      if (!final_) return fail(WsCode::protocol_error, "control frame in fragments");
      if ((head(1) & bits_length) > ws_control_bytes_max)
        return fail(WsCode::protocol_error, "control frame longer than 125 bytes");
      return true;
    default:
      return fail(WsCode::protocol_error, "unknown opcode");
  }
  return fail(WsCode::protocol_error, "reserved bits set");
}

bool WsFrameReader::check_length() {
  const std::uint8_t first = head(1) & bits_length;
  const std::size_t count = first == length_is_64_bits ? 8 : first == length_is_16_bits ? 2 : 0;
  payload_size_ = count == 0 ? first : 0;
  for (std::size_t i = 0; i < count; ++i) payload_size_ = payload_size_ << 8 | head(2 + i);
  if (payload_size_ >> 63 != 0) return fail(WsCode::protocol_error, "length with highest bit set");
  const std::uint64_t least = count == 8 ? 0x10000 : count == 2 ? length_is_16_bits : 0;
  if (payload_size_ < least) return fail(WsCode::protocol_error, "length not in its shortest form");
  if (is_control()) return true;
  if (frame_bytes_max_ != 0 &&
      payload_size_ > frame_bytes_max_ - std::min<std::uint64_t>(message_size_, frame_bytes_max_))
    return fail(WsCode::too_big, "message longer than max_frame_size");
  message_size_ += payload_size_;
  return true;
}

bool WsFrameReader::fail(WsCode code, const char* error) {
  failed_ = true;
  code_ = code;
  error_ = error;
  return false;
}

}  // namespace meshmq::front
