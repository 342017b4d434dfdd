#include "broker/client_listing.hpp"

namespace meshmq::broker {

namespace {

ClientInfo describe(const World& world, const Session& session) {
  const Config& zone = session.zone == nullptr ? world.zones.zone(0) : *session.zone;
  ClientInfo info{.client_id = session.client_id,
                  .username = session.username,
                  .peername = session.peername,
                  .clean_start = session.clean_start,
                  .keepalive_s = session.keepalive_s,
                  .session_expiry_interval_s = session.expiry_s,
                  .subscriptions = session.subscription_count(),
                  .inflight = session.inflight.size(),
                  .awaiting_rel = session.awaiting_rel.size(),
                  .enqueued_msgs = session.enqueued_count,
                  .dropped_msgs = session.dropped_count,
                  .connected = session.online,
                  .created_at = session.created_at,
                  .connected_at = session.connected_at,
                  .disconnected_at = session.disconnected_at,
                  .version = session.version,
                  .bridge = session.bridge,
                  .zone = world.zones.index_of(zone),
                  .mountpoint = session.view ? session.view->mountpoint : std::string(),
                  .subscriptions_max = zone.subscriptions_max,
                  .inflight_max = session.inflight.window(),
                  .awaiting_rel_max = zone.awaiting_rel_max,
                  .queued = session.queue ? session.queue->size() : 0,
                  .queue_max = zone.queue_messages_max,
                  .traffic = session.traffic};
  if (session.online) info.socket = world.output.traffic(session.conn);
  return info;
}

}  // namespace

std::vector<ClientInfo> list_clients(const World& world, std::string_view client_id) {
  std::vector<ClientInfo> result;
  if (client_id.empty()) {
    for (const Session* session : world.sessions.sorted()) result.push_back(describe(world, *session));
  } else if (const Session* session = world.sessions.find(client_id)) {
    result.push_back(describe(world, *session));
  }
  return result;
}

}  // namespace meshmq::broker
