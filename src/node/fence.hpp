#pragma once
// A mark in the stream of messages: what was sent before it has come when it has come.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "mqtt/message.hpp"
#include "node/parcel.hpp"

namespace meshmq::node {

/// No client can publish to it [MQTT-1.5.4-2].
inline constexpr std::string_view fence_topic{"\0", 1};

inline bool is_fence(const Parcel& parcel) {
  return parcel.message->topic().front() == '\0';
}

/// Each worker of a node sends one to each worker of the node that asks: `workers` to each of them.
inline Parcel make_fence(std::uint64_t round, std::string_view node, std::uint16_t workers) {
  std::string payload;
  ByteWriter(payload).u16(workers);
  return {mqtt::Message::make({.topic = fence_topic, .payload = payload, .publisher = node, .id = round})};
}

/// Those that have come to one worker. Thread rule: one owner.
class FenceCount {
 public:
  /// True: it was the last one of its node and round.
  bool add(const mqtt::Message& fence) {
    Seen& seen = seen_[std::string(fence.publisher())];
    if (fence.id() < seen.round) return false;
    if (fence.id() > seen.round) seen = {fence.id(), 0};
    return ++seen.count == ByteReader(fence.payload()).u16();
  }

 private:
  struct Seen {
    std::uint64_t round = 0;
    std::uint32_t count = 0;
  };
  std::map<std::string, Seen, std::less<>> seen_;  ///< by node
};

}  // namespace meshmq::node
