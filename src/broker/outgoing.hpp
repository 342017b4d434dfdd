#pragma once
// A message as one session is to get it.

#include "broker/group_name.hpp"
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
  GroupNamePtr group{};  ///< it came by way of this shared group, whose other members may take it over
};

}  // namespace meshmq::broker
