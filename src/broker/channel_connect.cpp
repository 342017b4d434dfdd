// CONNECT and CONNACK.

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/hash.hpp"
#include "broker/connecting.hpp"
#include "mqtt/encoder.hpp"
#include "topic/filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;
using mqtt::Version;

void Connecting::handle(Channel& channel, const mqtt::Connect& packet, Now now) {
  const Refusal refusal = check(*channel.zone, packet);
  if (refusal.reason != ReasonCode::success) {
    refuse(channel, refusal, packet.version, now);
    return;
  }
  if (!packet.client_id.empty() && home_of(packet.client_id) != world_.self) {
    channel.state = ChannelState::moved;
    world_.timers.disarm(channel.conn);
    world_.output.move(channel.conn, home_of(packet.client_id));
    return;
  }
  const std::string assigned = packet.client_id.empty() ? assign_client_id() : std::string();
  const std::string_view client_id = packet.client_id.empty() ? std::string_view(assigned) : packet.client_id;
  const AccessClient client{client_id, packet.username.value_or(""), channel.peer->name, channel.peer.get()};
  const ReasonCode access = ask_access(client, packet);
  if (access != ReasonCode::success) {
    refuse(channel, {access, "not authorized", CloseReason::not_authorized}, packet.version, now);
    return;
  }
  if (!channel.claimed && !packet.client_id.empty() && !claim(channel, packet)) return;
  ++world_.metrics.packets_connect_received;
  const auto [session, present] = find_session(client_id, packet.clean_start, now);
  configure(session, channel, packet, now);
  if (channel.left_behind) remember_messages(session);
  life_.attach(session, channel, now);
  world_.router.hold(session.client_id, packet.clean_start, std::exchange(channel.claim, 0));
  world_.log.debug("client '{}' ({}) connected, session {}", session.client_id, session.peername,
                   present ? "resumed" : "new");
  send_connack(channel, packet, present, assigned);
  if (present) world_.delivery.resume(session, now);
}

void Connecting::handle_broken(Channel& channel, const mqtt::DecodeResult& result, Now now) {
  const bool is_connect = result.type == mqtt::PacketType::connect;
  // [MQTT-3.1.2-2] Others than 5 know one answer only: that their version is not spoken here
  // ([MQTT-4.8.0-1]).
  const bool answer = is_connect && (result.answer_version == Version::v5 ||
                                     result.reason == ReasonCode::unsupported_protocol_version);
  if (answer) {
    refuse(channel, {result.reason, result.text, CloseReason::protocol_error}, result.answer_version, now);
    return;
  }
  // [MQTT-3.1.0-1]
  closing_.fail(channel,
                is_connect ? Fatal{result.reason, result.text}
                           : Fatal{ReasonCode::protocol_error, "the first packet is not CONNECT"},
                now);
}

Connecting::Refusal Connecting::check(const Config& config, const mqtt::Connect& packet) {
  if (packet.client_id.size() > config.client_id_bytes_max) {
    return {ReasonCode::client_identifier_not_valid, "client id longer than mqtt.max_clientid_len",
            CloseReason::limit};
  }
  // [MQTT-3.1.3-8] of 3.1.1: without an id there is nothing to come back to. 3.1 wants one always.
  const bool needs_id =
      packet.version == Version::v3_1 || (packet.version == Version::v3_1_1 && !packet.clean_start);
  if (packet.client_id.empty() && needs_id) {
    return {ReasonCode::client_identifier_not_valid, "client id is empty"};
  }
  // [MQTT-4.12.0-1]
  if (packet.authentication_method) {
    return {ReasonCode::bad_authentication_method, "enhanced authentication is not offered",
            CloseReason::not_authorized};
  }
  return packet.will ? check_will(config, *packet.will) : Refusal{};
}

Connecting::Refusal Connecting::check_will(const Config& config, const mqtt::Will& will) {
  // [MQTT-3.2.2-12]
  if (will.qos > config.qos_max)
    return {ReasonCode::qos_not_supported, "will with QoS above mqtt.max_qos_allowed"};
  // [MQTT-3.2.2-13]
  if (will.retain && !config.retain_available) {
    return {ReasonCode::retain_not_supported, "retained will is off by mqtt.retain_available"};
  }
  if (config.topic_levels_max != 0 && topic::level_count(will.topic) > config.topic_levels_max) {
    return {ReasonCode::topic_name_invalid, "will topic with more levels than mqtt.max_topic_levels",
            CloseReason::limit};
  }
  return {};
}

void Connecting::refuse(Channel& channel, const Refusal& refusal, Version version, Now now) {
  ++world_.metrics.packets_connect_received;
  world_.sender.connack_refusal(channel, refusal.reason, version);
  closing_.fail(channel, {refusal.reason, refusal.text, refusal.close}, now);
}

ReasonCode Connecting::ask_access(const AccessClient& client, const mqtt::Connect& packet) {
  const ReasonCode answer = world_.access.connect(client, packet.password);
  if (answer != ReasonCode::success || !packet.will) return answer;
  const mqtt::Will& will = *packet.will;
  const bool allowed = world_.access.may_publish(client, will.topic, will.qos, will.retain);
  return allowed ? ReasonCode::success : ReasonCode::not_authorized;
}

WorkerIndex Connecting::home_of(std::string_view client_id) const {
  const std::uint16_t workers = std::max<std::uint16_t>(world_.config.worker_count, 1);
  return WorkerIndex(static_cast<std::uint16_t>(hash_bytes(client_id) % workers));
}

std::string Connecting::assign_client_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  do {
    id = "meshmq-";
    // The generator's own numbers would tell the next ones.
    const std::uint64_t halves[] = {hash_mix(world_.random.next(), id_key_),
                                    hash_mix(id_key_, world_.random.next())};
    for (const std::uint64_t half : halves) {
      for (int shift = 60; shift >= 0; shift -= 4) id.push_back(digits[half >> shift & 0xF]);
    }
  } while (home_of(id) != world_.self || world_.sessions.find(id) != nullptr);
  return id;
}

bool Connecting::claim(Channel& channel, const mqtt::Connect& packet) {
  const Token token = next_claim_++;
  channel.claimed = world_.router.claim(token, packet.client_id, packet.clean_start);
  if (channel.claimed) return true;
  channel.claim = token;
  claimants_[token] = {channel.conn, channel.generation};
  channel.state = ChannelState::claiming;
  world_.sender.pause(channel, PauseReason::claim);
  return false;
}

void Connecting::claim_done(Token token, bool superseded, bool left_behind, Now now) {
  const auto it = claimants_.find(token);
  if (it == claimants_.end()) return;
  Channel* channel = world_.channels.find(it->second.conn, it->second.generation);
  claimants_.erase(it);
  if (channel == nullptr || channel->state != ChannelState::claiming) return;
  if (superseded) {
    channel->claim = 0;
    return closing_.close(*channel, CloseReason::taken_over, ReasonCode::session_taken_over, now);
  }
  channel->state = ChannelState::connecting;
  channel->claimed = true;
  channel->left_behind = left_behind;
  // CONNECT was left unread: it comes again.
  world_.sender.resume(*channel, PauseReason::claim);
}

Connecting::Found Connecting::find_session(std::string_view client_id, bool clean_start, Now now) {
  Metrics& metrics = world_.metrics;
  Session* session = world_.sessions.find(client_id);
  const bool was_online = session != nullptr && session->online;
  if (was_online) {
    // [MQTT-3.1.4-3] A session that lived as long as its connection is gone after this.
    closing_.close(*world_.channels.find(session->conn), CloseReason::taken_over,
                   ReasonCode::session_taken_over, now);
    session = world_.sessions.find(client_id);
  }
  const bool expired =
      session != nullptr && session->expiry_s != expiry_never && session->expires_at() <= now.mono;
  if (session != nullptr && (clean_start || expired)) {
    // [MQTT-3.1.2-4]
    life_.end(*session, expired ? SessionEnd::terminated : SessionEnd::discarded, now);
    session = nullptr;
  }
  if (session != nullptr) {
    ++metrics.session_resumed;
    if (was_online) ++metrics.session_takeovered;
    // [MQTT-3.1.3-9] Back before the delay was over.
    session->will.reset();
    return {*session, true};
  }
  ++metrics.session_created;
  return {world_.sessions.create(client_id, now.wall), false};
}

/// The older session may have got the same messages when the two become one.
void Connecting::remember_messages(Session& session) {
  if (!session.arrival) {
    session.arrival = std::make_unique<Arrival>();
    session.arrival->holding = false;
    session.arrival->relaying = false;
  }
  session.arrival->remember = true;
  session.moving = Moving::arriving;
}

void Connecting::configure(Session& session, Channel& channel, const mqtt::Connect& packet, Now now) {
  const Config& config = *channel.zone;
  const bool is_v5 = packet.version == Version::v5;
  channel.version = packet.version;
  session.clean_start = packet.clean_start;
  session.bridge = packet.bridge;
  session.username = packet.username.value_or("");
  // [MQTT-3.1.2-21]
  const bool server_says = is_v5 && config.server_keepalive_s != 0;
  session.keepalive_s = server_says ? config.server_keepalive_s : packet.keep_alive_s;
  channel.keepalive_ms = std::uint32_t{session.keepalive_s} * 10 * config.keepalive_percent;
  channel.last_received = now.mono;
  if (is_v5) {
    session.expiry_s = packet.session_expiry_s;
  } else {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(config.session_expiry_interval).count();
    const auto limited = static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, expiry_never));
    session.expiry_s = packet.clean_start ? 0 : limited;
  }
  const auto largest = static_cast<std::uint32_t>(mqtt::packet_bytes_max);
  session.packet_bytes_max =
      packet.packet_bytes_max == 0 ? largest : std::min(packet.packet_bytes_max, largest);
  session.inflight.set_window(
      std::min(packet.receive_maximum, std::max<std::uint16_t>(config.inflight_max, 1)));
  if (!packet.will) return;
  const mqtt::Will& will = *packet.will;
  auto message = mqtt::Message::make({.topic = will.topic,
                                      .payload = will.payload,
                                      .properties = will.properties,
                                      .publisher = session.client_id,
                                      .qos = will.qos,
                                      .retain = will.retain,
                                      .expiry_s = will.expiry_s,
                                      .created_at = now.wall});
  session.will = std::make_unique<PendingWill>(PendingWill{std::move(message), will.delay_s});
}

void Connecting::send_connack(Channel& channel, const mqtt::Connect& packet, bool session_present,
                              std::string_view assigned_client_id) {
  const Config& config = *channel.zone;
  mqtt::Connack connack;
  connack.session_present = session_present;
  connack.receive_maximum = Publishing::receive_maximum(config);
  connack.qos_max = config.qos_max;
  connack.retain_available = config.retain_available;
  connack.packet_bytes_max = config.packet_bytes_max;
  connack.assigned_client_id = assigned_client_id;
  connack.topic_alias_max = config.topic_alias_max;
  connack.wildcard_subscription_available = config.wildcard_subscription;
  connack.shared_subscription_available = config.shared_subscription;
  if (channel.session->keepalive_s != packet.keep_alive_s)
    connack.server_keep_alive_s = channel.session->keepalive_s;
  world_.sender.connack(channel, connack);
}

}  // namespace meshmq::broker
