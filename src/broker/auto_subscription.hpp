#pragma once
// Subscriptions that clients have without asking (EMQ X's module.subscription.*).

#include <string>

#include "mqtt/packet.hpp"

namespace meshmq::broker {

struct AutoSubscription {
  std::string filter;  ///< `%c` and `%u` stand for client id and user name
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  mqtt::RetainHandling retain_handling = mqtt::RetainHandling::send;
};

}  // namespace meshmq::broker
