#include "bench/meshmq_bench/websocket_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace meshmq::bench {
namespace {

constexpr unsigned char final_binary = 0x82;
constexpr unsigned char masked = 0x80;
constexpr unsigned char opcode_bits = 0x0F;
constexpr unsigned char opcode_close = 0x08;
constexpr unsigned char length_bits = 0x7F;
constexpr unsigned char two_more_bytes = 126;
constexpr unsigned char eight_more_bytes = 127;
constexpr std::string_view no_mask("\0\0\0\0", 4);

void append_number(std::string& wire, std::uint64_t value, unsigned bytes) {
  while (bytes-- != 0) wire.push_back(static_cast<char>(value >> (8 * bytes)));
}

}  // namespace

std::string WebSocketClient::request(std::string_view host) {
  return fmt::format(
      "GET /mqtt HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: bWVzaG1xX2JlbmNoX2tleQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
      host);
}

void WebSocketClient::wrap(std::string_view bytes, std::string& wire) {
  wire.push_back(static_cast<char>(final_binary));
  if (bytes.size() < two_more_bytes) {
    wire.push_back(static_cast<char>(masked | bytes.size()));
  } else if (bytes.size() <= 0xFFFF) {
    wire.push_back(static_cast<char>(masked | two_more_bytes));
    append_number(wire, bytes.size(), 2);
  } else {
    wire.push_back(static_cast<char>(masked | eight_more_bytes));
    append_number(wire, bytes.size(), 8);
  }
  wire.append(no_mask).append(bytes);
}

std::size_t WebSocketClient::header_bytes() const {
  if (header_size_ < 2) return 2;
  const unsigned char length = header_[1] & length_bits;
  if (length == two_more_bytes) return 4;
  return length == eight_more_bytes ? 10 : 2;
}

bool WebSocketClient::begin_frame() {
  const std::size_t size = std::exchange(header_size_, 0);
  left_ = size == 2 ? header_[1] & length_bits : 0;
  for (std::size_t i = 2; i < size; ++i) left_ = left_ << 8 | header_[i];
  const unsigned char opcode = header_[0] & opcode_bits;
  is_data_ = opcode < opcode_close;
  return opcode != opcode_close && (header_[1] & masked) == 0;
}

std::size_t WebSocketClient::unwrap(char* data, std::size_t size, bool& ok) {
  ok = true;
  std::size_t from = 0;
  std::size_t to = 0;
  if (!open_) {
    response_.append(data, size);
    const std::size_t end = response_.find("\r\n\r\n");
    ok = end == std::string::npos ? response_.size() < response_bytes_max
                                  : response_.starts_with("HTTP/1.1 101");
    if (!ok || end == std::string::npos) return 0;
    from = size - (response_.size() - (end + 4));
    std::string().swap(response_);
    open_ = true;
  }
  while (from < size) {
    if (left_ != 0) {
      const std::size_t count = std::min<std::uint64_t>(left_, size - from);
      if (is_data_) {
        std::memmove(data + to, data + from, count);
        to += count;
      }
      from += count;
      left_ -= count;
      continue;
    }
    header_[header_size_++] = static_cast<unsigned char>(data[from++]);
    if (header_size_ == header_bytes() && !begin_frame()) {
      ok = false;
      return to;
    }
  }
  return to;
}

}  // namespace meshmq::bench
