#include "broker/session_life.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

namespace {

bool is_shared(const Outgoing& outgoing) {
  return outgoing.group && outgoing.qos != mqtt::QoS::at_most_once;
}

/// [MQTT-4.8.2-5] Not a QoS 2 message that was sent: it may be there. [MQTT-4.8.2-6]
std::vector<Outgoing> take_unacknowledged(Session& session) {
  std::vector<Outgoing> left;
  if (!session.inflight.empty()) {
    for (InflightEntry* entry : session.inflight.in_order()) {
      const bool may_go_on = entry->state == InflightState::awaiting_puback && is_shared(entry->outgoing);
      if (may_go_on) left.push_back(std::move(entry->outgoing));
    }
  }
  if (session.queue) {
    for (Outgoing& outgoing : session.queue->take_if(is_shared)) left.push_back(std::move(outgoing));
  }
  return left;
}

}  // namespace

void SessionLife::attach(Session& session, Channel& channel, Now now) {
  world_.sessions.unschedule(session);
  session.online = true;
  session.congested = false;
  session.conn = channel.conn;
  session.zone = channel.zone;
  session.version = channel.version;
  if (session.has_waiting()) session.queue->arrange(session.zone->queue_priorities);
  session.peername = std::exchange(channel.peer->name, std::string());
  if (!channel.peer->identified()) channel.peer = nullptr;
  session.connected_at = now.wall;
  session.disconnected_at = 0;
  session.traffic = channel.auth ? channel.auth->traffic : Traffic{};
  ++session.traffic.packets_received;  // CONNECT
  channel.session = &session;
  channel.state = ChannelState::connected;
  ++world_.connected_count;
  ++world_.metrics.client_connected;
  leave_will(session);
  update_groups(session);
}

void SessionLife::detach(Channel& channel, WillFate fate, SessionEnd if_over, Now now) {
  Session& session = *std::exchange(channel.session, nullptr);
  session.online = false;
  session.congested = false;
  session.disconnected_at = now.wall;
  session.detached_at = now.mono;
  --world_.connected_count;
  ++world_.metrics.client_disconnected;
  if (fate == WillFate::discard) drop_will(session);
  if (world_.config.presence) presence_.disconnected(session, channel, now);
  if (session.expiry_s == 0) {
    end(session, if_over, now);
    return;
  }
  update_groups(session);
  // Who is there shall have what was never sent to him who has gone; what was sent waits for his return.
  if (session.queue) give_back(session.queue->take_if(is_shared));
  if (session.will && session.will->delay_s == 0) publish_will(session, now);
  leave_will(session);
  world_.sessions.schedule(session);
}

void SessionLife::end(Session& session, SessionEnd how, Now now) {
  world_.router.release(session.client_id);
  MESHMQ_ASSERT(!session.online, "a session in use does not end");
  std::string filter;
  while (!session.subscriptions.empty()) {
    if (world_.subscriptions.unsubscribe_any(session, filter)) world_.router.unroute(filter);
  }
  leave_groups(session);
  give_back(take_unacknowledged(session));
  publish_will(session, now);
  world_.sessions.destroy(session);
  ++(how == SessionEnd::terminated ? world_.metrics.session_terminated : world_.metrics.session_discarded);
}

void SessionLife::tick(Now now) {
  while (Session* session = world_.sessions.due(now.mono)) {
    if (session->expiry_s != expiry_never && session->expires_at() <= now.mono) {
      end(*session, SessionEnd::terminated, now);
      continue;
    }
    publish_will(*session, now);
    world_.sessions.schedule(*session);
  }
}

void SessionLife::leave_groups(Session& session) {
  world_.groups.leave_all(session, [&](std::string_view group, GroupWeight weight) {
    world_.router.share(group, weight);
    if (topic::is_exclusive(group)) world_.router.release_exclusive(session.client_id, group);
  });
}

void SessionLife::update_groups(Session& session) {
  world_.groups.update_online(
      session, [this](std::string_view group, GroupWeight weight) { world_.router.share(group, weight); });
}

void SessionLife::give_back(const std::vector<Outgoing>& left) {
  for (const Outgoing& outgoing : left) world_.router.redispatch(outgoing.message, outgoing.group->text());
}

void SessionLife::leave_will(const Session& session) {
  if (!session.will) return;
  // [MQTT5 3.1.3.2.2] The end of the session is the end of the delay.
  const std::uint32_t delay_s = std::min(session.will->delay_s, session.expiry_s);
  world_.router.leave_will(session.client_id, session.will->message, delay_s,
                           session.online ? 0 : session.disconnected_at);
}

void SessionLife::drop_will(Session& session) {
  if (!session.will) return;
  session.will.reset();
  world_.router.drop_will(session.client_id);
}

void SessionLife::publish_will(Session& session, Now now) {
  if (!session.will) return;
  const mqtt::MessagePtr made = std::exchange(session.will, nullptr)->message;
  // Its lifetime begins when it is published ([MQTT5 3.1.3.2.4]), not when it was left with us.
  mqtt::MessageParts parts = made->parts();
  parts.created_at = now.wall;
  parts.id = world_.next_message_id();
  publishing_.submit(parts, now);
  world_.router.drop_will(session.client_id);
}

}  // namespace meshmq::broker
