#include "mqtt/message.hpp"

#include <cstring>
#include <new>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace meshmq::mqtt {

namespace {

constexpr std::uint8_t wire_qos_mask = 0x03;
constexpr std::uint8_t wire_retain = 0x04;
constexpr std::uint8_t wire_has_expiry = 0x08;

char* append(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

Message::Message(const MessageParts& parts)
    : payload_size_(static_cast<std::uint32_t>(parts.payload.size())),
      properties_size_(static_cast<std::uint32_t>(parts.properties.size())),
      expiry_s_(parts.expiry_s),
      created_at_(parts.created_at),
      id_(parts.id),
      topic_size_(static_cast<std::uint16_t>(parts.topic.size())),
      publisher_size_(static_cast<std::uint16_t>(parts.publisher.size())),
      qos_(parts.qos),
      retain_(parts.retain) {
  char* to = const_cast<char*>(data());
  to = append(to, parts.topic);
  to = append(to, parts.payload);
  to = append(to, parts.properties);
  append(to, parts.publisher);
}

MessagePtr Message::make(const MessageParts& parts) {
  MESHMQ_ASSERT(parts.topic.size() <= 0xFFFF && parts.publisher.size() <= 0xFFFF,
                "MQTT strings have 16-bit lengths");
  const std::size_t size = sizeof(Message) + parts.topic.size() + parts.payload.size() +
                           parts.properties.size() + parts.publisher.size();
  return MessagePtr::adopt(new (::operator new(size)) Message(parts));
}

void Message::destroy(const Message* message) {
  message->~Message();
  ::operator delete(const_cast<Message*>(message));
}

std::uint32_t Message::remaining_expiry_s(WallMillis now) const {
  if (expiry_s_ == no_expiry) return no_expiry;
  const WallMillis left_ms = created_at_ + static_cast<WallMillis>(expiry_s_) * 1000 - now;
  if (left_ms < 1000) return 1;
  const WallMillis left_s = (left_ms + 999) / 1000;
  return left_s < expiry_s_ ? static_cast<std::uint32_t>(left_s) : expiry_s_;
}

MessageParts Message::parts() const {
  return {.topic = topic(),
          .payload = payload(),
          .properties = properties(),
          .publisher = publisher(),
          .qos = qos_,
          .retain = retain_,
          .expiry_s = expiry_s_,
          .created_at = created_at_,
          .id = id_};
}

MessagePtr Message::with(QoS qos, bool retain) const {
  MessageParts changed = parts();
  changed.qos = qos;
  changed.retain = retain;
  return make(changed);
}

MessagePtr Message::with_id(std::uint64_t id) const {
  MessageParts changed = parts();
  changed.id = id;
  return make(changed);
}

void Message::encode(std::string& out) const {
  ByteWriter w(out);
  const bool has_expiry = expiry_s_ != no_expiry;
  w.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(qos_) | (retain_ ? wire_retain : 0) |
                                 (has_expiry ? wire_has_expiry : 0)));
  if (has_expiry) w.u32(expiry_s_);
  w.u64(static_cast<std::uint64_t>(created_at_));
  w.u64(id_);
  w.bytes16(topic());
  w.bytes16(publisher());
  w.varint(properties_size_);
  w.bytes(properties());
  w.bytes(payload());
}

Result<MessagePtr> Message::decode(std::string_view bytes, WallMillis clock_ahead) {
  ByteReader r(bytes);
  const std::uint8_t flags = r.u8();
  MessageParts parts;
  if ((flags & wire_qos_mask) > 2) return fail(Errc::malformed, "message: QoS 3");
  parts.qos = static_cast<QoS>(flags & wire_qos_mask);
  parts.retain = (flags & wire_retain) != 0;
  if ((flags & wire_has_expiry) != 0) parts.expiry_s = r.u32();
  parts.created_at = static_cast<WallMillis>(r.u64()) + clock_ahead;
  parts.id = r.u64();
  parts.topic = r.bytes16();
  parts.publisher = r.bytes16();
  parts.properties = r.bytes(r.varint());
  if (!r.ok() || parts.topic.empty()) return fail(Errc::malformed, "message: cut short");
  parts.payload = r.rest();
  return make(parts);
}

}  // namespace meshmq::mqtt
