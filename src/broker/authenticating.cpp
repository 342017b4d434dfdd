#include "broker/authenticating.hpp"

#include <memory>
#include <utility>

namespace meshmq::broker {

using mqtt::ReasonCode;

namespace {

const Admission anonymous{.anonymous = true};
const Admission stranger{.reason = ReasonCode::not_authorized,
                         .why = "nobody knows it, and allow_anonymous is false"};

/// One exchange of a connection is over before the next one begins.
Token token_of(const Channel& channel) {
  return Token{channel.generation} << 32 | channel.conn.value;
}

std::string text(const std::optional<std::string_view>& value) {
  return std::string(value.value_or(std::string_view()));
}

}  // namespace

const Admission* Authenticating::admission(Channel& channel, const mqtt::Connect& packet,
                                           std::string_view bytes) {
  if (channel.auth && channel.auth->admission) return &*channel.auth->admission;
  ++world_.metrics.client_authenticate;
  if (!packet.authentication_method && !world_.access.asks()) {
    const Admission& admission = channel.zone->allow_anonymous ? anonymous : stranger;
    count(admission);
    return &admission;
  }
  channel.auth = std::make_unique<Authentication>();
  AdmissionRequest request{.client_id = std::string(packet.client_id),
                           .username = text(packet.username),
                           .peername = channel.peer->name,
                           .zone = channel.peer->zone,
                           .method = text(packet.authentication_method),
                           .data = text(packet.authentication_data)};
  if (packet.password) request.password = std::string(*packet.password);
  if (packet.authentication_method) {
    channel.auth->method = request.method;
    channel.auth->connect = bytes;
    channel.version = packet.version;
    channel.state = ChannelState::authenticating;
  } else {
    channel.state = ChannelState::waiting;
  }
  ask(channel, std::move(request));
  world_.sender.pause(channel, PauseReason::connect);
  return nullptr;
}

void Authenticating::admitted(Channel& channel) {
  if (!channel.auth) return;
  channel.auth->username = std::move(channel.auth->admission->username);
  channel.auth->admission.reset();
  channel.auth->connect = std::string();
  if (channel.auth->method.empty()) channel.auth = nullptr;
}

void Authenticating::ask(Channel& channel, AdmissionRequest request) {
  channel.auth->exchange = token_of(channel);
  world_.router.admit(channel.auth->exchange, std::move(request));
}

Verdict Authenticating::handle(Channel& channel, const mqtt::Auth& packet) {
  ++world_.metrics.packets_auth_received;
  // [MQTT-4.12.0-6]
  if (!channel.auth)
    return Fatal{ReasonCode::protocol_error, "AUTH without an authentication method in CONNECT"};
  if (channel.session == nullptr) ++channel.auth->traffic.packets_received;
  // [MQTT-4.12.0-5]
  if (packet.authentication_method.value_or("") != channel.auth->method)
    return Fatal{ReasonCode::protocol_error, "AUTH with another authentication method than CONNECT"};
  if (packet.reason == ReasonCode::reauthenticate) return begin_again(channel, packet);
  if (packet.reason == ReasonCode::continue_authentication) return go_on(channel, packet);
  return Fatal{ReasonCode::protocol_error, "AUTH with a reason code that only servers send"};
}

Verdict Authenticating::begin_again(Channel& channel, const mqtt::Auth& packet) {
  if (channel.state != ChannelState::connected || channel.auth->exchange != 0)
    return Fatal{ReasonCode::protocol_error, "AUTH begins anew during an authentication"};
  ask(channel, {.client_id = channel.session->client_id,
                .username = channel.auth->username,
                .peername = channel.session->peername,
                .method = channel.auth->method,
                .data = text(packet.authentication_data),
                .again = true});
  return std::nullopt;
}

Verdict Authenticating::go_on(Channel& channel, const mqtt::Auth& packet) {
  if (!std::exchange(channel.auth->clients_turn, false))
    return Fatal{ReasonCode::protocol_error, "AUTH that nobody asked for"};
  world_.router.admit_more(channel.auth->exchange, text(packet.authentication_data));
  if (channel.state != ChannelState::connected) world_.sender.pause(channel, PauseReason::connect);
  return std::nullopt;
}

Channel* Authenticating::answered(Token token, Admission admission, Now now) {
  const ConnId conn(static_cast<std::uint32_t>(token));
  Channel* channel = world_.channels.find(conn, static_cast<std::uint32_t>(token >> 32));
  if (channel == nullptr || !channel->auth || channel->auth->exchange != token) return nullptr;
  const bool over = admission.reason != ReasonCode::continue_authentication;
  if (over) {
    channel->auth->exchange = 0;
    channel->auth->clients_turn = false;
    count(admission);
  }
  if (channel->state == ChannelState::connected) {
    answer_connected(*channel, admission, now);
    return nullptr;
  }
  if (over) {
    channel->auth->admission = std::move(admission);
    return channel;
  }
  channel->auth->clients_turn = true;
  world_.sender.resume(*channel, PauseReason::connect);
  send(*channel, ReasonCode::continue_authentication, admission.data, now);
  return nullptr;
}

void Authenticating::answer_connected(Channel& channel, const Admission& admission, Now now) {
  if (mqtt::is_error(admission.reason)) {
    const Session& session = *channel.session;
    refused(channel, session.client_id, session.username, admission);
    // [MQTT-4.12.1-2]
    return closing_.close(channel, CloseReason::not_authorized, admission.reason, now);
  }
  channel.auth->clients_turn = admission.reason == ReasonCode::continue_authentication;
  send(channel, admission.reason, admission.data, now);
}

void Authenticating::send(Channel& channel, ReasonCode reason, std::string_view data, Now now) {
  const mqtt::Auth packet{
      .reason = reason, .authentication_method = channel.auth->method, .authentication_data = data};
  if (world_.sender.auth(channel, packet)) return;
  closing_.fail(
      channel,
      {ReasonCode::packet_too_large, "its Maximum Packet Size is too small for AUTH", CloseReason::limit},
      now);
}

void Authenticating::count(const Admission& admission) {
  Metrics& metrics = world_.metrics;
  if (admission.reason == ReasonCode::banned) {
    ++metrics.client_auth_banned;
  } else if (mqtt::is_error(admission.reason)) {
    ++metrics.client_auth_failure;
  } else {
    ++(admission.anonymous ? metrics.client_auth_anonymous : metrics.client_auth_success);
  }
}

void Authenticating::refused(const Channel& channel, std::string_view client_id, std::string_view username,
                             const Admission& admission) {
  const std::string& peer = channel.session == nullptr ? channel.peer->name : channel.session->peername;
  world_.log.about({client_id, peer, {}}, LogLevel::warning,
                   "client '{}' ({}) with user name '{}' is refused: {} ({})", client_id, peer, username,
                   admission.why, mqtt::to_string(admission.reason));
}

}  // namespace meshmq::broker
