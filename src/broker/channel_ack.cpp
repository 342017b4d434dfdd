// PUBACK, PUBREC and PUBCOMP from clients.

#include "broker/acknowledging.hpp"

namespace meshmq::broker {

using mqtt::PacketType;
using mqtt::ReasonCode;

Verdict Acknowledging::handle_puback(Channel& channel, const mqtt::Ack& packet, Now now) {
  InflightEntry* entry = channel.session->inflight.find(packet.packet_id);
  if (entry == nullptr) {
    ++world_.metrics.packets_puback_missed;
    return std::nullopt;
  }
  if (entry->state != InflightState::awaiting_puback) {
    ++world_.metrics.packets_puback_inuse;
    return Fatal{.text = "PUBACK for a QoS 2 message"};
  }
  note_acknowledged(*channel.session, *entry, now);
  done(*channel.session, *entry, now);
  return std::nullopt;
}

Verdict Acknowledging::handle_pubrec(Channel& channel, const mqtt::Ack& packet, Now now) {
  InflightEntry* entry = channel.session->inflight.find(packet.packet_id);
  if (entry == nullptr) {
    ++world_.metrics.packets_pubrec_missed;
    // [MQTT5 3.6.2.1] A refusal is the end of the exchange; there is nothing to release.
    if (mqtt::is_error(packet.reason)) return std::nullopt;
    world_.sender.ack(channel, PacketType::pubrel, packet.packet_id, ReasonCode::packet_identifier_not_found);
    return std::nullopt;
  }
  if (entry->state == InflightState::awaiting_puback) {
    ++world_.metrics.packets_pubrec_inuse;
    return Fatal{.text = "PUBREC for a QoS 1 message"};
  }
  // [MQTT-4.3.3-4] The receiver refuses the message; its id is free.
  if (mqtt::is_error(packet.reason)) {
    done(*channel.session, *entry, now);
    return std::nullopt;
  }
  if (entry->state == InflightState::awaiting_pubrec) {
    note_acknowledged(*channel.session, *entry, now);
    channel.session->inflight.received(*entry, now.mono);
  }
  world_.sender.ack(channel, PacketType::pubrel, packet.packet_id, ReasonCode::success);
  // A parked place has become a used one; nothing else moves.
  return std::nullopt;
}

Verdict Acknowledging::handle_pubcomp(Channel& channel, const mqtt::Ack& packet, Now now) {
  InflightEntry* entry = channel.session->inflight.find(packet.packet_id);
  if (entry == nullptr) {
    ++world_.metrics.packets_pubcomp_missed;
    return std::nullopt;
  }
  if (entry->state != InflightState::awaiting_pubcomp) {
    ++world_.metrics.packets_pubcomp_inuse;
    return Fatal{.text = "PUBCOMP without PUBREC"};
  }
  done(*channel.session, *entry, now);
  return std::nullopt;
}

void Acknowledging::note_acknowledged(const Session& session, const InflightEntry& entry, Now now) {
  const mqtt::Message& message = *entry.outgoing.message;
  if (world_.observation.looks_at(message, now)) [[unlikely]]
    world_.observation.acknowledged(session, message, entry.sent_at, now);
}

void Acknowledging::done(Session& session, InflightEntry& entry, Now now) {
  session.inflight.remove(entry);
  ++world_.metrics.messages_acked;
  world_.delivery.pump(session, now);
}

}  // namespace meshmq::broker
