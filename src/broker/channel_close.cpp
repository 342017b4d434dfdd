// DISCONNECT in both directions and the end without words.

#include "broker/closing.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::broker {

using mqtt::ReasonCode;

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::normal:
      return "normal";
    case CloseReason::protocol_error:
      return "protocol_error";
    case CloseReason::keepalive_timeout:
      return "keepalive_timeout";
    case CloseReason::idle_timeout:
      return "idle_timeout";
    case CloseReason::not_authorized:
      return "not_authorized";
    case CloseReason::taken_over:
      return "takeovered";
    case CloseReason::discarded:
      return "discarded";
    case CloseReason::kicked:
      return "kicked";
    case CloseReason::evacuated:
      return "evacuated";
    case CloseReason::contested:
      return "contested";
    case CloseReason::limit:
      return "limit";
    case CloseReason::shutting_down:
      return "shutting_down";
  }
  return "unknown";
}

namespace {

/// As EMQ X calls it.
std::string_view why(CloseReason close, ReasonCode reason) {
  const bool in_detail = close == CloseReason::protocol_error || close == CloseReason::limit ||
                         (close == CloseReason::normal && reason != ReasonCode::normal_disconnection);
  if (reason == ReasonCode::packet_too_large) return "frame_too_large";
  return in_detail ? mqtt::to_string(reason) : to_string(close);
}

}  // namespace

void Closing::close(Channel& channel, CloseReason close, ReasonCode reason, Now now, std::string_view text) {
  const bool connected = channel.state == ChannelState::connected;
  channel.end = why(close, reason);
  trace_end(channel, text.empty() ? mqtt::to_string(reason) : text);
  withdraw(channel);
  if (connected) world_.sender.disconnect(channel, reason, text);
  channel.state = ChannelState::closed;
  world_.timers.disarm(channel.conn);
  world_.output.close(channel.conn, close);
  const bool replaced = close == CloseReason::taken_over || close == CloseReason::discarded;
  const auto if_over = replaced ? SessionEnd::discarded : SessionEnd::terminated;
  const bool by_others = replaced || close == CloseReason::kicked || close == CloseReason::evacuated ||
                         close == CloseReason::contested || close == CloseReason::shutting_down;
  if (connected && !by_others) count_end(channel, now);
  if (connected) life_.detach(channel, WillFate::publish, if_over, now);
}

void Closing::fail(Channel& channel, const Fatal& fatal, Now now) {
  const Session* session = channel.session;
  const LogContext whom = session == nullptr ? LogContext{{}, channel.peer->name, {}} : about(*session);
  world_.log.about(whom, LogLevel::info, "client '{}' ({}) disconnected: {} ({})", whom.client_id, whom.peer,
                   fatal.text, mqtt::to_string(fatal.reason));
  close(channel, fatal.close, fatal.reason, now, fatal.text);
}

Verdict Closing::handle(Channel& channel, const mqtt::Disconnect& packet, Now now) {
  ++world_.metrics.packets_disconnect_received;
  if (channel.state != ChannelState::connected) {
    close(channel, CloseReason::normal, ReasonCode::normal_disconnection, now);
    return std::nullopt;
  }
  withdraw(channel);
  if (packet.session_expiry_s) {
    // [MQTT-3.14.2-2]
    const bool revived = channel.session->expiry_s == 0 && *packet.session_expiry_s != 0;
    if (revived)
      return Fatal{ReasonCode::protocol_error, "DISCONNECT gives an expiry to a session that had none"};
    channel.session->expiry_s = std::min(*packet.session_expiry_s, channel.zone->session_expiry_max_s);
  }
  channel.state = ChannelState::closed;
  channel.end = why(CloseReason::normal, packet.reason);
  trace_end(channel, "the client said goodbye");
  world_.timers.disarm(channel.conn);
  world_.output.close(channel.conn, CloseReason::normal);
  count_end(channel, now);
  const bool proper = packet.reason == ReasonCode::normal_disconnection;
  life_.detach(channel, proper ? WillFate::discard : WillFate::publish, SessionEnd::terminated, now);
  return std::nullopt;
}

void Closing::trace_end(const Channel& channel, std::string_view text) const {
  if (!world_.observation.tracing.on()) return;
  const Session* session = channel.session;
  const bool nameless = session == nullptr && channel.peer == nullptr;
  const LogContext whom = nameless             ? LogContext{}
                          : session == nullptr ? LogContext{{}, channel.peer->name, {}}
                                               : about(*session);
  world_.observation.tracing.write(LogLevel::info, whom, "disconnected: {} ({})", channel.end, text);
}

void Closing::count_end(const Channel& channel, Now now) {
  if (!channel.zone->enable_flapping_detect) return;
  FlappingClient client{.client_id = channel.session->client_id, .peername = channel.session->peername};
  if (world_.flapping.ended(client, now.mono)) world_.router.flapping(std::move(client));
}

void Closing::withdraw(Channel& channel) {
  if (channel.claim != 0) world_.router.unclaim(std::exchange(channel.claim, 0));
  if (channel.auth && channel.auth->exchange != 0)
    world_.router.admit_no_more(std::exchange(channel.auth->exchange, 0));
}

void Closing::lost(Channel& channel, Now now) {
  withdraw(channel);
  world_.timers.disarm(channel.conn);
  if (channel.state == ChannelState::connected) {
    trace_end(channel, "the connection is gone, without DISCONNECT");
    count_end(channel, now);
    life_.detach(channel, WillFate::publish, SessionEnd::terminated, now);
  }
  world_.channels.erase(channel.conn);
}

}  // namespace meshmq::broker
