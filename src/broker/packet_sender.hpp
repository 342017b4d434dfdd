#pragma once
// Everything a channel sends that is not a PUBLISH, counted.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "broker/channel.hpp"
#include "broker/config.hpp"
#include "broker/metrics.hpp"
#include "broker/ports.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// Also stops and restarts reading. A client that does not read what it asks for is not read either:
/// acknowledgements are bounded by Config::output_bytes_max. Thread rule: one owner.
class PacketSender {
 public:
  PacketSender(const Config& config, Output& output, Metrics& metrics)
      : config_(config), output_(output), metrics_(metrics) {}

  /// PUBACK, PUBREC, PUBREL, PUBCOMP.
  void ack(Channel& channel, mqtt::PacketType type, mqtt::PacketId packet_id, mqtt::ReasonCode reason);
  void pingresp(Channel& channel);
  void connack(Channel& channel, const mqtt::Connack& packet);
  /// Of a CONNECT that said `version`. Here and below `text` says why, for people; left out where the client
  /// does not want it ([MQTT-3.1.2-29]) or the packet would become too large for it ([MQTT-3.2.2-19], ...).
  void connack_refusal(Channel& channel, mqtt::ReasonCode reason, mqtt::Version version,
                       std::string_view text);
  /// False: nothing was sent, the client does not take so long a packet.
  bool auth(Channel& channel, const mqtt::Auth& packet);
  void suback(Channel& channel, mqtt::PacketId packet_id, std::span<const mqtt::ReasonCode> codes,
              std::string_view text = {});
  void unsuback(Channel& channel, mqtt::PacketId packet_id, std::span<const mqtt::ReasonCode> codes);
  /// [MQTT-3.14.0-1] Nothing for 3.x clients: there only the connection is closed.
  void disconnect(Channel& channel, mqtt::ReasonCode reason, std::string_view text = {});

  /// [MQTT-3.1.2-24] Whether the client takes this CONNACK.
  static bool fits(const Channel& channel, const mqtt::Connack& packet, mqtt::Version version);
  /// ... and a SUBACK or UNSUBACK of so many codes.
  static bool fits_codes(const Channel& channel, std::size_t count);

  void pause(Channel& channel, PauseReason reason);
  void resume(Channel& channel, PauseReason reason);

 private:
  /// Where a client that is sent away shall go ([MQTT5 4.11]); empty: nothing is known, or it has no room.
  std::string_view reference(const Channel& channel, mqtt::ReasonCode reason) const;
  /// `packet` with its reason string, if that may be sent.
  template <class Packet>
  void explained(Channel& channel, Packet packet, mqtt::Version version, std::string_view text);
  void small(Channel& channel, std::string_view packet);
  void large(Channel& channel, std::string_view packet);
  void sent(Channel& channel, std::size_t bytes, std::size_t bytes_waiting);

  const Config& config_;
  Output& output_;
  Metrics& metrics_;
  std::string scratch_;
};

}  // namespace meshmq::broker
