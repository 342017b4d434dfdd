#pragma once
// Frames of an established connection: u32 length, then 112, a control term and perhaps a message. Length 0
// is a tick.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "erldist/term.hpp"

namespace meshmq::erldist {

/// First element of a control tuple (cluster-spec 11.4).
enum class Operation : std::uint8_t {
  send = 2,
  reg_send = 6,
  monitor_p_exit = 21,
  send_sender = 22,
  spawn_request = 29,
  spawn_reply = 31,
  alias_send = 33,
};

/// Cuts a byte stream into frame bodies. Limit: `frame_bytes_max`.
class FrameReader {
 public:
  explicit FrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  /// Calls body(std::string_view) for every whole frame, ticks (empty bodies) included. Whole frames are read
  /// where they lie; only a partial one is copied. body returns false to stop (the connection is gone).
  template <class Body>
  Result<void> feed(std::string_view bytes, Body&& body) {
    while (!partial_.empty() && !bytes.empty()) {
      // Complete the frame that began earlier.
      const std::size_t wanted = partial_.size() < 4 ? 4 : 4 + length(partial_);
      const std::size_t take = std::min(wanted - partial_.size(), bytes.size());
      partial_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      if (partial_.size() < 4) break;
      if (length(partial_) > frame_bytes_max_) return too_large(length(partial_));
      if (partial_.size() < 4 + length(partial_)) continue;
      const std::string frame = std::move(partial_);
      partial_.clear();
      if (!body(std::string_view(frame).substr(4))) return {};
    }
    while (bytes.size() >= 4) {
      const std::size_t size = length(bytes);
      if (size > frame_bytes_max_) return too_large(size);
      if (bytes.size() < 4 + size) break;
      const std::string_view frame = bytes.substr(4, size);
      bytes.remove_prefix(4 + size);
      if (!body(frame)) return {};
    }
    if (!bytes.empty()) partial_.append(bytes);
    return {};
  }

 private:
  static std::size_t length(std::string_view bytes) {
    std::size_t value = 0;
    for (int i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    return value;
  }
  Result<void> too_large(std::size_t size) const;

  std::size_t frame_bytes_max_;
  std::string partial_;
};

/// A frame body taken apart. `message` points into the body.
struct ControlMessage {
  Operation operation{};
  std::vector<Term> fields{};  ///< the control tuple without its first element
  std::string_view message{};  ///< encoded term behind it, version byte included; may be empty
};
Result<ControlMessage> decode_control(std::string_view body);

/// A whole frame, length included: a control tuple and a message, if there is one.
std::string encode_frame(const Term& control, const Term* message = nullptr);
/// The frame of a tick.
inline constexpr std::string_view tick_frame("\0\0\0\0", 4);

/// Our own traffic: REG_SEND of one binary to a name. The head is made once per connection.
class BinarySender {
 public:
  BinarySender(const Term& from_pid, std::string_view to_name);
  /// Appends the frame to `out`: one copy of the payload.
  void append(std::string_view payload, std::string& out) const;

 private:
  std::string head_;
};
/// The binary inside a REG_SEND, or nullopt.
std::optional<std::string_view> binary_of(const ControlMessage& message);

/// Liveness of one connection: says when to tick and when the peer is dead. A tick is due when nothing was
/// sent for a quarter of `tick_time`; a peer is dead when nothing came for all of it.
class TickTimer {
 public:
  TickTimer(Duration tick_time, Now now) : tick_time_(tick_time), sent_(now.mono), received_(now.mono) {}
  void sent(Now now) { sent_ = now.mono; }
  void received(Now now) { received_ = now.mono; }
  bool tick_due(Now now) const { return now.mono - sent_ >= tick_time_ / 4; }
  bool dead(Now now) const { return now.mono - received_ >= tick_time_; }
  /// Heard of so lately that it cannot have died without our noticing, but for an unlucky moment.
  bool lively(Now now) const { return now.mono - received_ < tick_time_ / 2; }
  void set_tick_time(Duration tick_time) { tick_time_ = tick_time; }

 private:
  Duration tick_time_;
  TimePoint sent_;
  TimePoint received_;
};

}  // namespace meshmq::erldist
