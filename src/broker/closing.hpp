#pragma once
// Ends of connections.

#include <string_view>

#include "broker/session_life.hpp"
#include "broker/world.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// Every way in which a connection can end goes through here. Thread rule: one owner.
class Closing {
 public:
  Closing(World& world, SessionLife& life) : world_(world), life_(life) {}

  /// We end it. A connected MQTT 5 client is told why ([MQTT-4.13.1-1]), also in words; its will is
  /// published.
  void close(Channel& channel, CloseReason close, mqtt::ReasonCode reason, Now now,
             std::string_view text = {});
  /// The client does not keep to the protocol or to a limit: close() with a line in the log.
  void fail(Channel& channel, const Fatal& fatal, Now now);
  /// The client said goodbye.
  Verdict handle(Channel& channel, const mqtt::Disconnect& packet, Now now);
  /// The socket is gone.
  void lost(Channel& channel, Now now);

 private:
  /// For those who watch; `text` says more than channel.end.
  void trace_end(const Channel& channel, std::string_view text) const;
  /// Of the client's own doing.
  void count_end(const Channel& channel, Now now);
  /// It needs no answers of the node any more.
  void withdraw(Channel& channel);

  World& world_;
  SessionLife& life_;
};

}  // namespace meshmq::broker
