#pragma once
// Whether a client may come in, where the node decides it: what it is asked and what it says.

#include <cstdint>
#include <optional>
#include <string>

#include "mqtt/reason_code.hpp"

namespace meshmq::broker {

/// Who wants to come in, with what. Owns its texts: it goes to another thread.
struct AdmissionRequest {
  std::string client_id{};  ///< empty: the client brought none
  std::string username{};   ///< empty: none
  std::optional<std::string> password{};
  std::string peername{};
  std::uint16_t zone = 0;
  // --- enhanced authentication ([MQTT5 4.12])
  std::string method{};  ///< empty: none
  std::string data{};
  bool again = false;  ///< it is connected, as `username`, and proves it anew
};

struct Admission {
  /// success; continue_authentication: `data` goes to the client, and what it answers to
  /// Router::admit_more(); anything else is a refusal.
  mqtt::ReasonCode reason = mqtt::ReasonCode::success;
  bool anonymous = false;  ///< nobody knows it, and it need not be known
  std::string data{};      ///< of enhanced authentication
  std::string username{};  ///< who the client has proven to be; empty: as it said
  std::string why{};       ///< of a refusal, for the log: the client is not told
};

}  // namespace meshmq::broker
