#pragma once
// Who may do what: the one place where the broker asks.

#include <optional>
#include <string_view>

#include "broker/peer.hpp"
#include "mqtt/reason_code.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// The client about whom is asked. Borrowed.
struct AccessClient {
  std::string_view client_id;
  std::string_view username;  ///< empty: none
  std::string_view peername;
  /// With its certificate, while it connects; otherwise nullptr.
  const Peer* peer = nullptr;
};

/// Decides at once, without waiting for anybody. Called for every CONNECT, every PUBLISH and every filter.
/// Thread rule: belongs to its worker.
class Access {
 public:
  virtual ~Access() = default;
  /// success lets the client in; anything else is what CONNACK says.
  virtual mqtt::ReasonCode connect(const AccessClient& client, std::optional<std::string_view> password) = 0;
  virtual bool may_publish(const AccessClient& client, std::string_view topic, mqtt::QoS qos,
                           bool retain) = 0;
  virtual bool may_subscribe(const AccessClient& client, std::string_view filter) = 0;
};

/// Anonymous access without rules.
class AllowAll final : public Access {
 public:
  mqtt::ReasonCode connect(const AccessClient&, std::optional<std::string_view>) override {
    return mqtt::ReasonCode::success;
  }
  bool may_publish(const AccessClient&, std::string_view, mqtt::QoS, bool) override { return true; }
  bool may_subscribe(const AccessClient&, std::string_view) override { return true; }
};

}  // namespace meshmq::broker
