#pragma once
// Finds the sessions that want a message and hands it to each exactly once.

#include <cstddef>
#include <vector>

#include "base/time.hpp"
#include "broker/delivery.hpp"
#include "broker/metrics.hpp"
#include "broker/moving.hpp"
#include "broker/observation.hpp"
#include "broker/publish_frames.hpp"
#include "broker/subscription_table.hpp"
#include "mqtt/message.hpp"

namespace meshmq::broker {

/// The fan-out of one worker. One matching filter, the usual case, is one run through its list. Several are
/// merged first, in constant time per subscriber: a client gets one copy with the largest QoS of its
/// subscriptions and all their identifiers ([MQTT-3.3.4-2], [MQTT-3.3.4-3]). Allocates nothing per subscriber
/// at QoS 0.
class Dispatcher {
 public:
  Dispatcher(SubscriptionTable& subscriptions, Delivery& delivery, Metrics& metrics, Observation& observation)
      : subscriptions_(subscriptions),
        delivery_(delivery),
        metrics_(metrics),
        observation_(observation),
        frames_(metrics) {}

  /// Returns how many sessions took the message.
  std::size_t deliver(const mqtt::MessagePtr& message, Now now);
  /// What the session's own subscriptions make of it now. False: none of them wants it.
  bool reconsider(Session& session, Outgoing& outgoing);
  const RecentMessages& recent() const { return recent_; }

 private:
  struct Merged {
    Session* session;
    Delivery::Grant grant;
    SubscriptionIds ids;
  };

  /// [MQTT-3.8.3-3] What the publisher does not want back.
  bool is_own(const mqtt::Message& message, const Subscriber& subscriber) {
    return subscriber.options.no_local && is_publisher(message, subscriber);
  }
  bool is_publisher(const mqtt::Message& message, const Subscriber& subscriber);
  /// [MQTT-3.3.1-12], [MQTT-3.3.1-13]
  Delivery::Grant grant(const mqtt::Message& message, const Subscriber& subscriber) const {
    const SubscriptionOptions options = subscriber.options;
    return {delivery_.qos_for(*subscriber.session, message.qos(), options.qos()),
            options.retain_as_published && message.retain()};
  }
  std::size_t fan_out(SubscriberList& list, const mqtt::MessagePtr& message, Now now);
  void merge(SubscriberList& list, const mqtt::Message& message);
  std::size_t fan_out_merged(const mqtt::MessagePtr& message, Now now);

  SubscriptionTable& subscriptions_;
  Delivery& delivery_;
  Metrics& metrics_;
  Observation& observation_;
  PublishFrames frames_;
  RecentMessages recent_;
  std::vector<SubscriberList*> lists_;  ///< scratch
  std::vector<Merged> merged_;          ///< scratch
};

}  // namespace meshmq::broker
