#pragma once
// What happens to connections because nothing happened.

#include <vector>

#include "broker/closing.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

/// Looks at a connection when the timer wheel says so: no CONNECT in time, keep-alive, retries of 3.x, QoS 2
/// ids that were never released, memory of past bursts. Thread rule: one owner.
class Timekeeping {
 public:
  Timekeeping(World& world, Closing& closing) : world_(world), closing_(closing) {}

  void tick(Now now);
  /// After CONNECT: from now on keep-alive counts.
  void watch(Channel& channel, Now now);

 private:
  void visit(Channel& channel, Now now);
  void visit_connected(Channel& channel, Now now);
  /// [MQTT-4.4.0-1] MQTT 5 forbids repeating except after a reconnect.
  bool retries(const Channel& channel) const;

  World& world_;
  Closing& closing_;
  std::vector<ConnId> due_;  ///< scratch
};

}  // namespace meshmq::broker
