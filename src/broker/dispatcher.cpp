#include "broker/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::broker {

std::size_t Dispatcher::deliver(const mqtt::MessagePtr& message, Now now) {
  lists_.clear();
  subscriptions_.match(message->topic(), [this](SubscriberList& list) { lists_.push_back(&list); });
  if (lists_.empty()) return 0;
  // [MQTT-3.3.2-5]
  if (message->expired(now.wall)) {
    ++metrics_.messages_dropped;
    ++metrics_.messages_dropped_expired;
    if (observation_.topics.any()) observation_.topics.dropped(message->topic());
    return 0;
  }
  frames_.begin(*message, observation_.looks_at(*message, now), now);
  recent_.add(message->id(), now.wall);
  std::size_t count = 0;
  if (lists_.size() == 1) {
    count = fan_out(*lists_.front(), message, now);
  } else {
    for (SubscriberList* list : lists_) merge(*list, *message);
    count = fan_out_merged(message, now);
  }
  observation_.count(*message, frames_.finish(), now);
  return count;
}

bool Dispatcher::reconsider(Session& session, Outgoing& outgoing) {
  const mqtt::Message& message = *outgoing.message;
  Outgoing merged{.message = outgoing.message, .subscription_ids = {}};
  bool wanted = false;
  subscriptions_.match(message.topic(), [&](SubscriberList& list) {
    const Subscriber* subscriber = SubscriptionTable::find(session, list);
    if (subscriber == nullptr || is_own(message, *subscriber)) return;
    const Delivery::Grant granted = grant(message, *subscriber);
    merged.qos = mqtt::max_qos(merged.qos, granted.qos);
    merged.retain = merged.retain || granted.retain;
    merged.subscription_ids.add(subscriber->options.subscription_id);
    wanted = true;
  });
  if (wanted) outgoing = std::move(merged);
  return wanted;
}

bool Dispatcher::is_publisher(const mqtt::Message& message, const Subscriber& subscriber) {
  if (message.publisher() != subscriber.session->client_id) return false;
  ++metrics_.delivery_dropped;
  ++metrics_.delivery_dropped_no_local;
  return true;
}

std::size_t Dispatcher::fan_out(SubscriberList& list, const mqtt::MessagePtr& message, Now now) {
  constexpr std::size_t ahead = 8;
  const auto subscribers = list.all();
  std::size_t count = 0;
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    if (i + ahead < subscribers.size()) __builtin_prefetch(subscribers[i + ahead].session);
    const Subscriber& subscriber = subscribers[i];
    if (is_own(*message, subscriber)) continue;
    const SubscriptionIds ids(subscriber.options.subscription_id);
    const bool taken =
        delivery_.deliver(*subscriber.session, message, grant(*message, subscriber), ids, frames_, now);
    if (taken) ++count;
  }
  return count;
}

void Dispatcher::merge(SubscriberList& list, const mqtt::Message& message) {
  for (const Subscriber& subscriber : list.all()) {
    if (is_own(message, subscriber)) continue;
    Session& session = *subscriber.session;
    const Delivery::Grant granted = grant(message, subscriber);
    // The position is trusted only if what stands there points back: no clearing, no stamp that could wrap.
    const bool is_known =
        session.merged_at < merged_.size() && merged_[session.merged_at].session == &session;
    if (!is_known) {
      session.merged_at = static_cast<std::uint32_t>(merged_.size());
      merged_.push_back({&session, granted, SubscriptionIds(subscriber.options.subscription_id)});
      continue;
    }
    Merged& merged = merged_[session.merged_at];
    merged.grant.qos = mqtt::max_qos(merged.grant.qos, granted.qos);
    merged.grant.retain = merged.grant.retain || granted.retain;
    merged.ids.add(subscriber.options.subscription_id);
  }
}

std::size_t Dispatcher::fan_out_merged(const mqtt::MessagePtr& message, Now now) {
  std::size_t count = 0;
  for (const Merged& merged : merged_) {
    if (delivery_.deliver(*merged.session, message, merged.grant, merged.ids, frames_, now)) ++count;
  }
  merged_.clear();
  return count;
}

}  // namespace meshmq::broker
