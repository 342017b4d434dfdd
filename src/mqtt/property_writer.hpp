#pragma once
// Writes control packets and property sections whose length is known only at the end. Internal to this room.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mqtt/packet.hpp"
#include "mqtt/properties.hpp"

namespace meshmq::mqtt {

/// A variable byte integer in front of what is appended between construction and close(). Room for one byte
/// is kept; the rare longer length moves what follows.
class LengthPrefix {
 public:
  explicit LengthPrefix(std::string& out) : out_(out), at_(out.size()) { out_.push_back('\0'); }
  void close();
  bool is_empty() const { return out_.size() == at_ + 1; }
  /// Takes the prefix back; nothing may stand behind it.
  void drop() { out_.resize(at_); }

 private:
  std::string& out_;
  std::size_t at_;
};

/// One property section. A property that says what its absence says is not written.
class PropertyWriter {
 public:
  explicit PropertyWriter(std::string& out) : out_(out), length_(out) {}

  void flag(PropertyId id, bool value, bool if_absent) {
    if (value != if_absent) append_byte_property(out_, id, value ? 1 : 0);
  }
  void u16(PropertyId id, std::uint16_t value, std::uint16_t if_absent) {
    if (value != if_absent) append_u16_property(out_, id, value);
  }
  void u16(PropertyId id, const std::optional<std::uint16_t>& value) {
    if (value) append_u16_property(out_, id, *value);
  }
  void u32(PropertyId id, std::uint32_t value, std::uint32_t if_absent) {
    if (value != if_absent) append_u32_property(out_, id, value);
  }
  void u32(PropertyId id, const std::optional<std::uint32_t>& value) {
    if (value) append_u32_property(out_, id, *value);
  }
  void text(PropertyId id, std::string_view value) {
    if (!value.empty()) append_string_property(out_, id, value);
  }
  void text(PropertyId id, const std::optional<std::string_view>& value) {
    if (value) append_string_property(out_, id, *value);
  }
  void user(const UserProperties& properties) {
    for (const Property& p : properties) append_user_property(out_, p.key, p.bytes);
  }
  /// Properties that are encoded already.
  void encoded(std::string_view bytes) { out_.append(bytes); }

  bool is_empty() const { return length_.is_empty(); }
  void close() { length_.close(); }
  /// For packets that may end before an empty section.
  void drop() { length_.drop(); }

 private:
  std::string& out_;
  LengthPrefix length_;
};

}  // namespace meshmq::mqtt
