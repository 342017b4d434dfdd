// SUBSCRIBE and UNSUBSCRIBE from clients.

#include <algorithm>
#include <utility>

#include "broker/subscribing.hpp"
#include "topic/filter.hpp"
#include "topic/placeholders.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

using mqtt::ReasonCode;

namespace {

/// [MQTT-3.1.2-24] Nothing has been done yet: the client would never hear of it.
constexpr Fatal too_large_to_answer{ReasonCode::packet_too_large,
                                    "the answer is larger than the client's Maximum Packet Size",
                                    CloseReason::limit};

constexpr std::size_t filter_bytes_max = 0xFFFF;

// [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-1], [MQTT-4.8.2-1], [MQTT-4.8.2-2]
constexpr Fatal ill_formed_filter{ReasonCode::topic_filter_invalid, "ill-formed topic filter"};

bool is_well_formed(std::string_view filter) {
  return topic::is_shared(filter) ? topic::parse_shared(filter).has_value() : topic::is_valid_filter(filter);
}

ReasonCode granted(const Session& session, const mqtt::Subscription& wanted) {
  return static_cast<ReasonCode>(mqtt::min_qos(wanted.qos, session.zone->qos_max));
}

}  // namespace

Verdict Subscribing::handle(Channel& channel, const mqtt::Subscribe& packet) {
  Session& session = *channel.session;
  if (const Verdict fatal = check_available(channel, packet)) return fatal;
  if (channel.zone->acl_deny_disconnect && any_forbidden(channel, packet)) {
    ++world_.metrics.packets_subscribe_error;
    ++world_.metrics.packets_subscribe_auth_error;
    return Fatal{ReasonCode::not_authorized, "a filter that no rule allows (acl_deny_action = disconnect)",
                 CloseReason::not_authorized};
  }
  const Token token = std::exchange(next_token_, next_token_ + 2);
  Pending pending{channel.conn, channel.generation, packet.packet_id, {}, {}};
  std::vector<SubscribeFilter> filters;
  for (const mqtt::Subscription& wanted : packet.subscriptions) {
    pending.codes.push_back(subscribe(session, wanted, packet.subscription_id, token, pending, filters));
  }
  count_refusals(pending.codes);
  if (world_.observation.tracing.on()) trace(session, packet, pending.codes);
  // [MQTT-3.8.4-1] Nothing to wait for: every filter was refused.
  if (filters.empty()) {
    world_.sender.suback(channel, packet.packet_id, pending.codes, pending.text);
    return std::nullopt;
  }
  ask_router(channel, token, std::move(pending), std::move(filters));
  return std::nullopt;
}

void Subscribing::subscribe_automatically(Channel& channel) {
  Session& session = *channel.session;
  const Token token = std::exchange(next_token_, next_token_ + 2);
  Pending pending{channel.conn, channel.generation, 0, {}, {}};
  std::vector<SubscribeFilter> filters;
  for (const AutoSubscription& wanted : world_.config.auto_subscriptions) {
    // Others than QoS are what clients of MQTT 3 cannot say, nor do they expect it.
    const bool is_v5 = session.version == mqtt::Version::v5;
    const bool nameless = session.username.empty() && wanted.filter.find("%u") != std::string::npos;
    const auto filter = topic::put_names(wanted.filter, {session.client_id, session.username});
    auto code = ReasonCode::topic_filter_invalid;
    if (filter && !nameless) {
      mqtt::Subscription subscription{.filter = *filter, .qos = wanted.qos};
      if (is_v5) {
        subscription.no_local = wanted.no_local;
        subscription.retain_as_published = wanted.retain_as_published;
        subscription.retain_handling = wanted.retain_handling;
      }
      code = subscribe(session, subscription, 0, token, pending, filters);
    }
    if (!is_error(code)) continue;
    world_.log.about(about(session, wanted.filter), LogLevel::info,
                     "client '{}' ({}) is not subscribed to '{}' by module.subscription: {}",
                     session.client_id, session.peername, wanted.filter, to_string(code));
  }
  if (!filters.empty()) ask_router(channel, token, std::move(pending), std::move(filters));
}

void Subscribing::subscribe_for(Channel& channel, const mqtt::Subscription& wanted, Token operation) {
  const Token token = std::exchange(next_token_, next_token_ + 2);
  Pending pending{channel.conn, channel.generation, 0, {}, {}};
  std::vector<SubscribeFilter> filters;
  const ReasonCode code = subscribe(*channel.session, wanted, 0, token, pending, filters);
  if (pending.claims) {
    // Only then it is known what comes of it.
    pending.operation = operation;
    pending.codes.push_back(code);
  } else {
    world_.router.subscribed_for(operation, code);
  }
  if (!filters.empty()) ask_router(channel, token, std::move(pending), std::move(filters));
}

void Subscribing::ask_router(Channel& channel, Token token, Pending pending,
                             std::vector<SubscribeFilter> filters) {
  if (pending.claims) {
    index_claims(pending, token);
    for (SubscribeFilter& filter : filters) filter.retained = false;  // in the second round
  }
  pending.groups = std::any_of(filters.begin(), filters.end(), [](const SubscribeFilter& wanted) {
    return topic::is_shared(wanted.filter) || topic::is_exclusive(wanted.filter);
  });
  pending_.emplace(token, std::move(pending));
  ++world_.subscribes_pending;
  if (++channel.pending_subscribes >= pending_subscribes_max)
    world_.sender.pause(channel, PauseReason::subscribes);
  world_.router.subscribe(token, std::move(filters));
}

bool Subscribing::awaits_group(const Channel& channel) const {
  return channel.pending_subscribes > 0 &&
         std::any_of(pending_.begin(), pending_.end(), [&](const auto& item) {
           const Pending& pending = item.second;
           return pending.groups && pending.conn == channel.conn && pending.generation == channel.generation;
         });
}

std::string_view Subscribing::real_filter(const Session& session, std::string_view filter) {
  filter = topic::rewritten(world_.config.rewrite_subscribe, filter, {session.client_id, session.username},
                            rewritten_);
  return mounted(session.view.get(), filter, mounted_);
}

bool Subscribing::any_forbidden(Channel& channel, const mqtt::Subscribe& packet) {
  return std::any_of(packet.subscriptions.begin(), packet.subscriptions.end(),
                     [&](const mqtt::Subscription& wanted) {
                       const auto shared = topic::parse_shared(wanted.filter);
                       const std::string_view filter = shared ? shared->filter : wanted.filter;
                       return topic::is_valid_filter(filter) && !world_.access.may_subscribe(channel, filter);
                     });
}

void Subscribing::count_refusals(const std::vector<ReasonCode>& codes) {
  const auto refused =
      std::find_if(codes.begin(), codes.end(), [](ReasonCode code) { return is_error(code); });
  if (refused == codes.end()) return;
  ++world_.metrics.packets_subscribe_error;
  if (std::find(codes.begin(), codes.end(), ReasonCode::not_authorized) != codes.end())
    ++world_.metrics.packets_subscribe_auth_error;
}

void Subscribing::trace(const Session& session, const mqtt::Subscribe& packet,
                        const std::vector<ReasonCode>& codes) const {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const mqtt::Subscription& wanted = packet.subscriptions[i];
    world_.observation.tracing.write(LogLevel::info, about(session, wanted.filter),
                                     "SUBSCRIBE: filter='{}', qos={}, no_local={}: {}", wanted.filter,
                                     static_cast<int>(wanted.qos), wanted.no_local, to_string(codes[i]));
  }
}

Verdict Subscribing::check_available(const Channel& channel, const mqtt::Subscribe& packet) {
  const Config& config = *channel.zone;
  if (!PacketSender::fits_codes(channel, packet.subscriptions.size())) return too_large_to_answer;
  if (packet.subscription_id != 0 && !config.subscription_identifier) {
    return Fatal{ReasonCode::subscription_identifiers_not_supported,
                 "subscription identifiers are off by mqtt.subscription_identifier"};
  }
  for (const mqtt::Subscription& wanted : packet.subscriptions) {
    if (config.strict && !is_well_formed(wanted.filter)) return ill_formed_filter;
    const bool shared = topic::is_shared(wanted.filter);
    const auto parts = topic::parse_shared(wanted.filter);
    const bool exclusive = parts && parts->group == topic::exclusive_group;
    // [MQTT-3.8.3-4]
    if (wanted.no_local && shared && !exclusive) {
      return Fatal{ReasonCode::protocol_error, "No Local with a shared subscription"};
    }
    if (channel.version != mqtt::Version::v5) continue;
    if (shared && !exclusive && !config.shared_subscription) {
      return Fatal{ReasonCode::shared_subscriptions_not_supported,
                   "shared subscriptions are off by mqtt.shared_subscription"};
    }
    if (!config.wildcard_subscription && topic::has_wildcard(wanted.filter)) {
      return Fatal{ReasonCode::wildcard_subscriptions_not_supported,
                   "wildcards are off by mqtt.wildcard_subscription"};
    }
  }
  return std::nullopt;
}

ReasonCode Subscribing::check(const Session& session, std::string_view filter, Pending& pending) {
  const Config& config = *session.zone;
  if (!topic::is_valid_filter(filter)) return ReasonCode::topic_filter_invalid;
  if (topic::has_more_levels(filter, config.topic_levels_max)) {
    pending.text = "filter with more levels than mqtt.max_topic_levels";
    return ReasonCode::topic_filter_invalid;
  }
  // [MQTT-3.8.3-2] of 3.1.1
  if (!config.wildcard_subscription && topic::has_wildcard(filter)) {
    return ReasonCode::wildcard_subscriptions_not_supported;
  }
  if (!world_.access.may_subscribe(*world_.channels.find(session.conn), filter)) {
    world_.log.about(about(session, filter), LogLevel::info, "client '{}' ({}) may not subscribe to '{}'",
                     session.client_id, session.peername, filter);
    return ReasonCode::not_authorized;
  }
  return ReasonCode::success;
}

ReasonCode Subscribing::subscribe(Session& session, const mqtt::Subscription& wanted,
                                  std::uint32_t subscription_id, Token token, Pending& pending,
                                  std::vector<SubscribeFilter>& filters) {
  if (topic::is_shared(wanted.filter)) return join(session, wanted, subscription_id, pending, filters);
  const ReasonCode refusal = check(session, wanted.filter, pending);
  if (refusal != ReasonCode::success) return refusal;
  const std::string_view filter = real_filter(session, wanted.filter);
  if (filter.size() > filter_bytes_max) return ReasonCode::topic_filter_invalid;
  if (at_limit(session) && !world_.subscriptions.contains(session, filter)) return refuse_more(pending);

  const auto [list, is_new] =
      world_.subscriptions.subscribe(session, filter, options(session, wanted, subscription_id));
  // The first subscriber makes the route. Whoever comes before it is confirmed waits for it as well.
  const bool add_route = list.size() == 1 && is_new ? true : list.route_pending() != 0;
  if (add_route) list.set_route_pending(token);
  // [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11]
  const bool retained = wanted.retain_handling == mqtt::RetainHandling::send ||
                        (wanted.retain_handling == mqtt::RetainHandling::send_if_new && is_new);
  pending.accepted.push_back({std::string(filter), retained, pending.codes.size()});
  filters.push_back({std::string(filter), add_route, retained});
  return granted(session, wanted);
}

ReasonCode Subscribing::join(Session& session, const mqtt::Subscription& wanted,
                             std::uint32_t subscription_id, Pending& pending,
                             std::vector<SubscribeFilter>& filters) {
  // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
  const auto shared = topic::parse_shared(wanted.filter);
  const bool exclusive = shared && shared->group == topic::exclusive_group;
  if (!exclusive && !session.zone->shared_subscription) return ReasonCode::shared_subscriptions_not_supported;
  if (!shared) return ReasonCode::topic_filter_invalid;
  if (exclusive && !session.zone->exclusive_subscription) {
    pending.text = "exclusive subscriptions are off by mqtt.exclusive_subscription";
    return ReasonCode::topic_filter_invalid;
  }
  const ReasonCode refusal = check(session, shared->filter, pending);
  if (refusal != ReasonCode::success) return refusal;
  std::string name = topic::shared_name({shared->group, real_filter(session, shared->filter)});
  if (name.size() > filter_bytes_max) return ReasonCode::topic_filter_invalid;
  if (at_limit(session) && !world_.groups.contains(session, name)) return refuse_more(pending);
  if (exclusive) {
    return join_exclusively(session, std::move(name), wanted, subscription_id, pending, filters);
  }
  const auto [group, is_new] = world_.groups.join(session, name, options(session, wanted, subscription_id));
  if (is_new) world_.router.share(name, group.weight());
  // [MQTT5 4.8.2] Retained messages are not sent. SUBACK waits for the cluster like any other.
  pending.accepted.push_back({name, false, pending.codes.size()});
  filters.push_back({std::move(name), false, false});
  return granted(session, wanted);
}

SubscriptionOptions Subscribing::options(const Session& session, const mqtt::Subscription& wanted,
                                         std::uint32_t subscription_id) {
  const bool is_v3 = session.version != mqtt::Version::v5;
  // A bridge's own messages would come back to it. In a group they cannot be kept from it, or they would not
  // reach the others.
  const bool ignores_own = is_v3 && (session.bridge || session.zone->ignore_loop_deliver);
  const auto shared = topic::parse_shared(wanted.filter);
  const bool in_group = shared && shared->group != topic::exclusive_group;
  const bool no_local = (wanted.no_local || ignores_own) && !in_group;
  const bool as_published = wanted.retain_as_published || (is_v3 && session.bridge);
  const mqtt::QoS qos = mqtt::min_qos(wanted.qos, session.zone->qos_max);
  return {subscription_id, static_cast<std::uint32_t>(qos), no_local ? 1U : 0U, as_published ? 1U : 0U};
}

bool Subscribing::at_limit(const Session& session) {
  const std::size_t limit = session.zone->subscriptions_max;
  return limit != 0 && session.subscription_count() >= limit;
}

ReasonCode Subscribing::refuse_more(Pending& pending) {
  pending.text = "more subscriptions than zone.*.max_subscriptions";
  return ReasonCode::quota_exceeded;
}

void Subscribing::done(Token token, std::vector<std::vector<mqtt::MessagePtr>> retained,
                       std::span<const std::size_t> refused, Now now) {
  const auto it = pending_.find(token);
  if (it == pending_.end()) return;
  if (it->second.claims) {
    settle_claims(it->second, token, refused);
    // A second round: SUBACK waits for the routes of what was granted.
    if (!it->second.accepted.empty()) return;
  }
  Pending pending = std::move(it->second);
  pending_.erase(it);
  --world_.subscribes_pending;
  forget_claims(pending, token);
  for (const Accepted& accepted : pending.accepted) {
    SubscriberList* list = world_.subscriptions.find(accepted.filter);
    if (list != nullptr && list->route_pending() == token) list->set_route_pending(0);
  }
  finish(pending, retained, now);
}

void Subscribing::finish(Pending& pending, const std::vector<std::vector<mqtt::MessagePtr>>& retained,
                         Now now) {
  Channel* channel = world_.channels.find(pending.conn, pending.generation);
  if (channel == nullptr || channel->state != ChannelState::connected) return answer_operator(pending);
  if (--channel->pending_subscribes < pending_subscribes_max) {
    world_.sender.resume(*channel, PauseReason::subscribes);
  }
  if (!awaits_group(*channel)) world_.sender.resume(*channel, PauseReason::group);
  check_memberships(pending, *channel->session);
  if (pending.unsubscribes) {
    world_.sender.unsuback(*channel, pending.packet_id, pending.codes);
  } else if (pending.packet_id != 0) {
    world_.sender.suback(*channel, pending.packet_id, pending.codes, pending.text);
  }
  answer_operator(pending);
  for (std::size_t i = 0; i < pending.accepted.size() && i < retained.size(); ++i) {
    if (!pending.accepted[i].retained) continue;
    send_retained(*channel->session, pending.accepted[i].filter, retained[i], now);
  }
}

const SubscriptionOptions* Subscribing::options_of(Session& session, const std::string& filter) {
  if (topic::is_exclusive(filter)) {
    const SharedGroup* group = world_.groups.find(filter);
    const bool has = group != nullptr && !group->members.empty() && group->members[0].session == &session;
    return has ? &group->members[0].options : nullptr;
  }
  SubscriberList* list = world_.subscriptions.find(filter);
  const Subscriber* subscriber = list == nullptr ? nullptr : SubscriptionTable::find(session, *list);
  return subscriber == nullptr ? nullptr : &subscriber->options;
}

void Subscribing::send_retained(Session& session, const std::string& filter,
                                const std::vector<mqtt::MessagePtr>& messages, Now now) {
  const SubscriptionOptions* found = options_of(session, filter);
  // Unsubscribed in the meantime.
  if (found == nullptr) return;
  if (messages.empty() || !world_.delivery.takes_retained(session, messages.size())) return;
  const SubscriptionOptions options = *found;
  for (const mqtt::MessagePtr& message : messages) {
    if (options.no_local && message->publisher() == session.client_id) continue;
    // [MQTT-3.3.1-8]
    world_.delivery.deliver_retained(session,
                                     {message, SubscriptionIds(options.subscription_id),
                                      world_.delivery.qos_for(session, message->qos(), options.qos()), true},
                                     now);
  }
}

Verdict Subscribing::handle(Channel& channel, const mqtt::Unsubscribe& packet) {
  if (!PacketSender::fits_codes(channel, packet.filters.size())) return too_large_to_answer;
  if (channel.zone->strict && !std::all_of(packet.filters.begin(), packet.filters.end(), is_well_formed))
    return ill_formed_filter;
  std::vector<ReasonCode> codes;
  routes_changed_ = false;
  for (const std::string_view filter : packet.filters) {
    codes.push_back(unsubscribe_for(channel, filter));
    world_.observation.tracing.write(LogLevel::info, about(*channel.session, filter),
                                     "UNSUBSCRIBE: filter='{}': {}", filter, to_string(codes.back()));
  }
  if (!routes_changed_) {
    world_.sender.unsuback(channel, packet.packet_id, codes);
    return std::nullopt;
  }
  // As SUBACK: what is published anywhere after it finds no subscriber here.
  Pending pending{channel.conn, channel.generation, packet.packet_id, std::move(codes), {}};
  pending.unsubscribes = true;
  ask_router(channel, std::exchange(next_token_, next_token_ + 2), std::move(pending), {});
  return std::nullopt;
}

ReasonCode Subscribing::unsubscribe(Session& session, std::string_view filter) {
  if (!topic::is_valid_filter(filter)) return ReasonCode::topic_filter_invalid;
  filter = real_filter(session, filter);
  const auto result = world_.subscriptions.unsubscribe(session, filter);
  if (result == SubscriptionTable::Unsubscribed::was_last) {
    world_.router.unroute(filter);
    routes_changed_ = true;
  }
  // [MQTT-3.11.3-1]
  const bool existed = result != SubscriptionTable::Unsubscribed::not_found;
  return existed ? ReasonCode::success : ReasonCode::no_subscription_existed;
}

ReasonCode Subscribing::leave(Session& session, std::string_view filter) {
  const auto shared = topic::parse_shared(filter);
  if (!shared) return ReasonCode::topic_filter_invalid;
  const std::string name = topic::shared_name({shared->group, real_filter(session, shared->filter)});
  const bool exclusive = shared->group == topic::exclusive_group;
  const bool asked = exclusive && give_up_claims(session.client_id, name);
  const auto weight = world_.groups.leave(session, name);
  if (weight) {
    world_.router.share(name, *weight);
    routes_changed_ = true;
  }
  if (!weight && !asked) return ReasonCode::no_subscription_existed;
  if (exclusive) world_.router.release_exclusive(session.client_id, name);
  return ReasonCode::success;
}

}  // namespace meshmq::broker
