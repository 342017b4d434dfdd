#pragma once
// An application message on its way through the broker: one immutable block, shared by everybody who needs
// it.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/intrusive_ptr.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "mqtt/types.hpp"

namespace meshmq::mqtt {

/// What a message is made from. All views are borrowed; Message::make copies them into its block.
struct MessageParts {
  std::string_view topic = {};
  std::string_view payload = {};
  /// MQTT 5 properties that travel with the message, encoded as in PUBLISH without their length: payload
  /// format, content type, response topic, correlation data, user properties (in order). Never the expiry,
  /// topic alias or subscription identifiers.
  std::string_view properties = {};
  /// Client id of the publisher; empty for the broker itself. Used for no-local and logs.
  std::string_view publisher = {};
  QoS qos = QoS::at_most_once;
  bool retain = false;
  /// [MQTT5 3.3.2.3.3] Lifetime in seconds; `no_expiry` if it has none.
  std::uint32_t expiry_s = 0xFFFFFFFF;
  /// When the broker accepted it.
  WallMillis created_at = 0;
  /// Given by the broker that accepted it, unique in the cluster; 0: none.
  std::uint64_t id = 0;
};

class Message;
using MessagePtr = IntrusivePtr<const Message>;

/// One allocation: this header, then topic, payload, properties and publisher behind it. Immutable after
/// make(). Thread rule: shared freely between threads; the count is atomic, nothing else changes. Limits:
/// topic and publisher 65,535 bytes each, payload and properties 256 MiB each (MQTT's own).
class Message {
 public:
  static constexpr std::uint32_t no_expiry = 0xFFFFFFFF;

  static MessagePtr make(const MessageParts& parts);

  std::string_view topic() const { return {data(), topic_size_}; }
  std::string_view payload() const { return {data() + topic_size_, payload_size_}; }
  std::string_view properties() const { return {data() + topic_size_ + payload_size_, properties_size_}; }
  std::string_view publisher() const {
    return {data() + topic_size_ + payload_size_ + properties_size_, publisher_size_};
  }
  QoS qos() const { return qos_; }
  bool retain() const { return retain_; }
  WallMillis created_at() const { return created_at_; }
  /// Tells copies of one message that came by two ways; 0: it has no id.
  std::uint64_t id() const { return id_; }
  /// What it was made from; the views borrow from this message.
  MessageParts parts() const;
  /// Lifetime given by the publisher, in seconds, or no_expiry.
  std::uint32_t expiry_s() const { return expiry_s_; }
  bool expired(WallMillis now) const {
    return expiry_s_ != no_expiry && now >= created_at_ + static_cast<WallMillis>(expiry_s_) * 1000;
  }
  /// [MQTT-3.3.2-6] The lifetime less the whole seconds that the message has waited, at least 1; no_expiry
  /// stays.
  std::uint32_t remaining_expiry_s(WallMillis now) const;
  /// Bytes that this message occupies in memory; what queue limits in bytes count.
  std::size_t footprint() const { return sizeof(Message) + size_of_parts(); }

  /// The same message with another retain flag or QoS (a retained copy, an API's request...).
  MessagePtr with(QoS qos, bool retain) const;
  /// The same message under its id.
  MessagePtr with_id(std::uint64_t id) const;

  /// Form in which messages travel between nodes and to disk (docs/wire/forward-v1.md). Appends to `out`.
  void encode(std::string& out) const;
  /// Decodes exactly what encode() made; the input must hold nothing else.
  /// `clock_ahead`: how far this node's clock is ahead of the sender's, for the time of acceptance.
  static Result<MessagePtr> decode(std::string_view bytes, WallMillis clock_ahead = 0);

  void add_ref() const { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() const {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(this);
  }

  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  explicit Message(const MessageParts& parts);
  static void destroy(const Message* message);

  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  std::size_t size_of_parts() const {
    return std::size_t{topic_size_} + payload_size_ + properties_size_ + publisher_size_;
  }

  mutable std::atomic<std::uint32_t> refs_{1};
  std::uint32_t payload_size_;
  std::uint32_t properties_size_;
  std::uint32_t expiry_s_;
  WallMillis created_at_;
  std::uint64_t id_;
  std::uint16_t topic_size_;
  std::uint16_t publisher_size_;
  QoS qos_;
  bool retain_;
};

}  // namespace meshmq::mqtt
