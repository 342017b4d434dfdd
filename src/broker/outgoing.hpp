#pragma once
// A message as one session is to get it.

#include "broker/subscription_ids.hpp"
#include "mqtt/message.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// What queue, inflight window and retained backlog keep for each message.
struct Outgoing {
  mqtt::MessagePtr message;
  SubscriptionIds subscription_ids;
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain = false;
};

}  // namespace meshmq::broker
