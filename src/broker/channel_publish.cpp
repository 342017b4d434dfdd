// PUBLISH and PUBREL from clients.

#include <algorithm>
#include <memory>

#include "broker/publishing.hpp"
#include "mqtt/payload_format.hpp"
#include "topic/delayed_topic.hpp"
#include "topic/filter.hpp"

namespace meshmq::broker {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::ReasonCode;

namespace {

constexpr std::size_t topic_bytes_max = 0xFFFF;
constexpr Fatal too_long{ReasonCode::topic_name_invalid, "topic below zone.*.mountpoint is too long",
                         CloseReason::limit};

PacketType ack_type(QoS qos) {
  return qos == QoS::at_least_once ? PacketType::puback : PacketType::pubrec;
}

}  // namespace

Verdict Publishing::handle(Channel& channel, const mqtt::Publish& packet, Now now) {
  count_received(*channel.session, packet.qos);
  std::string_view topic = packet.topic;
  if (packet.topic_alias != 0) {
    if (Verdict fatal = resolve_alias(channel, packet, topic)) return fatal;
  }
  if (Verdict fatal = check(*channel.zone, packet, topic)) return fatal;
  Session& session = *channel.session;
  const bool acknowledged = packet.qos != QoS::at_most_once;
  if (acknowledged) {
    if (packet.qos == QoS::exactly_once && answer_known(channel, packet)) return std::nullopt;
    if (Verdict fatal = check_quota(channel)) return fatal;
  }
  if (channel.zone->check_payload_format && !mqtt::keeps_payload_format(packet.properties, packet.payload)) {
    if (!acknowledged) return Fatal{ReasonCode::payload_format_invalid, "payload is not UTF-8, as it says"};
    refuse(channel, packet, ReasonCode::payload_format_invalid);
    return std::nullopt;
  }
  Place place{topic};
  const ReasonCode refusal = locate(channel, place, now);
  if (refusal == ReasonCode::not_authorized) return forbid(channel, packet, topic);
  if (is_error(refusal)) {
    refuse(channel, packet, refusal);
    return std::nullopt;
  }
  if (session.view) {
    place.topic = mounted(session.view.get(), place.topic, mounted_);
    if (place.topic.size() > topic_bytes_max) return too_long;
  }
  if (packet.qos == QoS::exactly_once) session.awaiting_rel.insert(packet.packet_id, now.mono);
  const mqtt::MessagePtr message = mqtt::Message::make({.topic = place.topic,
                                                        .payload = packet.payload,
                                                        .properties = packet.properties,
                                                        .publisher = session.client_id,
                                                        .qos = packet.qos,
                                                        .retain = packet.retain,
                                                        .expiry_s = packet.expiry_s,
                                                        .created_at = now.wall,
                                                        .id = world_.next_message_id()});
  const Token token = acknowledged ? tokens_.next() : 0;
  if (world_.observation.watching()) note_received(session, *message, packet);
  const RouteResult result = place.due ? delay(message, *place.due, token) : publish(message, token, now);
  if (result.congested && (channel.paused & static_cast<std::uint8_t>(PauseReason::route)) == 0) {
    world_.sender.pause(channel, PauseReason::route);
    paused_.push_back({channel.conn, channel.generation});
  }
  if (acknowledged) {
    // [MQTT5 3.4.2.1]
    const auto reason = result.matched ? ReasonCode::success : ReasonCode::no_matching_subscribers;
    acknowledge(channel, {packet.packet_id, ack_type(packet.qos), reason, result.settled});
  }
  return std::nullopt;
}

ReasonCode Publishing::locate(Channel& channel, Place& place, Now now) {
  if (!take_delay(place, now)) return ReasonCode::topic_name_invalid;
  if (!world_.access.may_publish(channel, place.topic)) return ReasonCode::not_authorized;
  if (!world_.config.rewrite_publish) return ReasonCode::success;
  const Session& session = *channel.session;
  place.topic =
      world_.config.rewrite_publish->apply(place.topic, {session.client_id, session.username}, rewritten_);
  // A rule may be what delays it.
  return place.due || take_delay(place, now) ? ReasonCode::success : ReasonCode::topic_name_invalid;
}

bool Publishing::take_delay(Place& place, Now now) const {
  if (!topic::is_delayed(place.topic) || !world_.config.delayed) return true;
  const auto delayed = topic::parse_delayed(place.topic, now.wall);
  if (!delayed) return false;
  place = {delayed->topic, delayed->due};
  return true;
}

RouteResult Publishing::delay(const mqtt::MessagePtr& message, WallMillis due, Token token) {
  ++world_.metrics.messages_delayed;
  world_.router.delay(message, due, token);
  return {.matched = true, .settled = token == 0};
}

void Publishing::handle_pubrel(Channel& channel, const mqtt::Ack& packet) {
  const bool known = channel.session->awaiting_rel.erase(packet.packet_id);
  if (!known) ++world_.metrics.packets_pubrel_missed;
  world_.sender.ack(channel, PacketType::pubcomp, packet.packet_id,
                    known ? ReasonCode::success : ReasonCode::packet_identifier_not_found);
}

RouteResult Publishing::publish(const mqtt::MessagePtr& message, Token token, Now now) {
  Metrics& metrics = world_.metrics;
  ++metrics.messages_publish;
  if (message->retain()) {
    // What is not routed cannot wait for the disk.
    const bool silent = message->payload().empty() && world_.config.stop_publish_clear;
    world_.router.retain(message, silent ? 0 : token);
    if (silent) return {.matched = true};
    if (!message->payload().empty()) ++metrics.messages_retained;
  }
  const RouteResult result = distribute(message, token, now);
  if (!result.matched) {
    ++metrics.messages_dropped;
    ++metrics.messages_dropped_no_subscribers;
    if (world_.observation.watching()) note_dropped(*message);
  }
  return result;
}

void Publishing::note_received(const Session& session, const mqtt::Message& message,
                               const mqtt::Publish& packet) {
  Observation& observation = world_.observation;
  observation.topics.in(message.topic(), message.qos());
  observation.tracing.write(LogLevel::debug, about(session, message.topic()),
                            "PUBLISH received: qos={}, retain={}, dup={}, packet_id={}, {} bytes",
                            static_cast<int>(packet.qos), packet.retain, packet.dup, packet.packet_id,
                            packet.payload.size());
}

void Publishing::note_dropped(const mqtt::Message& message) {
  world_.observation.topics.dropped(message.topic());
  world_.observation.tracing.write(LogLevel::info, {message.publisher(), {}, message.topic()},
                                   "PUBLISH dropped: nobody is subscribed");
}

void Publishing::submit(mqtt::MessageParts parts, Now now) {
  Place place{parts.topic};
  if (!take_delay(place, now)) {
    world_.log.info("message of client '{}' dropped: '{}' does not say when or where", parts.publisher,
                    parts.topic);
    return;
  }
  parts.topic = place.topic;
  const mqtt::MessagePtr message = mqtt::Message::make(parts);
  (void)(place.due ? delay(message, *place.due, 0) : publish(message, 0, now));
}

void Publishing::publish_system(const mqtt::MessagePtr& message, Now now) {
  (void)distribute(message, 0, now);
}

RouteResult Publishing::distribute(const mqtt::MessagePtr& message, Token token, Now now) {
  RouteResult result = world_.router.route(message, token);
  // A client that publishes behind its SUBSCRIBE, without waiting for SUBACK, gets what it publishes: the
  // worker has the subscription before the routes do. What is retained comes with SUBACK.
  const bool early = !result.local && world_.subscribes_pending > 0 && !message->retain();
  if (result.local || early) {
    const bool taken = world_.dispatcher.deliver(message, now) > 0;
    result.matched = result.matched || taken;
  }
  if (!result.groups.empty()) world_.shared.deliver(message, result.groups, now);
  return result;
}

Publishing::Owed Publishing::take(Token token) {
  const auto target = tokens_.take(token);
  if (!target) return {};
  Channel* channel = world_.channels.find(target->conn, target->generation);
  if (channel == nullptr || channel->state != ChannelState::connected) return {};
  return {channel, channel->acks.settle(target->number)};
}

void Publishing::settled(Token token) {
  if (const Owed owed = take(token); owed.channel != nullptr) flush(*owed.channel);
}

Channel* Publishing::refused(Token token, ReasonCode reason) {
  const auto [channel, ack] = take(token);
  if (channel == nullptr || ack == nullptr) return nullptr;
  ++world_.metrics.packets_publish_error;
  ++world_.metrics.packets_publish_dropped;
  ack->reason = reason;
  // [MQTT5 4.13.2] A refused exchange is over.
  if (ack->type == PacketType::pubrec) channel->session->awaiting_rel.erase(ack->packet_id);
  if (channel->version != mqtt::Version::v5) return channel;
  flush(*channel);
  return nullptr;
}

void Publishing::resume_publishers() {
  for (const PausedPublisher& paused : paused_) {
    Channel* channel = world_.channels.find(paused.conn, paused.generation);
    if (channel != nullptr) world_.sender.resume(*channel, PauseReason::route);
  }
  paused_.clear();
}

std::uint16_t Publishing::receive_maximum(const Config& config) {
  constexpr std::size_t all_ids = 65535;
  const std::size_t limit = config.awaiting_rel_max;
  return static_cast<std::uint16_t>(limit == 0 ? all_ids : std::min(limit, all_ids));
}

Verdict Publishing::resolve_alias(Channel& channel, const mqtt::Publish& packet, std::string_view& topic) {
  // [MQTT-3.3.2-9]
  if (packet.topic_alias > channel.zone->topic_alias_max) {
    return Fatal{ReasonCode::topic_alias_invalid, "topic alias above mqtt.max_topic_alias"};
  }
  if (!channel.aliases) channel.aliases = std::make_unique<TopicAliases>();
  if (!topic.empty()) {
    if (channel.aliases->set(packet.topic_alias, topic, channel.zone->packet_bytes_max)) return std::nullopt;
    return Fatal{ReasonCode::quota_exceeded, "topics of aliases take more than mqtt.max_packet_size",
                 CloseReason::limit};
  }
  topic = channel.aliases->find(packet.topic_alias);
  if (topic.empty()) return Fatal{ReasonCode::protocol_error, "topic alias that was never set"};
  return std::nullopt;
}

Verdict Publishing::check(const Config& config, const mqtt::Publish& packet, std::string_view topic) {
  // [MQTT-3.2.2-11]
  if (packet.qos > config.qos_max) {
    return Fatal{ReasonCode::qos_not_supported, "QoS above mqtt.max_qos_allowed"};
  }
  // [MQTT-3.2.2-14]
  if (packet.retain && !config.retain_available) {
    return Fatal{ReasonCode::retain_not_supported, "retain is off by mqtt.retain_available"};
  }
  if (topic::has_more_levels(topic, config.topic_levels_max)) {
    return Fatal{ReasonCode::topic_name_invalid, "topic with more levels than mqtt.max_topic_levels",
                 CloseReason::limit};
  }
  return std::nullopt;
}

Verdict Publishing::check_quota(const Channel& channel) {
  // A 3.x client was not told a Receive Maximum; its packet ids bound it. QoS 1 messages that we have not yet
  // acknowledged are no reason: the client is paused instead, see acknowledge().
  const bool exceeded = channel.version == mqtt::Version::v5 &&
                        channel.session->awaiting_rel.size() >= receive_maximum(*channel.zone);
  if (!exceeded) return std::nullopt;
  return Fatal{ReasonCode::receive_maximum_exceeded,
               "more than zone.*.max_awaiting_rel publishes not released", CloseReason::limit};
}

bool Publishing::answer_known(Channel& channel, const mqtt::Publish& packet) {
  if (!channel.session->awaiting_rel.contains(packet.packet_id)) return false;
  // [MQTT-4.3.3-2] A repetition is acknowledged like the first one. Without DUP it is another message under
  // an id that is still taken; only MQTT 5 can say so.
  const bool misused = channel.version == mqtt::Version::v5 && !packet.dup;
  if (misused) {
    ++world_.metrics.packets_publish_error;
    ++world_.metrics.packets_publish_inuse;
  }
  acknowledge(channel, {packet.packet_id, PacketType::pubrec,
                        misused ? ReasonCode::packet_identifier_in_use : ReasonCode::success, true});
  return true;
}

Verdict Publishing::forbid(Channel& channel, const mqtt::Publish& packet, std::string_view topic) {
  ++world_.metrics.packets_publish_auth_error;
  const Session& session = *channel.session;
  world_.log.about(about(session, topic), LogLevel::info, "client '{}' ({}) may not publish to '{}'",
                   session.client_id, session.peername, topic);
  if (!channel.zone->acl_deny_disconnect) {
    refuse(channel, packet, ReasonCode::not_authorized);
    return std::nullopt;
  }
  ++world_.metrics.packets_publish_error;
  ++world_.metrics.packets_publish_dropped;
  return Fatal{ReasonCode::not_authorized, "a topic that no rule allows (acl_deny_action = disconnect)",
               CloseReason::not_authorized};
}

void Publishing::refuse(Channel& channel, const mqtt::Publish& packet, ReasonCode reason) {
  world_.observation.tracing.write(LogLevel::info, about(*channel.session, packet.topic),
                                   "PUBLISH refused: {}", mqtt::to_string(reason));
  ++world_.metrics.packets_publish_error;
  ++world_.metrics.packets_publish_dropped;
  if (packet.qos == QoS::at_most_once) return;
  acknowledge(channel, {packet.packet_id, ack_type(packet.qos), reason, true});
}

void Publishing::acknowledge(Channel& channel, PendingAck ack) {
  if (ack.settled && channel.acks.empty()) {
    world_.sender.ack(channel, ack.type, ack.packet_id, ack.reason);
    return;
  }
  const std::uint32_t number = channel.acks.push(ack);
  if (!ack.settled) tokens_.add({channel.conn, channel.generation, number});
  if (channel.acks.size() >= receive_maximum(*channel.zone)) world_.sender.pause(channel, PauseReason::acks);
}

void Publishing::flush(Channel& channel) {
  while (const auto ack = channel.acks.pop_settled()) {
    world_.sender.ack(channel, ack->type, ack->packet_id, ack->reason);
  }
  if (channel.acks.size() < receive_maximum(*channel.zone)) world_.sender.resume(channel, PauseReason::acks);
}

void Publishing::count_received(Session& session, QoS qos) {
  ++session.traffic.publishes_received;
  Metrics& metrics = world_.metrics;
  ++metrics.packets_publish_received;
  ++metrics.messages_received;
  if (qos == QoS::at_most_once) ++metrics.messages_qos0_received;
  if (qos == QoS::at_least_once) ++metrics.messages_qos1_received;
  if (qos == QoS::exactly_once) ++metrics.messages_qos2_received;
}

}  // namespace meshmq::broker
