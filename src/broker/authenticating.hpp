#pragma once
// Who a client is: asked of the node, with as many AUTH packets as it takes.

#include <string>
#include <string_view>

#include "broker/admission.hpp"
#include "broker/closing.hpp"
#include "broker/world.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// Where nothing is to be asked (no users, no bans, no method) CONNECT does not wait. Thread rule: one owner.
class Authenticating {
 public:
  Authenticating(World& world, Closing& closing) : world_(world), closing_(closing) {}

  /// What is known about the client of this CONNECT. nullptr: the channel waits, or has been closed; `bytes`
  /// are the packet as it came.
  const Admission* admission(Channel& channel, const mqtt::Connect& packet, std::string_view bytes);
  /// The client is connected.
  static void admitted(Channel& channel);
  /// [MQTT5 3.15]
  Verdict handle(Channel& channel, const mqtt::Auth& packet);
  /// Answer to Router::admit() and admit_more(). Returns the channel if its CONNECT is to be handled again,
  /// otherwise nullptr.
  Channel* answered(Token token, Admission admission, Now now);
  /// A refusal, for counters and the log.
  void refused(const Channel& channel, std::string_view client_id, std::string_view username,
               const Admission& admission);

 private:
  void ask(Channel& channel, AdmissionRequest request);
  Verdict begin_again(Channel& channel, const mqtt::Auth& packet);
  Verdict go_on(Channel& channel, const mqtt::Auth& packet);
  void answer_connected(Channel& channel, const Admission& admission, Now now);
  void send(Channel& channel, mqtt::ReasonCode reason, std::string_view data, Now now);
  void count(const Admission& admission);

  World& world_;
  Closing& closing_;
};

}  // namespace meshmq::broker
