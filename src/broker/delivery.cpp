#include "broker/delivery.hpp"

#include <memory>
#include <utility>

#include "mqtt/encoder.hpp"

namespace meshmq::broker {

using mqtt::QoS;

bool Delivery::deliver(Session& session, const mqtt::MessagePtr& message, Grant grant,
                       const SubscriptionIds& ids, PublishFrames& frames, Now now) {
  // A copy for a member of a group is the only one, wherever the session is on its way to.
  if (session.moving != Moving::none && grant.group == nullptr &&
      diversion_->divert(session, {message, ids, grant.qos, grant.retain}, now)) {
    return true;
  }
  if (grant.qos == QoS::at_most_once) return deliver_qos0(session, message, grant, ids, frames);
  if (!window_open(session)) {
    enqueue(session, {message, ids, grant.qos, grant.retain, GroupNamePtr(grant.group)});
    return true;
  }
  const PublishForm form{session.version, grant.qos, grant.retain};
  PublishFrames::Slot& slot =
      session.view ? seen_slot(session, *message, form, ids, frames) : frames.get(form, ids);
  if (slot.size > session.packet_bytes_max) {
    drop(session, *message, Drop::too_large);
    return false;
  }
  const InflightEntry& entry =
      session.inflight.add({message, ids, grant.qos, grant.retain, GroupNamePtr(grant.group)}, now.mono);
  send(session, slot.frame, entry.packet_id);
  ++slot.sent;
  if (frames.observed()) [[unlikely]]
    observation_.sent(session, *message, grant.qos, frames.now());
  return true;
}

bool Delivery::deliver_qos0(Session& session, const mqtt::MessagePtr& message, Grant grant,
                            const SubscriptionIds& ids, PublishFrames& frames) {
  // [MQTT-4.6.0-6] Not past those that came while the client was away and still wait behind a full window.
  const bool others_wait = session.has_waiting() && session.queue->has_qos0();
  if (!has_room(session) || others_wait) {
    const bool may_wait = others_wait || (!session.online && session.zone->queue_store_qos0);
    if (may_wait) {
      enqueue(session, {message, ids, grant.qos, grant.retain, GroupNamePtr(grant.group)});
    } else {
      drop(session, *message, Drop::qos0);
    }
    return may_wait;
  }
  const PublishForm form{session.version, grant.qos, grant.retain};
  PublishFrames::Slot& slot =
      session.view ? seen_slot(session, *message, form, ids, frames) : frames.get(form, ids);
  // [MQTT-3.1.2-25]
  if (slot.size > session.packet_bytes_max) {
    drop(session, *message, Drop::too_large);
    return false;
  }
  send(session, slot.frame, 0);
  ++slot.sent;
  if (frames.observed()) [[unlikely]]
    observation_.sent(session, *message, grant.qos, frames.now());
  return true;
}

void Delivery::deliver_late(Session& session, Outgoing outgoing, Now now) {
  const bool qos0 = outgoing.qos == QoS::at_most_once;
  const bool at_once = qos0 ? has_room(session) && !(session.has_waiting() && session.queue->has_qos0())
                            : window_open(session);
  if (at_once) return send_fresh(session, std::move(outgoing), now);
  if (qos0 && !(session.has_waiting() && session.queue->has_qos0()) &&
      (session.online || !session.zone->queue_store_qos0)) {
    return drop(session, *outgoing.message, Drop::qos0);
  }
  enqueue(session, std::move(outgoing));
}

bool Delivery::has_place(const Session& session, std::string_view topic, QoS qos, bool at_once) const {
  const Config& zone = *session.zone;
  const std::size_t limit = zone.queue_messages_max;
  const bool queue_has_room =
      limit == 0 || !session.queue || session.queue->size(zone.queue_priorities.of(topic)) < limit;
  if (qos != QoS::at_most_once) return window_open(session) || (!at_once && queue_has_room);
  const bool others_wait = session.has_waiting() && session.queue->has_qos0();
  if (has_room(session) && !others_wait) return true;
  return (others_wait || (!session.online && session.zone->queue_store_qos0)) && queue_has_room;
}

void Delivery::deliver_retained(Session& session, Outgoing outgoing, Now now) {
  if (!session.retained_backlog && !session.has_waiting() && can_send(session, outgoing.qos)) {
    send_fresh(session, std::move(outgoing), now);
    return;
  }
  if (!session.retained_backlog) session.retained_backlog = std::make_unique<Ring<Outgoing>>();
  session.retained_backlog->push_back(std::move(outgoing));
}

bool Delivery::takes_retained(Session& session, std::size_t count) {
  const std::size_t limit = session.zone->queue_messages_max * retained_backlog_factor;
  const bool takes = limit == 0 || !session.retained_backlog || session.retained_backlog->size() < limit;
  if (takes) return true;
  session.dropped_count += count;
  metrics_.delivery_dropped += count;
  metrics_.delivery_dropped_queue_full += count;
  return false;
}

void Delivery::pump(Session& session, Now now) {
  pump_parked(session, now);
  if (session.inflight.parked() != 0) return;
  pump_queue(session, now);
  if (!session.has_waiting()) pump_retained(session, now);
}

void Delivery::resume(Session& session, Now now) {
  session.inflight.park_all();
  // PUBRELs are no part of the client's Receive Maximum; they go at once, in their order.
  for (InflightEntry* entry : session.inflight.in_order()) {
    if (entry->state != InflightState::awaiting_pubcomp) continue;
    session.inflight.unpark(*entry, now.mono);
    send_pubrel(session, entry->packet_id);
  }
  pump(session, now);
}

void Delivery::retry(Session& session, TimePoint sent_before, Now now) {
  for (InflightEntry* entry : session.inflight.in_order()) {
    if (!has_room(session)) return;
    if (entry->parked || entry->sent_at > sent_before) continue;
    entry->sent_at = now.mono;
    if (entry->state == InflightState::awaiting_pubcomp) {
      send_pubrel(session, entry->packet_id);
    } else {
      // It was sent before, and a client's maximum packet size holds for the whole connection.
      (void)send_again(session, *entry, now);
    }
  }
}

PublishFrames::Slot& Delivery::seen_slot(Session& session, const mqtt::Message& message, PublishForm form,
                                         const SubscriptionIds& ids, PublishFrames& frames) {
  const TopicForm topic = seen(*session.view, message);
  PublishFrames::Slot& slot = frames.get_special(form, ids, topic);
  if (slot.size > session.packet_bytes_max) unsee(*session.view, topic);
  return slot;
}

TopicForm Delivery::seen(TopicView& view, const mqtt::Message& message) {
  TopicForm topic{.hidden = view.hidden(message.topic())};
  if (!view.aliases || message.payload().size() > aliased_payload_bytes_max) return topic;
  const OutgoingAliases::Use use = view.aliases->use(message.topic().substr(topic.hidden));
  topic.alias = use.alias;
  topic.alias_known = use.known;
  return topic;
}

void Delivery::unsee(TopicView& view, TopicForm topic) {
  if (topic.alias != 0 && !topic.alias_known) view.aliases->forget(topic.alias);
}

void Delivery::send(Session& session, const FramePtr& frame, mqtt::PacketId packet_id) {
  ++session.traffic.publishes_sent;
  if (output_.send(session.conn, frame, packet_id) > config_.output_bytes_max) session.congested = true;
}

void Delivery::enqueue(Session& session, Outgoing outgoing) {
  if (!session.queue) session.queue = std::make_unique<MessageQueue>();
  ++session.enqueued_count;
  const Config& zone = *session.zone;
  const std::uint16_t priority = zone.queue_priorities.of(outgoing.message->topic());
  if (observation_.watching()) observation_.queued(session, *outgoing.message);
  if (const auto dropped = session.queue->push(std::move(outgoing), zone.queue_messages_max, priority))
    drop(session, *dropped, Drop::queue_full);
}

void Delivery::send_fresh(Session& session, Outgoing outgoing, Now now) {
  if (outgoing.message->expired(now.wall)) {
    drop(session, *outgoing.message, Drop::expired);
    return;
  }
  const QoS qos = outgoing.qos;
  const PublishForm form{session.version, qos, outgoing.retain};
  const TopicForm topic = session.view ? seen(*session.view, *outgoing.message) : TopicForm{};
  const FramePtr frame = encode_publish(*outgoing.message, form, outgoing.subscription_ids, now.wall, topic);
  if (!frame || frame->size() > session.packet_bytes_max) {
    if (session.view) unsee(*session.view, topic);
    return drop(session, *outgoing.message, Drop::too_large);
  }
  note_sent(session, *outgoing.message, qos, now);
  mqtt::PacketId packet_id = 0;
  if (qos != QoS::at_most_once) packet_id = session.inflight.add(std::move(outgoing), now.mono).packet_id;
  send(session, frame, packet_id);
  count_publish_sent(metrics_, qos, frame->size(), 1);
  ++metrics_.messages_delivered;
}

bool Delivery::send_again(Session& session, const InflightEntry& entry, Now now) {
  const Outgoing& outgoing = entry.outgoing;
  // [MQTT-3.3.1-1]
  const PublishForm form{session.version, outgoing.qos, outgoing.retain, true};
  TopicForm topic;
  if (session.view) topic.hidden = session.view->hidden(outgoing.message->topic());
  const FramePtr frame = encode_publish(*outgoing.message, form, outgoing.subscription_ids, now.wall, topic);
  if (!frame || frame->size() > session.packet_bytes_max) return false;
  send(session, frame, entry.packet_id);
  count_publish_sent(metrics_, outgoing.qos, frame->size(), 1);
  return true;
}

void Delivery::send_pubrel(Session& session, mqtt::PacketId packet_id) {
  const auto packet =
      mqtt::make_ack(mqtt::PacketType::pubrel, packet_id, mqtt::ReasonCode::success, session.version);
  if (output_.send_small(session.conn, packet.bytes()) > config_.output_bytes_max) session.congested = true;
  ++session.traffic.others_sent;
  metrics_.bytes_sent += packet.bytes().size();
  ++metrics_.packets_sent;
  ++metrics_.packets_pubrel_sent;
}

void Delivery::pump_parked(Session& session, Now now) {
  if (session.inflight.parked() == 0) return;
  for (InflightEntry* entry : session.inflight.in_order()) {
    if (!entry->parked) continue;
    if (!can_send(session, QoS::at_least_once)) return;
    session.inflight.unpark(*entry, now.mono);
    if (send_again(session, *entry, now)) continue;
    drop(session, *entry->outgoing.message, Drop::too_large);
    session.inflight.remove(*entry);
  }
}

void Delivery::pump_queue(Session& session, Now now) {
  if (!session.queue) return;
  while (!session.queue->empty() && can_send(session, session.queue->front().qos)) {
    const mqtt::Message& message = *session.queue->front().message;
    if (message.created_at() >= session.connected_at) observation_.count(message, 1, now);
    send_fresh(session, session.queue->pop(), now);
  }
}

void Delivery::pump_retained(Session& session, Now now) {
  if (!session.retained_backlog) return;
  while (!session.retained_backlog->empty() && can_send(session, session.retained_backlog->front().qos)) {
    send_fresh(session, session.retained_backlog->pop_front(), now);
  }
  if (session.retained_backlog->empty()) session.retained_backlog.reset();
}

void Delivery::drop(Session& session, const mqtt::Message& message, Drop why) {
  ++session.dropped_count;
  ++metrics_.delivery_dropped;
  std::string_view text;
  switch (why) {
    case Drop::too_large:
      ++metrics_.delivery_dropped_too_large;
      text = "larger than the client's Maximum Packet Size";
      break;
    case Drop::qos0:
      ++metrics_.delivery_dropped_qos0_msg;
      text = session.online ? "QoS 0, and the connection is full (listener.*.high_watermark)"
                            : "QoS 0, and the client is away (zone.*.mqueue_store_qos0)";
      break;
    case Drop::queue_full:
      ++metrics_.delivery_dropped_queue_full;
      text = "the oldest of a full queue (zone.*.max_mqueue_len)";
      break;
    case Drop::expired:
      ++metrics_.delivery_dropped_expired;
      text = "expired while it waited";
      break;
  }
  if (observation_.watching()) observation_.lost(session, message, text);
}

}  // namespace meshmq::broker
