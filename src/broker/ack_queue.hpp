#pragma once
// Acknowledgements that must wait, for the cluster or for each other.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/ports.hpp"
#include "broker/ring.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// A PUBACK or PUBREC that has not been sent.
struct PendingAck {
  mqtt::PacketId packet_id = 0;
  mqtt::PacketType type = mqtt::PacketType::puback;
  mqtt::ReasonCode reason = mqtt::ReasonCode::success;
  bool settled = false;
};

/// [MQTT-4.6.0-2], [MQTT-4.6.0-3] Acknowledgements of one channel in the order of the PUBLISH packets. Empty,
/// and without memory, as long as every publish settles at once. Bounded: a client whose queue is as long as
/// its Receive Maximum is not read.
class AckQueue {
 public:
  std::size_t size() const { return ring_.size(); }
  bool empty() const { return ring_.empty(); }
  /// Returns the number by which settle() finds it.
  std::uint32_t push(PendingAck ack) {
    ring_.push_back(ack);
    return first_ + static_cast<std::uint32_t>(ring_.size()) - 1;
  }
  /// Nothing if there is none of this number any more. Borrowed until the next call.
  PendingAck* settle(std::uint32_t number) {
    const std::uint32_t index = number - first_;
    if (index >= ring_.size()) return nullptr;
    ring_[index].settled = true;
    return &ring_[index];
  }
  /// Gives all memory back if nothing waits.
  void trim() {
    if (ring_.empty()) ring_.reset();
  }
  /// The next acknowledgement to send, if it is settled.
  std::optional<PendingAck> pop_settled() {
    if (ring_.empty() || !ring_.front().settled) return std::nullopt;
    ++first_;
    return ring_.pop_front();
  }

 private:
  [[no_unique_address]] Ring<PendingAck> ring_;
  std::uint32_t first_ = 0;  ///< number of the front; in the padding of the ring
};

/// Which acknowledgement a publish token means. A token outlives its channel: whoever looks one up must
/// compare the channel's generation. Tokens are given in sequence, so the table is a window over them and a
/// look-up costs nothing. Its length is what is unsettled, bounded by `cluster.forward_ack_wait`.
class AckTokens {
 public:
  struct Target {
    ConnId conn;
    std::uint32_t generation = 0;  ///< Channel::generation
    std::uint32_t number = 0;      ///< in the channel's AckQueue
    bool open = false;
  };

  /// The token that add() will give next. It is not used up if route() settles at once, because then no
  /// answer follows.
  Token next() const { return (first_ + window_.size()) * 2; }
  void add(Target target) {
    target.open = true;
    window_.push_back(target);
  }
  /// Closes the token; nothing if it was never given or has been taken.
  std::optional<Target> take(Token token) {
    const Token sequence = token / 2;
    if (token % 2 != 0 || sequence < first_ || sequence - first_ >= window_.size()) return std::nullopt;
    Target& target = window_[static_cast<std::size_t>(sequence - first_)];
    if (!target.open) return std::nullopt;
    target.open = false;
    const Target result = target;
    while (!window_.empty() && !window_.front().open) {
      window_.pop_front();
      ++first_;
    }
    return result;
  }

 private:
  Ring<Target> window_;
  Token first_ = 1;  ///< even tokens are publishes', odd ones subscribes'; 0 means none
};

}  // namespace meshmq::broker
