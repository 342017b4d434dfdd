#include "broker/session_transfer.hpp"

#include <utility>

#include "topic/shared_filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;

// ---------------------------------------------------------------- old home

std::optional<std::string> SessionTransfer::export_image(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) return std::nullopt;
  if (session->online) {
    closing_.close(*world_.channels.find(session->conn), CloseReason::taken_over,
                   ReasonCode::session_taken_over, now);
    session = world_.sessions.find(client_id);
    if (session == nullptr) return std::nullopt;
  } else if (session->expiry_s != expiry_never && session->expires_at() <= now.mono) {
    life_.end(*session, SessionEnd::terminated, now);
    return std::nullopt;
  }
  if (session->moving == Moving::arriving) arrival_over(client_id, now);
  // [MQTT-3.1.3-9] The client is back before the delay was over.
  session->will.reset();
  std::string image = session_image(*session, world_.dispatcher.recent(), now);
  Leaving leaving{world_.sessions.extract(*session), shared_subscriptions(*session)};
  // Of a group it is a member in one place only. What is picked for it here from now on finds another.
  life_.leave_groups(*session);
  session->moving = Moving::leaving;
  session->queue.reset();
  session->retained_backlog.reset();
  leaving_[session->client_id] = std::move(leaving);
  ++world_.metrics.session_takeovered;
  return image;
}

bool SessionTransfer::discard(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) return false;
  if (session->online) {
    closing_.close(*world_.channels.find(session->conn), CloseReason::taken_over,
                   ReasonCode::session_taken_over, now);
    session = world_.sessions.find(client_id);
  }
  if (session != nullptr) life_.end(*session, SessionEnd::discarded, now);
  return true;
}

void SessionTransfer::end_leaving(std::string_view client_id) {
  const auto it = leaving_.find(client_id);
  if (it == leaving_.end()) return;
  forget_subscriptions(*it->second.stub);
  leaving_.erase(it);
}

void SessionTransfer::take_back(std::string_view client_id, Now now) {
  const auto it = leaving_.find(client_id);
  if (it == leaving_.end()) return;
  if (world_.sessions.find(client_id) != nullptr) return end_leaving(client_id);
  Leaving leaving = std::move(it->second);
  leaving_.erase(it);
  leaving.stub->moving = Moving::none;
  leaving.stub->detached_at = now.mono;
  Session& session = world_.sessions.adopt(std::move(leaving.stub));
  for (const ImagedSubscription& group : leaving.groups) join_group(session, group);
  world_.sessions.schedule(session);
}

void SessionTransfer::join_group(Session& session, const ImagedSubscription& wanted) {
  const auto [group, is_new] = world_.groups.join(session, wanted.filter, wanted.options);
  if (is_new) world_.router.share(wanted.filter, group.weight());
}

void SessionTransfer::forget_subscriptions(Session& session) {
  std::string filter;
  while (!session.subscriptions.empty()) {
    if (world_.subscriptions.unsubscribe_any(session, filter)) world_.router.unroute(filter);
  }
}

// ---------------------------------------------------------------- new home

Result<void> SessionTransfer::import(std::string_view image, Now now) {
  const std::string client_id(image_owner(image));
  if (client_id.empty()) return fail(Errc::malformed, "session image without a client id");
  auto arriving = std::make_unique<Session>();
  const auto subscriptions = restore_session(image, *arriving, now);
  if (!subscriptions) return tl::unexpected<Error>(subscriptions.error());
  replace_local(client_id, now);
  arriving->client_id = client_id;
  Session& session = world_.sessions.adopt(std::move(arriving));
  session.zone = &world_.config;  // until its client is here
  session.detached_at = now.mono;
  session.disconnected_at = now.wall;
  session.moving = Moving::arriving;
  session.arrived_at = now.wall;
  const Token token = next_token_++;
  std::vector<SubscribeFilter> filters;
  for (const ImagedSubscription& wanted : *subscriptions) {
    if (topic::is_shared(wanted.filter)) {
      join_group(session, wanted);
      filters.push_back({wanted.filter, false, false});
      continue;
    }
    subscribe(session, wanted.filter, wanted.options, token, filters);
  }
  // It may have been here before: now that its filters have a subscriber again, the stub may go.
  end_leaving(client_id);
  world_.sessions.schedule(session);
  if (filters.empty()) {
    world_.router.adopted(client_id);
    return {};
  }
  adopting_[token] = client_id;
  world_.router.subscribe(token, std::move(filters));
  return {};
}

/// One that was left behind when the cluster was split.
void SessionTransfer::replace_local(std::string_view client_id, Now now) {
  Session* local = world_.sessions.find(client_id);
  if (local != nullptr && local->online) {
    closing_.close(*world_.channels.find(local->conn), CloseReason::taken_over,
                   ReasonCode::session_taken_over, now);
    local = world_.sessions.find(client_id);
  }
  if (local != nullptr) life_.replace(*local, now);
}

void SessionTransfer::subscribe(Session& session, std::string_view filter, SubscriptionOptions options,
                                Token token, std::vector<SubscribeFilter>& filters) {
  const auto [list, is_new] = world_.subscriptions.subscribe(session, filter, options);
  const bool add_route = (list.size() == 1 && is_new) || list.route_pending() != 0;
  if (add_route) list.set_route_pending(token);
  filters.push_back({std::string(filter), add_route, false});
}

bool SessionTransfer::routes_done(Token token) {
  const auto it = adopting_.find(token);
  if (it == adopting_.end()) return false;
  const std::string client_id = std::move(it->second);
  adopting_.erase(it);
  if (Session* session = world_.sessions.find(client_id)) {
    for (const SubscriptionRef& ref : session->subscriptions) {
      if (ref.list->route_pending() == token) ref.list->set_route_pending(0);
    }
  }
  world_.router.adopted(client_id);
  return true;
}

void SessionTransfer::relayed(std::string_view client_id, std::string_view bytes, Now now) {
  ByteReader r(bytes);
  Outgoing outgoing = read_outgoing(r);
  if (!outgoing.message) return world_.log.error("Relayed message for '{}' is damaged", client_id);
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) {
    // It has moved on, or is over.
    const auto it = leaving_.find(client_id);
    if (it != leaving_.end()) world_.router.relay(client_id, outgoing);
    return;
  }
  // Without an arrival it is another one: the client began anew.
  if (session->moving != Moving::arriving) return;
  const std::uint64_t id = outgoing.message->id();
  if (id != 0 && !session->arrival->seen.insert(id).second) return;
  world_.delivery.deliver_late(*session, std::move(outgoing), now);
}

void SessionTransfer::caught_up(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session != nullptr && session->moving == Moving::arriving) drain(*session, now);
}

void SessionTransfer::drain(Session& session, Now now) {
  Arrival& arrival = *session.arrival;
  arrival.holding = false;
  for (Outgoing& outgoing : std::exchange(arrival.held, {})) {
    const std::uint64_t id = outgoing.message->id();
    if (id != 0 && !arrival.seen.insert(id).second) continue;
    world_.delivery.deliver_late(session, std::move(outgoing), now);
  }
}

void SessionTransfer::arrival_over(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr || session->moving != Moving::arriving) return;
  drain(*session, now);
  session->moving = Moving::settled;
  lingering_.emplace_back(now.mono + world_.config.late_messages_max, client_id);
}

void SessionTransfer::tick(Now now) {
  while (!lingering_.empty() && lingering_.front().first <= now.mono) {
    Session* session = world_.sessions.find(lingering_.front().second);
    if (session != nullptr && session->moving == Moving::settled) {
      session->moving = Moving::none;
      session->arrival.reset();
    }
    lingering_.pop_front();
  }
}

bool SessionTransfer::divert(Session& session, const Outgoing& outgoing, Now now) {
  const mqtt::Message& message = *outgoing.message;
  // Accepted before the session's routes here can have been known: the copy that is meant for it went to its
  // old home.
  if (message.created_at() < session.arrived_at) return true;
  if (session.moving == Moving::leaving) {
    world_.router.relay(session.client_id, outgoing);
    return true;
  }
  Arrival& arrival = *session.arrival;
  if (session.moving == Moving::settled) return message.id() != 0 && arrival.seen.contains(message.id());
  if (arrival.holding) {
    arrival.held.push_back(outgoing);
    if (arrival.held.size() >= held_max) drain(session, now);
    return true;
  }
  return message.id() != 0 && !arrival.seen.insert(message.id()).second;
}

}  // namespace meshmq::broker
