#pragma once
// The few words of MQTT that every room above uses.

#include <cstdint>

namespace meshmq::mqtt {

/// [MQTT-3.1.2.2] Protocol level of CONNECT. 3.1 says "MQIsdp", the others "MQTT".
enum class Version : std::uint8_t { v3_1 = 3, v3_1_1 = 4, v5 = 5 };

enum class QoS : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

inline QoS min_qos(QoS a, QoS b) {
  return a < b ? a : b;
}
inline QoS max_qos(QoS a, QoS b) {
  return a < b ? b : a;
}

/// [MQTT5 2.2.1] Never 0 on the wire; 0 here means "no packet id".
using PacketId = std::uint16_t;

}  // namespace meshmq::mqtt
