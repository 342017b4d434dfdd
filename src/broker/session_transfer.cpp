#include "broker/session_transfer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;

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
  // One that has begun anew has left a stub of before, if it did not hear of its end yet.
  end_leaving(client_id);
  // What came here while the session was elsewhere is recent too, but the session has not got it.
  const bool fresh = session->moving == Moving::arriving && session->arrival->relaying;
  if (fresh) {
    drain(*session, now);
    session->arrival->relaying = false;
  }
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

Result<bool> SessionTransfer::import(std::string_view image, bool newer, Now now) {
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
  if (!session.online) {
    life_.leave_will(session);
    world_.sessions.schedule(session);
  }
  return !subscriptions->empty();
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

}  // namespace meshmq::broker
