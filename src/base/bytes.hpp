#pragma once
// Bytes on the wire. Borrowed bytes are a std::string_view, owned ones a std::string; all integers
// big-endian.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace meshmq {

/// Reads from the front of borrowed bytes. After the first short read ok() is false and every value is 0 or
/// empty, so a decoder may read a whole structure and check once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer<1>()); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(integer<2>()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer<4>()); }
  std::uint64_t u64() { return integer<8>(); }

  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto result = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return result;
  }
  /// Bytes behind a 16-bit or 32-bit length.
  std::string_view bytes16() { return bytes(u16()); }
  std::string_view bytes32() { return bytes(u32()); }
  /// Base-128 integer, least significant group first, at most 10 bytes.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  template <unsigned N>
  std::uint64_t integer() {
    const std::string_view raw = bytes(N);
    std::uint64_t value = 0;
    for (const char c : raw) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// Appends to a string that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { integer<2>(v); }
  void u32(std::uint32_t v) { integer<4>(v); }
  void u64(std::uint64_t v) { integer<8>(v); }
  void bytes(std::string_view v) { out_.append(v); }
  void bytes16(std::string_view v) {
    u16(static_cast<std::uint16_t>(v.size()));
    bytes(v);
  }
  void bytes32(std::string_view v) {
    u32(static_cast<std::uint32_t>(v.size()));
    bytes(v);
  }
  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      u8(static_cast<std::uint8_t>(v | 0x80));
      v >>= 7;
    }
    u8(static_cast<std::uint8_t>(v));
  }
  /// Overwrites four bytes written earlier, e.g. a length that is known only now.
  void patch_u32(std::size_t at, std::uint32_t v) {
    for (unsigned i = 0; i < 4; ++i) out_[at + i] = static_cast<char>(v >> (24 - 8 * i));
  }
  std::size_t size() const { return out_.size(); }

 private:
  template <unsigned N>
  void integer(std::uint64_t v) {
    char raw[N];
    for (unsigned i = 0; i < N; ++i) raw[i] = static_cast<char>(v >> (8 * (N - 1 - i)));
    out_.append(raw, N);
  }

  std::string& out_;
};

}  // namespace meshmq
