#pragma once
// PUBLISH from clients: checks, routing, and acknowledgements in the right order at the right time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/ack_queue.hpp"
#include "broker/world.hpp"
#include "mqtt/message.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// The receiving half of sessions. Every message of this worker's clients leaves through publish(): retained
/// first, then the rest of the node, then this worker's own subscribers. A PUBACK or PUBREC waits until the
/// message is settled and until those before it have been sent. Thread rule: one owner.
class Publishing {
 public:
  explicit Publishing(World& world) : world_(world) {}

  Verdict handle(Channel& channel, const mqtt::Publish& packet, Now now);
  /// [MQTT-4.3.3-2] The sender knows that we have it; the id may be used again.
  void handle_pubrel(Channel& channel, const mqtt::Ack& packet);

  /// `token` 0: nobody waits for the outcome.
  RouteResult publish(const mqtt::MessagePtr& message, Token token, Now now);
  /// What the broker says of itself: no client's publish, not counted as one, and not retained here.
  void publish_system(const mqtt::MessagePtr& message, Now now);
  /// A will, or what an operator sends: `$delayed/...` is kept for later.
  void submit(mqtt::MessageParts parts, Now now);
  void settled(Token token);
  /// [MQTT-4.8.0-2] Nobody could keep the message now. The channel that has no other way to hear of it than
  /// its end, or null: MQTT 5 is told why.
  Channel* refused(Token token, mqtt::ReasonCode reason);
  void resume_publishers();
  /// [MQTT-3.3.4-7] Publishes that a client may leave without PUBACK or PUBCOMP.
  static std::uint16_t receive_maximum(const Config& config);

 private:
  /// Where a message goes, and when if not now.
  struct Place {
    std::string_view topic;
    std::optional<WallMillis> due{};
  };
  /// From what the client says to where it is meant: delayed, allowed, rewritten. A refusal or success.
  mqtt::ReasonCode locate(Channel& channel, Place& place, Now now);
  /// False: it says `$delayed/` and not when or where.
  bool take_delay(Place& place, Now now) const;
  RouteResult delay(const mqtt::MessagePtr& message, WallMillis due, Token token);
  /// What the topic is, with or without an alias.
  static Verdict resolve_alias(Channel& channel, const mqtt::Publish& packet, std::string_view& topic);
  static Verdict check(const Config& config, const mqtt::Publish& packet, std::string_view topic);
  static Verdict check_quota(const Channel& channel);
  /// True if it is a repetition, which has then been answered.
  bool answer_known(Channel& channel, const mqtt::Publish& packet);
  /// No rule allows it.
  Verdict forbid(Channel& channel, const mqtt::Publish& packet, std::string_view topic);
  /// For those who watch.
  void note_received(const Session& session, const mqtt::Message& message, const mqtt::Publish& packet);
  void note_dropped(const mqtt::Message& message);
  /// By its acknowledgement, if it has one.
  void refuse(Channel& channel, const mqtt::Publish& packet, mqtt::ReasonCode reason);
  struct Owed {
    Channel* channel;
    PendingAck* ack;
  };
  /// Whose message it was and what is to be said of it; null if nobody waits any more.
  Owed take(Token token);
  void acknowledge(Channel& channel, PendingAck ack);
  void flush(Channel& channel);
  void count_received(Session& session, mqtt::QoS qos);
  RouteResult distribute(const mqtt::MessagePtr& message, Token token, Now now);

  struct PausedPublisher {
    ConnId conn;
    std::uint32_t generation;
  };

  World& world_;
  AckTokens tokens_;
  std::vector<PausedPublisher> paused_;
  std::string rewritten_;  ///< scratch
  std::string mounted_;    ///< scratch
};

}  // namespace meshmq::broker
