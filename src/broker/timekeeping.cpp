#include "broker/timekeeping.hpp"

#include <algorithm>

namespace meshmq::broker {

using mqtt::ReasonCode;

void Timekeeping::tick(Now now) {
  due_.clear();
  world_.timers.expire(now.mono, due_);
  for (const ConnId conn : due_) {
    Channel* channel = world_.channels.find(conn);
    if (channel != nullptr) visit(*channel, now);
  }
}

void Timekeeping::watch(Channel& channel, Now now) {
  // Beyond the wheel's horizon: looked at now and then anyway.
  TimePoint next = now.mono + std::chrono::hours(1);
  if (channel.keepalive_ms != 0) next = channel.last_received + Duration(channel.keepalive_ms);
  if (retries(channel)) {
    const TimePoint retry = channel.session->inflight.oldest_sent_at(now.mono) + channel.zone->retry_interval;
    // What could not be repeated now, because the connection is full, is not tried in every bucket.
    next = std::min(next, std::max(retry, now.mono + std::chrono::seconds(1)));
  }
  world_.timers.arm(channel.conn, next, now.mono);
}

void Timekeeping::visit(Channel& channel, Now now) {
  if (channel.state == ChannelState::connected) return visit_connected(channel, now);
  const bool authenticating = channel.state == ChannelState::authenticating;
  if (channel.state != ChannelState::connecting && !authenticating) return;
  const std::string_view text = authenticating ? "not authenticated within zone.*.idle_timeout"
                                               : "no CONNECT within zone.*.idle_timeout";
  closing_.fail(channel, {ReasonCode::keep_alive_timeout, text, CloseReason::idle_timeout}, now);
}

void Timekeeping::visit_connected(Channel& channel, Now now) {
  Session& session = *channel.session;
  // Whom we do not read cannot be heard.
  if (channel.paused != 0) channel.last_received = now.mono;
  const Duration silence = now.mono - channel.last_received;
  // [MQTT-3.1.2-22]
  if (channel.keepalive_ms != 0 && silence >= Duration(channel.keepalive_ms)) {
    closing_.fail(
        channel, {ReasonCode::keep_alive_timeout, "keep-alive timeout", CloseReason::keepalive_timeout}, now);
    return;
  }
  if (retries(channel)) world_.delivery.retry(session, now.mono - channel.zone->retry_interval, now);
  if (channel.zone->await_rel_timeout.count() > 0 && session.awaiting_rel.size() != 0) {
    session.awaiting_rel.erase_older(now.mono - channel.zone->await_rel_timeout);
  }
  session.trim();
  channel.acks.trim();
  watch(channel, now);
}

bool Timekeeping::retries(const Channel& channel) const {
  return channel.version != mqtt::Version::v5 && channel.zone->retry_interval.count() > 0;
}

}  // namespace meshmq::broker
