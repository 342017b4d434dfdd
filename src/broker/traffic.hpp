#pragma once
// How much went over one connection, as the client's row in a list shows it.

#include <cstdint>

namespace meshmq::broker {

/// MQTT packets, counted when they are handled and when they are queued. Repetitions count.
struct Traffic {
  std::uint64_t packets_received = 0;
  std::uint64_t publishes_received = 0;  ///< among them
  std::uint64_t publishes_sent = 0;
  std::uint64_t others_sent = 0;

  std::uint64_t packets_sent() const { return publishes_sent + others_sent; }
};

/// The same connection as its socket sees it: bytes, and the calls that carried some.
struct SocketTraffic {
  std::uint64_t bytes_received = 0;
  std::uint64_t reads = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t writes = 0;
};

}  // namespace meshmq::broker
