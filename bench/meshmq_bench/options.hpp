#pragma once
// What the user asked for.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mqtt/types.hpp"

namespace meshmq::bench {

/// Exit codes of meshmq_bench.
inline constexpr int exit_ok = 0;
inline constexpr int exit_broken_promise = 1;  ///< lost, doubled or disconnected where MQTT forbids it
inline constexpr int exit_usage = 2;
inline constexpr int exit_cannot_connect = 3;

enum class Mode : std::uint8_t {
  connect,  ///< idle connections
  p2p,      ///< pairs: each publisher has its own topic and subscriber
  fan_out,  ///< every subscriber gets the messages of every publisher
  fan_in,   ///< many publishers, each with its own topic, a few subscribers with a wildcard
};
const char* to_string(Mode mode);

struct Address {
  std::string host;
  std::uint16_t port = 1883;
};

struct Options {
  Mode mode = Mode::p2p;
  Address broker{"127.0.0.1", 1883};
  std::vector<Address> publish_to;    ///< in turn; empty: `broker`
  std::vector<Address> subscribe_to;  ///< in turn; empty: `broker`

  std::uint32_t publishers = 1;
  std::uint32_t subscribers = 1;
  std::uint32_t connections = 1000;  ///< connect
  bool shared = false;               ///< subscribers share the messages among them ($share)
  std::uint32_t subscriptions = 1;   ///< connect: of each connection
  bool wildcard = false;             ///< connect: subscribe to filters with a wildcard

  mqtt::QoS qos = mqtt::QoS::at_most_once;
  std::size_t payload_bytes = 100;
  double rate = 0;             ///< messages per second and publisher; 0: as fast as the window allows
  std::uint32_t window = 256;  ///< messages of one publisher on their way; 0: no limit (needs a rate)
  std::uint64_t messages = 0;  ///< per publisher; 0: duration_s counts
  double duration_s = 10;
  double hold_s = 0;    ///< connect
  double settle_s = 1;  ///< silence before measuring
  double stall_s = 5;   ///< without any progress: give up and count what is missing

  mqtt::Version version = mqtt::Version::v3_1_1;
  std::uint16_t keepalive_s = 60;
  bool clean = true;
  std::uint32_t session_expiry_s = 0;
  bool tls = false;
  bool websocket = false;
  std::string username;
  std::string password;
  std::string topic_prefix = "bench";
  std::string id_prefix = "bench";

  double connect_rate = 0;  ///< connections per second; 0: no limit
  std::uint32_t connect_parallel = 64;
  double connect_timeout_s = 10;  ///< without any client becoming ready
  unsigned threads = 1;
  std::vector<pid_t> pids;
  bool json = false;
};

/// Fills `options`; an exit code if there is nothing more to do (help was asked for, or bad usage).
std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace meshmq::bench
