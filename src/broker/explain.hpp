#pragma once
// The answer to "why does this client (not) get this message", as a list of what was looked at.

#include <string>
#include <string_view>

#include "mqtt/types.hpp"

namespace meshmq::broker {

/// One thing that was looked at.
struct ExplainStep {
  std::string step;  ///< topic, access, subscription, queue...
  bool ok = true;    ///< false: the message stops here
  std::string text;  ///< for people; names the configuration key that matters

  friend bool operator==(const ExplainStep&, const ExplainStep&) = default;
};

struct ExplainQuestion {
  std::string client_id{};  ///< who is to get it
  std::string topic{};
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  std::string publisher{};  ///< client id; empty: nobody in particular
};

}  // namespace meshmq::broker
