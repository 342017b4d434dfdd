// The new home of sessions: what comes by two ways. Beginning and end of a move: session_transfer.cpp.

#include <algorithm>
#include <utility>

#include "broker/session_transfer.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

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

void SessionTransfer::relayed(std::string_view client_id, std::string_view bytes, Relayed how, Now now) {
  ByteReader r(bytes);
  Outgoing outgoing = read_outgoing(r);
  if (!outgoing.message) return world_.log.error("Relayed message for '{}' is damaged", client_id);
  relayed(client_id, std::move(outgoing), how, now);
}

/// By a session that is here, or by the stub of one that was.
bool SessionTransfer::is_known(std::string_view client_id, const Outgoing& outgoing) const {
  const Session* session = world_.sessions.find(client_id);
  if (session == nullptr) {
    const auto it = leaving_.find(client_id);
    if (it == leaving_.end()) return true;
    session = it->second.stub.get();
  }
  return session->arrival && has_got(*session->arrival, outgoing);
}

void SessionTransfer::relayed(std::string_view client_id, Outgoing outgoing, Relayed how, Now now) {
  if (how == Relayed::straggler) {
    if (is_known(client_id, outgoing)) return;
    stragglers_.push_back({now.mono + straggler_wait, std::string(client_id), std::move(outgoing)});
    return;
  }
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
  Arrival& arrival = *session->arrival;
  if (how == Relayed::own && arrival.holding) {
    arrival.held.insert(arrival.held.begin() + arrival.held_own++, std::move(outgoing));
    return;
  }
  if (got_directly(arrival, outgoing) || !note(arrival, outgoing)) return;
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
  arrival.held_own = 0;
  for (Outgoing& outgoing : std::exchange(arrival.held, {})) {
    if (!note(arrival, outgoing)) continue;
    world_.delivery.deliver_late(session, std::move(outgoing), now);
  }
}

void SessionTransfer::arrival_over(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr || session->moving != Moving::arriving || !session->arrival->relaying) return;
  drain(*session, now);
  // Nothing that comes directly is noted any more.
  const auto of_others = [&](const Straggler& late) { return late.client_id != client_id; };
  const auto own = std::stable_partition(stragglers_.begin(), stragglers_.end(), of_others);
  for (auto it = own; it != stragglers_.end(); ++it)
    relayed(client_id, std::move(it->outgoing), Relayed::in_order, now);
  stragglers_.erase(own, stragglers_.end());
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
  while (!stragglers_.empty() && stragglers_.front().due <= now.mono) {
    Straggler late = std::move(stragglers_.front());
    stragglers_.pop_front();
    if (!is_known(late.client_id, late.outgoing))
      relayed(late.client_id, std::move(late.outgoing), Relayed::in_order, now);
  }
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
