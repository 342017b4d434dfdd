#pragma once
// What clients answer to our PUBLISH packets.

#include "broker/world.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// PUBACK, PUBREC and PUBCOMP: each frees or advances a place in the window, and what waits moves up. An
/// unknown packet id is no error: it answers a packet of an earlier life. Thread rule: one owner.
class Acknowledging {
 public:
  explicit Acknowledging(World& world) : world_(world) {}

  Verdict handle_puback(Channel& channel, const mqtt::Ack& packet, Now now);
  Verdict handle_pubrec(Channel& channel, const mqtt::Ack& packet, Now now);
  Verdict handle_pubcomp(Channel& channel, const mqtt::Ack& packet, Now now);

 private:
  void note_acknowledged(const Session& session, const InflightEntry& entry, Now now);
  void done(Session& session, InflightEntry& entry, Now now);

  World& world_;
};

}  // namespace meshmq::broker
