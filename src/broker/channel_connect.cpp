// CONNECT and CONNACK.

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/hash.hpp"
#include "broker/connecting.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/payload_format.hpp"
#include "topic/delayed_topic.hpp"
#include "topic/filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;
using mqtt::Version;

namespace {

std::uint32_t packet_limit(const mqtt::Connect& packet) {
  const auto largest = static_cast<std::uint32_t>(mqtt::packet_bytes_max);
  return packet.packet_bytes_max == 0 ? largest : std::min(packet.packet_bytes_max, largest);
}

std::uint32_t session_expiry(const Config& config, const mqtt::Connect& packet) {
  if (packet.version == Version::v5) return std::min(packet.session_expiry_s, config.session_expiry_max_s);
  if (packet.clean_start) return 0;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(config.session_expiry_interval).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, expiry_never));
}

std::uint16_t keep_alive(const Config& config, const mqtt::Connect& packet) {
  // [MQTT-3.1.2-21]
  const bool server_says = packet.version == Version::v5 && config.server_keepalive_s != 0;
  return server_says ? config.server_keepalive_s : packet.keep_alive_s;
}

}  // namespace

void Connecting::handle(Channel& channel, mqtt::Connect packet, std::string_view bytes, Now now) {
  channel.packet_bytes_max = packet_limit(packet);
  channel.problem_information = packet.version == Version::v5 && packet.request_problem_information;
  const bool nameless = packet.client_id.empty();
  identify(channel, packet);
  handled_id_ = packet.client_id;
  const Refusal refusal = check(*channel.zone, packet);
  if (refusal.reason != ReasonCode::success) {
    refuse(channel, refusal, packet.version, now);
    return;
  }
  if (world_.turns_away) {
    refuse(channel,
           {ReasonCode::use_another_server, "this node sends its clients to others", CloseReason::evacuated},
           packet.version, now);
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
  mqtt::Connack connack = make_connack(*channel.zone, packet, nameless ? client_id : std::string_view());
  if (!PacketSender::fits(channel, connack, packet.version)) {
    closing_.fail(channel,
                  {ReasonCode::packet_too_large, "its Maximum Packet Size is too small for CONNACK",
                   CloseReason::limit},
                  now);
    return;
  }
  if (!admit(channel, packet, client_id, bytes, now)) return;
  if (!channel.claimed && !packet.client_id.empty() && !claim(channel, packet)) return;
  ++world_.metrics.packets_connect_received;
  const auto [session, present] = find_session(client_id, packet.clean_start, now);
  configure(session, channel, packet, now);
  if (channel.left_behind) remember_messages(session);
  life_.attach(session, channel, now);
  hold(channel, packet.clean_start);
  world_.log.about(about(session), LogLevel::debug, "client '{}' ({}) connected, session {}",
                   session.client_id, session.peername, present ? "resumed" : "new");
  if (world_.observation.tracing.on()) trace_connected(session, packet, present);
  connack.session_present = present;
  // [MQTT5 4.12] What the client checks the server with.
  std::string proof;
  if (channel.auth && !channel.auth->method.empty()) {
    proof = std::move(channel.auth->admission->data);
    connack.authentication_method = packet.authentication_method;
    if (!proof.empty()) connack.authentication_data = proof;
  }
  Authenticating::admitted(channel);
  world_.sender.connack(channel, connack);
  if (present) world_.delivery.resume(session, now);
  if (!world_.config.auto_subscriptions.empty()) subscribing_.subscribe_automatically(channel);
  if (world_.config.presence) presence_.connected(channel, now);
}

void Connecting::handle_broken(Channel& channel, const mqtt::DecodeResult& result, Now now) {
  const bool is_connect = result.type == mqtt::PacketType::connect;
  handled_id_ = {};
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

void Connecting::identify(const Channel& channel, mqtt::Connect& packet) {
  const Peer& peer = *channel.peer;
  if (!peer.username.empty()) packet.username = peer.username;
  if (!peer.clientid.empty()) {
    packet.client_id = peer.clientid;
  } else if (channel.zone->use_username_as_clientid && !packet.username.value_or("").empty()) {
    packet.client_id = *packet.username;
  }
  const bool proven = channel.auth && channel.auth->admission && !channel.auth->admission->username.empty();
  if (proven) packet.username = channel.auth->admission->username;
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
  const bool unproven = packet.authentication_method && !packet.username;
  if (!config.mountpoint.empty() && !unproven &&
      !expand_mountpoint(config.mountpoint, packet.client_id, packet.username.value_or(""))) {
    return {ReasonCode::client_identifier_not_valid, "client id or user name makes no zone.*.mountpoint"};
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
  if (topic::has_more_levels(will.topic, config.topic_levels_max)) {
    return {ReasonCode::topic_name_invalid, "will topic with more levels than mqtt.max_topic_levels",
            CloseReason::limit};
  }
  if (config.check_payload_format && !mqtt::keeps_payload_format(will.properties, will.payload)) {
    return {ReasonCode::payload_format_invalid, "will is not UTF-8, as it says"};
  }
  return {};
}

void Connecting::refuse(Channel& channel, const Refusal& refusal, Version version, Now now) {
  ++world_.metrics.packets_connect_received;
  world_.observation.tracing.write(LogLevel::info, {handled_id_, channel.peer->name, {}},
                                   "CONNECT refused: {} ({})", refusal.text, mqtt::to_string(refusal.reason));
  // [MQTT-3.2.2-6] of 3.1.1
  const bool can_say = version == Version::v5 || mqtt::has_connack_return_code(refusal.reason);
  if (can_say) world_.sender.connack_refusal(channel, refusal.reason, version, refusal.text);
  closing_.fail(channel, {refusal.reason, refusal.text, refusal.close}, now);
}

void Connecting::trace_connected(const Session& session, const mqtt::Connect& packet, bool present) const {
  world_.observation.tracing.write(
      LogLevel::info, about(session),
      "CONNECT: version={}, username='{}', clean_start={}, keepalive={}, session_expiry={}, will='{}'; "
      "session {}",
      static_cast<int>(session.version), session.username, session.clean_start, session.keepalive_s,
      session.expiry_s, packet.will ? packet.will->topic : std::string_view(), present ? "resumed" : "new");
}

bool Connecting::admit(Channel& channel, const mqtt::Connect& packet, std::string_view client_id,
                       std::string_view bytes, Now now) {
  const Admission* admission = authenticating_.admission(channel, packet, bytes);
  if (admission == nullptr) return false;
  const std::string_view username = packet.username.value_or("");
  if (admission->reason != ReasonCode::success) {
    authenticating_.refused(channel, client_id, username, *admission);
    const Refusal refusal{admission->reason, mqtt::to_string(admission->reason), CloseReason::not_authorized};
    refuse(channel, refusal, packet.version, now);
    return false;
  }
  if (!packet.will) return true;
  const std::string_view topic =
      world_.config.delayed ? topic::final_topic(packet.will->topic) : packet.will->topic;
  if (world_.access.may_leave_will(channel, client_id, username, topic)) return true;
  refuse(channel,
         {ReasonCode::not_authorized, "not authorized to leave this will", CloseReason::not_authorized},
         packet.version, now);
  return false;
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
  const Token token = next_token_++;
  channel.claimed = world_.router.claim(token, packet.client_id, packet.clean_start);
  if (channel.claimed) return true;
  channel.claim = token;
  waiting_[token] = {channel.conn, channel.generation};
  channel.state = ChannelState::waiting;
  world_.sender.pause(channel, PauseReason::connect);
  return false;
}

Channel* Connecting::take_waiting(Token token) {
  const auto it = waiting_.find(token);
  if (it == waiting_.end()) return nullptr;
  Channel* channel = world_.channels.find(it->second.conn, it->second.generation);
  waiting_.erase(it);
  return channel;
}

void Connecting::hold(Channel& channel, bool clean_start) {
  const Token token = channel.claim != 0 ? std::exchange(channel.claim, 0) : next_token_++;
  if (world_.router.hold(channel.session->client_id, clean_start, token)) return;
  // CONNACK is a promise: who has it finds the session at every node.
  waiting_[token] = {channel.conn, channel.generation};
  world_.output.hold_output(channel.conn);
  // Also a DISCONNECT that is already here: the end of its connection must not come before.
  world_.sender.pause(channel, PauseReason::known);
}

void Connecting::session_known(Token token) {
  Channel* channel = take_waiting(token);
  if (channel == nullptr || !is_open(channel->state)) return;
  world_.output.release_output(channel->conn);
  world_.sender.resume(*channel, PauseReason::known);
}

Channel* Connecting::claim_done(Token token, bool superseded, bool left_behind, Now now) {
  Channel* channel = take_waiting(token);
  if (channel == nullptr || channel->state != ChannelState::waiting) return nullptr;
  if (superseded) {
    channel->claim = 0;
    closing_.close(*channel, CloseReason::taken_over, ReasonCode::session_taken_over, now);
    return nullptr;
  }
  channel->claimed = true;
  channel->left_behind = left_behind;
  return channel;
}

Connecting::Found Connecting::find_session(std::string_view client_id, bool clean_start, Now now) {
  Metrics& metrics = world_.metrics;
  Session* session = world_.sessions.find(client_id);
  const bool was_online = session != nullptr && session->online;
  if (was_online) {
    // [MQTT-3.1.4-3] A session that lived as long as its connection is gone after this.
    closing_.close(*world_.channels.find(session->conn),
                   clean_start ? CloseReason::discarded : CloseReason::taken_over,
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
    life_.drop_will(*session);
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
  remember_waiting(session);
  session.moving = Moving::arriving;
}

void Connecting::configure(Session& session, Channel& channel, const mqtt::Connect& packet, Now now) {
  const Config& config = *channel.zone;
  channel.version = packet.version;
  session.clean_start = packet.clean_start;
  session.bridge = packet.bridge;
  session.username = packet.username.value_or("");
  session.keepalive_s = keep_alive(config, packet);
  channel.keepalive_ms = std::uint32_t{session.keepalive_s} * 10 * config.keepalive_percent;
  channel.last_received = now.mono;
  session.expiry_s = session_expiry(config, packet);
  session.packet_bytes_max = channel.packet_bytes_max;
  session.inflight.set_window(
      std::min(packet.receive_maximum, std::max<std::uint16_t>(config.inflight_max, 1)));
  session.view = make_view(config, session, packet.topic_alias_max);
  if (!packet.will) return;
  const mqtt::Will& will = *packet.will;
  std::string rewritten;
  std::string storage;
  const std::string_view topic = mounted(session.view.get(),
                                         topic::rewritten(world_.config.rewrite_publish, will.topic,
                                                          {session.client_id, session.username}, rewritten),
                                         storage);
  auto message = mqtt::Message::make({.topic = topic,
                                      .payload = will.payload,
                                      .properties = will.properties,
                                      .publisher = session.client_id,
                                      .qos = will.qos,
                                      .retain = will.retain,
                                      .expiry_s = will.expiry_s,
                                      .created_at = now.wall});
  session.will = std::make_unique<PendingWill>(PendingWill{std::move(message), will.delay_s});
}

std::unique_ptr<TopicView> Connecting::make_view(const Config& config, const Session& session,
                                                 std::uint16_t topic_alias_max) {
  // [MQTT-3.1.2-26], [MQTT-3.1.2-27]
  const std::uint16_t aliases = std::min(topic_alias_max, config.topic_alias_max_out);
  if (aliases == 0 && config.mountpoint.empty()) return nullptr;
  auto view = std::make_unique<TopicView>();
  if (aliases != 0) view->aliases.emplace(aliases, world_.random.next());
  view->mountpoint = expand_mountpoint(config.mountpoint, session.client_id, session.username).value_or("");
  return view;
}

mqtt::Connack Connecting::make_connack(const Config& config, const mqtt::Connect& packet,
                                       std::string_view assigned_client_id) {
  mqtt::Connack connack;
  if (session_expiry(config, packet) != packet.session_expiry_s)
    connack.session_expiry_s = session_expiry(config, packet);
  connack.receive_maximum = Publishing::receive_maximum(config);
  connack.qos_max = config.qos_max;
  connack.retain_available = config.retain_available;
  connack.packet_bytes_max = config.packet_bytes_max;
  connack.assigned_client_id = assigned_client_id;
  connack.topic_alias_max = config.topic_alias_max;
  connack.wildcard_subscription_available = config.wildcard_subscription;
  connack.subscription_identifiers_available = config.subscription_identifier;
  connack.shared_subscription_available = config.shared_subscription;
  if (keep_alive(config, packet) != packet.keep_alive_s)
    connack.server_keep_alive_s = keep_alive(config, packet);
  // [MQTT-3.1.2-28]
  if (packet.request_response_information) connack.response_information = config.response_information;
  return connack;
}

}  // namespace meshmq::broker
