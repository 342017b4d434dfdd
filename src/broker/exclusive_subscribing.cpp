// SUBSCRIBE to `$exclusive/...`: asked for, granted, lost (docs/adr/0013-exclusive-subscriptions.md).

#include <algorithm>
#include <utility>

#include "broker/subscribing.hpp"
#include "broker/tracing.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;

namespace {

constexpr std::string_view unsubscribed = "unsubscribed before it was granted";

}  // namespace

ReasonCode Subscribing::join_exclusively(Session& session, std::string name, const mqtt::Subscription& wanted,
                                         std::uint32_t subscription_id, Pending& pending,
                                         std::vector<SubscribeFilter>& filters) {
  const SharedGroup* group = world_.groups.find(name);
  // If its member has left for another node, only the node knows.
  if (group != nullptr && !group->members.empty() && !world_.groups.contains(session, name)) {
    pending.text = taken;
    return ReasonCode::quota_exceeded;
  }
  // The session has nothing of it before it is granted: nobody sends it anything, and it takes nothing along.
  pending.claims = true;
  pending.client_id = session.client_id;
  pending.accepted.push_back({name, false, pending.codes.size(),
                              Wish{.options = options(session, wanted, subscription_id),
                                   .retain_handling = wanted.retain_handling,
                                   .had = world_.groups.contains(session, name)}});
  filters.push_back({std::move(name), false, false, session.client_id});
  return static_cast<ReasonCode>(mqtt::min_qos(wanted.qos, session.zone->qos_max));
}

void Subscribing::index_claims(const Pending& pending, Token token) {
  for (const Accepted& accepted : pending.accepted) {
    if (accepted.wish) claims_.emplace(accepted.filter, token);
  }
}

void Subscribing::forget_claims(const Pending& pending, Token token) {
  for (const Accepted& accepted : pending.accepted) {
    if (!accepted.wish) continue;
    const auto [first, last] = claims_.equal_range(accepted.filter);
    const auto it = std::find_if(first, last, [&](const auto& claim) { return claim.second == token; });
    if (it != last) claims_.erase(it);
  }
}

template <class Visit>
void Subscribing::for_each_claim(std::string_view client_id, std::string_view name, Visit&& visit) {
  const auto [first, last] = claims_.equal_range(name);
  for (auto it = first; it != last; ++it) {
    Pending& pending = pending_.at(it->second);
    if (pending.client_id != client_id) continue;
    for (Accepted& accepted : pending.accepted) {
      if (accepted.wish && accepted.filter == name && !accepted.wish->given_up) visit(*accepted.wish);
    }
  }
}

bool Subscribing::is_claiming(std::string_view client_id, std::string_view name) {
  bool result = false;
  for_each_claim(client_id, name, [&](const Wish&) { result = true; });
  return result;
}

bool Subscribing::give_up_claims(std::string_view client_id, std::string_view name) {
  bool any = false;
  for_each_claim(client_id, name, [&](Wish& wish) { any = wish.given_up = true; });
  return any;
}

void Subscribing::settle_claims(Pending& pending, Token token, std::span<const std::size_t> refused) {
  Channel* channel = world_.channels.find(pending.conn, pending.generation);
  Session* session =
      channel == nullptr || channel->state != ChannelState::connected ? nullptr : channel->session;
  forget_claims(pending, token);
  pending.claims = false;
  for (std::size_t i = 0; i < pending.accepted.size(); ++i) {
    Accepted& accepted = pending.accepted[i];
    if (accepted.wish)
      settle_claim(pending, accepted, session, std::find(refused.begin(), refused.end(), i) == refused.end());
  }
  std::erase_if(pending.accepted, [](const Accepted& accepted) { return accepted.filter.empty(); });
  index_claims(pending, token);
  if (pending.accepted.empty()) return;
  std::vector<SubscribeFilter> filters;
  for (const Accepted& accepted : pending.accepted) {
    filters.push_back({accepted.filter, false, accepted.retained});
  }
  world_.router.subscribe(token, std::move(filters));
}

void Subscribing::settle_claim(Pending& pending, Accepted& accepted, Session* session, bool may_have) {
  if (accepted.wish->given_up) {
    return deny(pending, accepted, ReasonCode::unspecified_error, unsubscribed);
  }
  if (!may_have) return deny(pending, accepted, ReasonCode::quota_exceeded, taken);
  if (session == nullptr) {
    // Who asked is gone and has heard nothing. The same client may have it by other ways, or ask anew.
    if (!accepted.wish->had) release_if_unused(pending.client_id, accepted.filter);
    return deny(pending, accepted, ReasonCode::unspecified_error, "the client is gone");
  }
  if (at_limit(*session) && !world_.groups.contains(*session, accepted.filter)) {
    release_if_unused(session->client_id, accepted.filter);
    const ReasonCode code = refuse_more(pending);
    return deny(pending, accepted, code, pending.text);
  }
  join_granted(*session, accepted);
}

void Subscribing::release_if_unused(std::string_view client_id, std::string_view name) {
  const Session* session = world_.sessions.find(client_id);
  const bool has = session != nullptr && world_.groups.contains(*session, name);
  if (!has && !is_claiming(client_id, name)) world_.router.release_exclusive(client_id, name);
}

void Subscribing::join_granted(Session& session, Accepted& accepted) {
  const Wish& wish = *accepted.wish;
  const auto [group, is_new] = world_.groups.join(session, accepted.filter, wish.options);
  if (is_new) world_.router.share(accepted.filter, group.weight());
  for_each_claim(session.client_id, accepted.filter, [](Wish& other) { other.had = true; });
  // [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11]
  accepted.retained = wish.retain_handling == mqtt::RetainHandling::send ||
                      (wish.retain_handling == mqtt::RetainHandling::send_if_new && is_new);
}

void Subscribing::deny(Pending& pending, Accepted& accepted, ReasonCode code, std::string_view text) {
  // Nobody is answered if nobody asked.
  if (accepted.code < pending.codes.size()) pending.codes[accepted.code] = code;
  pending.text = text;
  pending.refused_late = true;
  accepted.filter.clear();
}

void Subscribing::check_memberships(Pending& pending, const Session& session) {
  for (Accepted& accepted : pending.accepted) {
    if (!accepted.wish || world_.groups.contains(session, accepted.filter)) continue;
    accepted.retained = false;
    if (accepted.code >= pending.codes.size()) continue;
    const bool given_up = accepted.wish->given_up;
    pending.codes[accepted.code] = given_up ? ReasonCode::unspecified_error : ReasonCode::quota_exceeded;
    pending.text = given_up ? unsubscribed : taken;
    pending.refused_late = true;
  }
  if (pending.refused_late) ++world_.metrics.packets_subscribe_error;
}

void Subscribing::answer_operator(const Pending& pending) {
  if (pending.operation != 0) world_.router.subscribed_for(pending.operation, pending.codes[0]);
}

bool Subscribing::lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) return false;
  const auto weight = world_.groups.leave(*session, name);
  if (!weight) return false;
  ++world_.metrics.subscriptions_exclusive_lost;
  world_.log.about(about(*session, name), LogLevel::warning,
                   "client '{}' ({}) loses '{}': client '{}' has had it for longer", session->client_id,
                   session->peername, name, winner);
  world_.router.share(name, *weight);
  return true;
}

}  // namespace meshmq::broker
