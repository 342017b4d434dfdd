#include "broker/session_transfer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;

namespace {

bool matches_one_of(const std::vector<std::string>& filters, std::string_view topic) {
  return std::any_of(filters.begin(), filters.end(),
                     [&](const std::string& filter) { return topic::matches(filter, topic); });
}

/// Not if it has gone and come again since: then it has its whole time.
bool is_due(const Session& session, Now now) {
  return session.arrival && session.arrival->due <= now.mono;
}

}  // namespace

// ---------------------------------------------------------------- old home

std::optional<std::string> SessionTransfer::export_image(std::string_view client_id, Departure departure,
                                                         Now now) {
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
  // What came here while the session was elsewhere is recent too, but the session has not got it.
  const bool fresh = session->moving == Moving::arriving && session->arrival->relaying;
  if (fresh) arrival_over(client_id, now);
  const RecentMessages* recent = fresh ? nullptr : &world_.dispatcher.recent();
  std::string image;
  if (departure == Departure::to_client) {
    // [MQTT-3.1.3-9] The client is back before the delay was over.
    life_.drop_will(*session);
    image = session_image(*session, recent, now);
  } else {
    image = resting_image(*session, recent, now);
  }
  Leaving leaving{world_.sessions.extract(*session), shared_subscriptions(*session), departure};
  // Of a group it is a member in one place only. What is picked for it here from now on finds another, or
  // waits until it is known where it went.
  world_.groups.depart_all(
      *session, [this](std::string_view group, GroupWeight weight) { world_.router.share(group, weight); });
  session->moving = Moving::leaving;
  leaving_[session->client_id] = std::move(leaving);
  ++world_.metrics.session_takeovered;
  return image;
}

bool SessionTransfer::discard(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) return false;
  if (session->online) {
    closing_.close(*world_.channels.find(session->conn), CloseReason::discarded,
                   ReasonCode::session_taken_over, now);
    session = world_.sessions.find(client_id);
  }
  if (session != nullptr) life_.end(*session, SessionEnd::discarded, now);
  return true;
}

/// For take_back(): the new home may never get it.
void SessionTransfer::keep(Session& stub, const Outgoing& outgoing) {
  if (stub.arrival && !stub.arrival->seen.insert(outgoing.message->id()).second) return;
  if (outgoing.qos == mqtt::QoS::at_most_once && !stub.zone->queue_store_qos0) return;
  if (!stub.queue) stub.queue = std::make_unique<MessageQueue>();
  (void)stub.queue->push(outgoing, stub.zone->queue_messages_max,
                         stub.zone->queue_priorities.of(outgoing.message->topic()));
}

void SessionTransfer::end_leaving(std::string_view client_id) {
  const auto it = leaving_.find(client_id);
  if (it == leaving_.end()) return;
  forget_subscriptions(*it->second.stub);
  const Leaving leaving = std::move(it->second);
  leaving_.erase(it);
  // Its new home has it now, unless there is another session here.
  if (leaving.stub->will && world_.sessions.find(client_id) == nullptr) life_.drop_will(*leaving.stub);
  end_departure(client_id, leaving.groups);
}

void SessionTransfer::end_departure(std::string_view client_id,
                                    const std::vector<ImagedSubscription>& groups) {
  for (const ImagedSubscription& group : groups) {
    world_.router.share(group.filter, world_.groups.departed(group.filter));
    // It may have come back without it, or have begun anew.
    if (topic::is_exclusive(group.filter)) subscribing_.release_if_unused(client_id, group.filter);
  }
}

void SessionTransfer::take_back(std::string_view client_id, bool arriving, Now now) {
  const auto it = leaving_.find(client_id);
  if (it == leaving_.end()) return;
  if (world_.sessions.find(client_id) != nullptr) return end_leaving(client_id);
  Leaving leaving = std::move(it->second);
  leaving_.erase(it);
  if (leaving.stub->arrival) {
    Arrival& arrival = *leaving.stub->arrival;
    arrival.relaying = arriving;
    leaving.stub->moving = arriving || arrival.remember ? Moving::arriving : Moving::settled;
    if (leaving.stub->moving == Moving::settled) linger(*leaving.stub, now);
  } else {
    leaving.stub->moving = Moving::none;
  }
  if (leaving.departure == Departure::to_client) leaving.stub->detached_at = now.mono;
  Session& session = world_.sessions.adopt(std::move(leaving.stub));
  for (const ImagedSubscription& group : leaving.groups) join_group(session, group);
  end_departure(client_id, leaving.groups);
  world_.sessions.schedule(session);
}

void SessionTransfer::join_group(Session& session, const ImagedSubscription& wanted) {
  const auto [group, is_new] = world_.groups.join(session, wanted.filter, wanted.options);
  if (is_new) world_.router.share(wanted.filter, group.weight());
  // Another client may have it by now: the node decides.
  if (topic::is_exclusive(wanted.filter)) world_.router.hold_exclusive(session.client_id, wanted.filter);
}

void SessionTransfer::forget_subscriptions(Session& session) {
  std::string filter;
  while (!session.subscriptions.empty()) {
    if (world_.subscriptions.unsubscribe_any(session, filter)) world_.router.unroute(filter);
  }
}

// ---------------------------------------------------------------- new home

Result<void> SessionTransfer::import(std::string_view image, bool newer, Now now) {
  const std::string client_id(image_owner(image));
  if (client_id.empty()) return fail(Errc::malformed, "session image without a client id");
  auto arriving = std::make_unique<Session>();
  const auto subscriptions = restore_session(image, *arriving, now);
  if (!subscriptions) return tl::unexpected<Error>(subscriptions.error());
  std::optional<std::string> older;
  if (newer) older = export_image(client_id, Departure::to_client, now);
  Session* local = world_.sessions.find(client_id);
  if (local != nullptr) {
    take_in(*local, *arriving, *subscriptions, now);
  } else {
    local = &settle_in(client_id, std::move(arriving), now);
  }
  Session& session = *local;
  session.arrival->due = now.mono + hold_max;
  holding_.emplace_back(session.arrival->due, client_id);
  // It may have been here before: once its filters have a subscriber again, the stub may go.
  subscribe_all(session, *subscriptions);
  if (older) {
    Session other;
    const auto others = restore_session(*older, other, now);
    MESHMQ_ASSERT(others, "it was written a moment ago");
    take_in(session, other, *others, now);
    subscribe_all(session, *others);
  }
  end_leaving(client_id);
  if (session.online) return {};
  life_.leave_will(session);
  world_.sessions.schedule(session);
  return {};
}

void SessionTransfer::subscribe_all(Session& session, const std::vector<ImagedSubscription>& subscriptions) {
  const Token token = next_token_++;
  std::vector<SubscribeFilter> filters;
  for (const ImagedSubscription& wanted : subscriptions) {
    const auto& had = session.arrival->had;
    // The newer session's own one stands.
    if (std::find(had.begin(), had.end(), wanted.filter) != had.end()) continue;
    if (topic::is_shared(wanted.filter)) {
      join_group(session, wanted);
      filters.push_back({wanted.filter, false, false});
      continue;
    }
    subscribe(session, wanted.filter, wanted.options, token, filters);
  }
  if (filters.empty()) return world_.router.adopted(session.client_id);
  adopting_[token] = session.client_id;
  world_.router.subscribe(token, std::move(filters));
}

// ---------------------------------------------------------------- disk

std::vector<RestingSession> SessionTransfer::rest(std::size_t count, Now now) {
  if (!to_rest_) {
    to_rest_.emplace();
    for (const Session* session : world_.sessions.sorted()) {
      if (session->expiry_s != 0) to_rest_->push_back(session->client_id);
    }
    std::reverse(to_rest_->begin(), to_rest_->end());
  }
  std::vector<RestingSession> result;
  while (!to_rest_->empty() && result.size() < count) {
    const std::string client_id = std::move(to_rest_->back());
    to_rest_->pop_back();
    arrival_over(client_id, now);  // who relayed is out of reach
    result.push_back({client_id, resting_image(*world_.sessions.find(client_id), nullptr, now)});
  }
  return result;
}

Result<void> SessionTransfer::restore(std::string_view image, Duration grace, Now now) {
  const std::string client_id(image_owner(image));
  if (client_id.empty()) return fail(Errc::malformed, "session image without a client id");
  if (world_.sessions.find(client_id) != nullptr)
    return fail(Errc::already_exists, "session is there already");
  auto restored = std::make_unique<Session>();
  const auto subscriptions = restore_session(image, *restored, now);
  if (!subscriptions) return tl::unexpected<Error>(subscriptions.error());
  Session& session = settle_in(client_id, std::move(restored), now);
  // Nobody relays. What other nodes have kept for this one meanwhile is for it, but for what it had already.
  session.arrived_at = 0;
  session.moving = Moving::settled;
  session.arrival->holding = false;
  session.arrival->relaying = false;
  linger(session, now);
  const auto age = std::chrono::ceil<std::chrono::seconds>(now.mono + grace - session.detached_at).count();
  const auto not_before = static_cast<std::uint32_t>(std::min<std::int64_t>(age, expiry_never - 1));
  if (grace > Duration(0)) session.expiry_s = std::max(session.expiry_s, not_before);
  if (grace > Duration(0) && session.will)
    session.will->delay_s = std::max(session.will->delay_s, not_before);
  life_.leave_will(session);
  subscribe_all(session, *subscriptions);
  world_.sessions.schedule(session);
  return {};
}

// ---------------------------------------------------------------- arriving

Session& SessionTransfer::settle_in(const std::string& client_id, std::unique_ptr<Session> arriving,
                                    Now now) {
  arriving->client_id = client_id;
  Session& session = world_.sessions.adopt(std::move(arriving));
  session.zone = &world_.zones.zone(0);  // until its client is here
  if (session.disconnected_at == 0) {
    session.detached_at = now.mono;
    session.disconnected_at = now.wall;
  }
  session.moving = Moving::arriving;
  remember_waiting(session);
  // Where a stub stands, what was meant for the session never stopped coming.
  const auto stub = leaving_.find(client_id);
  session.arrived_at = stub == leaving_.end() ? now.wall : stub->second.stub->arrived_at;
  return session;
}

/// Two sessions that did not know of each other: the one here keeps its subscriptions and gets what the other
/// one has, but what either client has got already.
void SessionTransfer::take_in(Session& session, Session& other, const std::vector<ImagedSubscription>& theirs,
                              Now now) {
  if (session.moving == Moving::arriving) drain(session, now);
  if (!session.arrival) session.arrival = std::make_unique<Arrival>();
  Arrival& arrival = *session.arrival;
  remember_waiting(session);
  arrival.had.clear();
  world_.dispatcher.recent().since(std::max(session.created_at, session.arrived_at),
                                   [&](std::uint64_t id) { arrival.dispatched.insert(id); });
  for (const SubscriptionRef& ref : session.subscriptions) {
    arrival.had.emplace_back(SubscriptionTable::filter_of(*ref.list));
  }
  for (const ImagedSubscription& group : shared_subscriptions(session)) arrival.had.push_back(group.filter);
  session.moving = Moving::arriving;
  arrival.holding = true;
  arrival.relaying = true;
  session.enqueued_count += other.enqueued_count;
  session.dropped_count += other.dropped_count;

  std::vector<Outgoing> waiting;
  for (InflightEntry* entry : other.inflight.in_order()) {
    if (entry->state != InflightState::awaiting_pubcomp) waiting.push_back(std::move(entry->outgoing));
  }
  while (other.has_waiting()) waiting.push_back(other.queue->pop());
  std::unordered_set<std::uint64_t> dispatched = other.arrival->seen;
  for (const Outgoing& outgoing : waiting) dispatched.erase(outgoing.message->id());
  arrival.theirs_dispatched.merge(dispatched);
  for (const ImagedSubscription& subscription : theirs) {
    if (!topic::is_shared(subscription.filter)) arrival.theirs.push_back(subscription.filter);
  }
  if (!session.online) forget_got_there(session);
  for (Outgoing& outgoing : waiting) {
    // The direct copy may be among those held: it is not seen yet.
    if (got_directly(arrival, outgoing) || !note(arrival, outgoing)) continue;
    world_.delivery.deliver_late(session, std::move(outgoing), now);
  }
}

void SessionTransfer::forget_got_there(Session& session) {
  const Arrival& arrival = *session.arrival;
  for (InflightEntry* entry : session.inflight.in_order()) {
    if (entry->outgoing.message && got_there(arrival, entry->outgoing)) session.inflight.remove(*entry);
  }
  if (!session.has_waiting()) return;
  auto rest = std::make_unique<MessageQueue>();
  while (!session.queue->empty()) {
    Outgoing outgoing = session.queue->pop();
    if (!got_there(arrival, outgoing)) (void)rest->push(std::move(outgoing), 0);
  }
  session.queue = std::move(rest);
}

/// At QoS 0 rather nothing than twice.
bool SessionTransfer::got_directly(const Arrival& arrival, const Outgoing& outgoing) {
  if (outgoing.group) return false;
  if (outgoing.qos != mqtt::QoS::at_most_once && !arrival.dispatched.contains(outgoing.message->id()))
    return false;
  return matches_one_of(arrival.had, outgoing.message->topic());
}

/// By a session that was taken in.
bool SessionTransfer::got_there(const Arrival& arrival, const Outgoing& outgoing) {
  return !outgoing.group && arrival.theirs_dispatched.contains(outgoing.message->id()) &&
         matches_one_of(arrival.theirs, outgoing.message->topic());
}

bool SessionTransfer::has_got(const Arrival& arrival, const Outgoing& outgoing) {
  const std::uint64_t id = outgoing.message->id();
  return id != 0 && (arrival.seen.contains(id) || got_there(arrival, outgoing));
}

/// It gets this one now; false: it has it already.
bool SessionTransfer::note(Arrival& arrival, const Outgoing& outgoing) {
  const std::uint64_t id = outgoing.message->id();
  return id == 0 || (!got_there(arrival, outgoing) && arrival.seen.insert(id).second);
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
  if (session->moving != Moving::arriving || !session->arrival->relaying) return;
  // [MQTT-3.10.4-2] The old home does not hear of what the client has subscribed and unsubscribed since.
  if (!outgoing.group && !world_.dispatcher.reconsider(*session, outgoing)) return;
  if (got_directly(*session->arrival, outgoing) || !note(*session->arrival, outgoing)) return;
  world_.delivery.deliver_late(*session, std::move(outgoing), now);
}

void SessionTransfer::caught_up(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session != nullptr && session->moving == Moving::arriving && session->arrival->relaying)
    drain(*session, now);
}

void SessionTransfer::drain(Session& session, Now now) {
  Arrival& arrival = *session.arrival;
  arrival.holding = false;
  for (Outgoing& outgoing : std::exchange(arrival.held, {})) {
    if (!note(arrival, outgoing)) continue;
    world_.delivery.deliver_late(session, std::move(outgoing), now);
  }
}

void SessionTransfer::arrival_over(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr || session->moving != Moving::arriving || !session->arrival->relaying) return;
  drain(*session, now);
  session->arrival->relaying = false;
  if (session->arrival->remember) return;
  session->moving = Moving::settled;
  linger(*session, now);
}

void SessionTransfer::linger(Session& session, Now now) {
  session.arrival->due = now.mono + world_.config.late_messages_max;
  lingering_.emplace_back(session.arrival->due, session.client_id);
}

void SessionTransfer::tick(Now now) {
  while (!holding_.empty() && holding_.front().first <= now.mono) {
    const Session* session = world_.sessions.find(holding_.front().second);
    if (session != nullptr && is_due(*session, now)) caught_up(session->client_id, now);
    holding_.pop_front();
  }
  while (!lingering_.empty() && lingering_.front().first <= now.mono) {
    Session* session = world_.sessions.find(lingering_.front().second);
    if (session != nullptr && session->moving == Moving::settled && is_due(*session, now)) {
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
    keep(session, outgoing);
    return true;
  }
  Arrival& arrival = *session.arrival;
  if (session.moving == Moving::settled) return has_got(arrival, outgoing);
  if (arrival.holding) {
    arrival.held.push_back(outgoing);
    if (arrival.held.size() >= held_max) drain(session, now);
    return true;
  }
  const bool remembers =
      arrival.relaying || (outgoing.qos == mqtt::QoS::exactly_once && arrival.seen.size() < remembered_max);
  return remembers ? !note(arrival, outgoing) : has_got(arrival, outgoing);
}

}  // namespace meshmq::broker
