#include "broker/session_image.hpp"

#include <utility>

#include "broker/shared_groups.hpp"

namespace meshmq::broker {

namespace {

constexpr std::uint8_t image_version = 1;
constexpr std::uint8_t resting_version = 2;
constexpr std::uint8_t flag_clean_start = 1;
constexpr std::uint8_t flag_bridge = 2;
// Of a message; bits 0 and 1 are its QoS.
constexpr std::uint8_t flag_retain = 4;
constexpr std::uint8_t flag_group = 8;

std::uint32_t packed(SubscriptionOptions o) {
  return o.subscription_id | o.qos_bits << 28 | o.no_local << 30 | o.retain_as_published << 31;
}

SubscriptionOptions unpacked(std::uint32_t bits) {
  return {bits & 0x0FFFFFFF, bits >> 28 & 3, bits >> 30 & 1, bits >> 31};
}

void write_inflight(ByteWriter& w, Session& session) {
  const auto entries = session.inflight.in_order();
  w.u16(session.inflight.last_id());
  w.varint(entries.size());
  for (const InflightEntry* entry : entries) {
    w.u16(entry->packet_id);
    w.u8(static_cast<std::uint8_t>(entry->state));
    if (entry->state != InflightState::awaiting_pubcomp) write_outgoing(w, entry->outgoing);
  }
}

bool read_inflight(ByteReader& r, Session& session, Now now) {
  const mqtt::PacketId last_id = r.u16();
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    const mqtt::PacketId packet_id = r.u16();
    const std::uint8_t state = r.u8();
    if (packet_id == 0 || state > static_cast<std::uint8_t>(InflightState::awaiting_pubcomp)) return false;
    Outgoing outgoing;
    if (static_cast<InflightState>(state) != InflightState::awaiting_pubcomp) {
      outgoing = read_outgoing(r);
      if (!outgoing.message) return false;
    }
    if (!session.inflight.restore(packet_id, static_cast<InflightState>(state), std::move(outgoing),
                                  now.mono))
      return false;
  }
  session.inflight.set_last_id(last_id);
  return r.ok();
}

template <class Messages>
void write_messages(ByteWriter& w, const Messages* messages) {
  w.varint(messages == nullptr ? 0 : messages->size());
  if (messages != nullptr) messages->for_each([&](const Outgoing& outgoing) { write_outgoing(w, outgoing); });
}

bool read_messages(ByteReader& r, Session& session) {
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    Outgoing outgoing = read_outgoing(r);
    if (!outgoing.message) return false;
    if (!session.queue) session.queue = std::make_unique<MessageQueue>();
    (void)session.queue->push(std::move(outgoing), 0);
  }
  return r.ok();
}

}  // namespace

void write_outgoing(ByteWriter& w, const Outgoing& outgoing) {
  const auto ids = outgoing.subscription_ids.values();
  w.u8(static_cast<std::uint8_t>(static_cast<unsigned>(outgoing.qos) | (outgoing.retain ? flag_retain : 0U) |
                                 (outgoing.group ? flag_group : 0U)));
  if (outgoing.group) w.bytes16(outgoing.group->text());
  w.varint(ids.size());
  for (const std::uint32_t id : ids) w.u32(id);
  std::string message;
  outgoing.message->encode(message);
  w.varint(message.size());
  w.bytes(message);
}

Outgoing read_outgoing(ByteReader& r) {
  Outgoing outgoing;
  const std::uint8_t flags = r.u8();
  if ((flags & 3) > 2) return {};
  outgoing.qos = static_cast<mqtt::QoS>(flags & 3);
  outgoing.retain = (flags & flag_retain) != 0;
  if ((flags & flag_group) != 0) outgoing.group = GroupName::make(r.bytes16());
  const std::uint64_t ids = r.varint();
  for (std::uint64_t i = 0; i < ids && r.ok(); ++i) outgoing.subscription_ids.add(r.u32());
  const std::string_view bytes = r.bytes(r.varint());
  if (!r.ok()) return {};
  auto message = mqtt::Message::decode(bytes);
  if (!message) return {};
  outgoing.message = std::move(*message);
  return outgoing;
}

std::vector<ImagedSubscription> shared_subscriptions(const Session& session) {
  std::vector<ImagedSubscription> result;
  if (!session.shared) return result;
  for (const SharedRef& ref : *session.shared) {
    result.push_back({std::string(ref.group->name->text()), ref.group->members[ref.index].options});
  }
  return result;
}

namespace {

void write_state(ByteWriter& w, Session& session, const RecentMessages* recent, Now now) {
  w.bytes16(session.client_id);
  w.bytes16(session.username);
  w.u8(static_cast<std::uint8_t>((session.clean_start ? flag_clean_start : 0U) |
                                 (session.bridge ? flag_bridge : 0U)));
  w.u8(static_cast<std::uint8_t>(session.version));
  w.u32(session.expiry_s);
  w.u64(static_cast<std::uint64_t>(session.created_at));
  w.u64(0);
  w.u64(session.enqueued_count);
  w.u64(session.dropped_count);
  w.varint(session.subscription_count());
  for (const SubscriptionRef& ref : session.subscriptions) {
    w.bytes16(SubscriptionTable::filter_of(*ref.list));
    w.u32(packed((*ref.list)[ref.index].options));
  }
  for (const ImagedSubscription& shared : shared_subscriptions(session)) {
    w.bytes16(shared.filter);
    w.u32(packed(shared.options));
  }
  write_inflight(w, session);
  w.varint(session.awaiting_rel.size());
  session.awaiting_rel.for_each([&](mqtt::PacketId id) { w.u16(id); });
  write_messages(w, session.queue.get());
  write_messages(w, session.retained_backlog.get());
  std::vector<std::uint64_t> seen;
  if (recent != nullptr)
    recent->since(now.wall - transit_max_ms, [&](std::uint64_t id) { seen.push_back(id); });
  if (session.arrival) seen.insert(seen.end(), session.arrival->seen.begin(), session.arrival->seen.end());
  w.varint(seen.size());
  for (const std::uint64_t id : seen) w.u64(id);
}

void write_rest(ByteWriter& w, const Session& session, Now now) {
  w.u64(static_cast<std::uint64_t>(session.disconnected_at != 0 ? session.disconnected_at : now.wall));
  w.u8(session.will ? 1 : 0);
  if (!session.will) return;
  std::string message;
  session.will->message->encode(message);
  w.u32(session.will->delay_s);
  w.varint(message.size());
  w.bytes(message);
}

bool read_rest(ByteReader& r, Session& session, Now now) {
  session.disconnected_at = static_cast<WallMillis>(r.u64());
  // Not in the future, whatever became of the clock.
  const bool known = session.disconnected_at > 0 && session.disconnected_at <= now.wall;
  const WallMillis away = known ? now.wall - session.disconnected_at : 0;
  session.detached_at = now.mono - Duration(away);
  if (r.u8() == 0) return r.ok();
  const std::uint32_t delay_s = r.u32();
  auto message = mqtt::Message::decode(r.bytes(r.varint()));
  if (!r.ok() || !message) return false;
  session.will = std::make_unique<PendingWill>(PendingWill{std::move(*message), delay_s});
  return true;
}

bool known_version(std::uint8_t version) {
  return version == image_version || version == resting_version;
}

}  // namespace

std::string session_image(Session& session, const RecentMessages* recent, Now now) {
  std::string image;
  ByteWriter w(image);
  w.u8(image_version);
  write_state(w, session, recent, now);
  return image;
}

std::string resting_image(Session& session, const RecentMessages* recent, Now now) {
  std::string image;
  ByteWriter w(image);
  w.u8(resting_version);
  write_state(w, session, recent, now);
  write_rest(w, session, now);
  return image;
}

std::string_view image_owner(std::string_view image) {
  ByteReader r(image);
  if (!known_version(r.u8())) return {};
  const std::string_view owner = r.bytes16();
  return r.ok() ? owner : std::string_view();
}

Result<std::vector<ImagedSubscription>> restore_session(std::string_view image, Session& session, Now now) {
  ByteReader r(image);
  const std::uint8_t version = r.u8();
  if (!known_version(version)) return fail(Errc::unsupported, "session image of an unknown version");
  (void)r.bytes16();
  session.username = r.bytes16();
  const std::uint8_t flags = r.u8();
  session.clean_start = (flags & flag_clean_start) != 0;
  session.bridge = (flags & flag_bridge) != 0;
  session.version = static_cast<mqtt::Version>(r.u8());
  session.expiry_s = r.u32();
  session.created_at = static_cast<WallMillis>(r.u64());
  (void)r.u64();
  session.enqueued_count = r.u64();
  session.dropped_count = r.u64();
  std::vector<ImagedSubscription> subscriptions;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    std::string filter(r.bytes16());
    subscriptions.push_back({std::move(filter), unpacked(r.u32())});
  }
  bool good = r.ok() && read_inflight(r, session, now);
  const std::uint64_t awaiting = good ? r.varint() : 0;
  for (std::uint64_t i = 0; i < awaiting && r.ok(); ++i) session.awaiting_rel.insert(r.u16(), now.mono);
  good = good && read_messages(r, session) && read_messages(r, session);
  session.arrival = std::make_unique<Arrival>();
  const std::uint64_t seen = good ? r.varint() : 0;
  for (std::uint64_t i = 0; i < seen && r.ok(); ++i) session.arrival->seen.insert(r.u64());
  if (version == resting_version) good = good && read_rest(r, session, now);
  if (!good || !r.ok() || !r.at_end()) return fail(Errc::malformed, "session image is damaged");
  return subscriptions;
}

}  // namespace meshmq::broker
