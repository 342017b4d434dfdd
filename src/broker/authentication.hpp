#pragma once
// How far a client has come in proving who it is.

#include <optional>
#include <string>

#include "broker/admission.hpp"
#include "broker/ports.hpp"
#include "broker/traffic.hpp"

namespace meshmq::broker {

/// Of a channel that has asked the node; while it is connected, of one that may prove itself again.
struct Authentication {
  Token exchange = 0;         ///< of Router::admit(), until it is over; 0: none
  bool clients_turn = false;  ///< in the exchange, AUTH is due
  /// The answer; from then until the client is connected.
  std::optional<Admission> admission;
  std::string method;    ///< empty: a password, or nothing
  std::string username;  ///< proven by the method
  /// CONNECT as it came, until the client is connected. Only with a method: AUTH comes behind it.
  std::string connect;
  Traffic traffic{};  ///< AUTH, until the client is connected
};

}  // namespace meshmq::broker
