#pragma once
// From a message to one session's client: at once, through the window, or by way of the queue.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "broker/config.hpp"
#include "broker/metrics.hpp"
#include "broker/observation.hpp"
#include "broker/outgoing.hpp"
#include "broker/ports.hpp"
#include "broker/publish_frames.hpp"
#include "broker/session.hpp"
#include "mqtt/message.hpp"

namespace meshmq::broker {

/// The sending half of a session.
///
///   QoS 0:    connected, has room -> sent          away -> queue (Config::queue_store_qos0)   slow ->
///   dropped QoS 1, 2: connected, has room, window open, nobody ahead -> sent                          else
///   -> queue
///
/// What waits leaves in this order: what was in flight before a reconnect, the queue, retained messages that
/// a subscription asked for. Every message that will not be delivered is counted with its reason. Thread
/// rule: one owner.
class Delivery {
 public:
  Delivery(const Config& config, Output& output, Metrics& metrics, Observation& observation)
      : config_(config),
        output_(output),
        metrics_(metrics),
        observation_(observation),
        upgrades_qos_(in_some_zone(config)) {}

  /// The config is another. Sessions that began before it keep their zone's.
  void reconfigured() { upgrades_qos_ = upgrades_qos_ || in_some_zone(config_); }

  struct Grant {
    mqtt::QoS qos = mqtt::QoS::at_most_once;  ///< already the smaller of message and subscription
    bool retain = false;
    GroupName* group = nullptr;  ///< by way of which it comes
  };
  /// Hot path: a message that has just been published. Returns whether the session took it.
  bool deliver(Session& session, const mqtt::MessagePtr& message, Grant grant, const SubscriptionIds& ids,
               PublishFrames& frames, Now now);
  /// [MQTT-3.8.4-8] The smaller one, unless zone.*.upgrade_qos says the larger.
  mqtt::QoS qos_for(const Session& session, mqtt::QoS message, mqtt::QoS subscription) const {
    const bool upgrades = upgrades_qos_ && session.zone->upgrade_qos;
    return upgrades ? mqtt::max_qos(message, subscription) : mqtt::min_qos(message, subscription);
  }
  /// Whether a message would be sent or find room in the queue; `at_once`: sent.
  bool has_place(const Session& session, std::string_view topic, mqtt::QoS qos, bool at_once) const;
  /// Whether the retained messages of one more subscription may follow. No, and they are counted as dropped,
  /// if those of earlier ones that wait are `retained_backlog_factor` times zone.*.max_mqueue_len already.
  bool takes_retained(Session& session, std::size_t count);
  /// A retained message for a new subscription; waits if there is no room.
  void deliver_retained(Session& session, Outgoing outgoing, Now now);
  /// A message that came by a detour: as deliver(), encoded for this session alone.
  void deliver_late(Session& session, Outgoing outgoing, Now now);
  /// Who takes the messages of sessions that move; set once, before any session moves.
  void set_diversion(Diversion& diversion) { diversion_ = &diversion; }

  /// Sends what waits, as far as window and connection allow.
  void pump(Session& session, Now now);
  /// [MQTT-4.4.0-1] After CONNACK with session present: unacknowledged packets again, in order, then what
  /// waits.
  void resume(Session& session, Now now);
  /// Sends again what a 3.x client has not acknowledged since `sent_before`.
  void retry(Session& session, TimePoint sent_before, Now now);

 private:
  static bool in_some_zone(const Config& config) {
    return config.in_any_zone([](const Config& zone) { return zone.upgrade_qos; });
  }

  static constexpr std::size_t retained_backlog_factor = 64;
  /// An alias saves a topic but costs a frame of its own; larger payloads rather share theirs.
  static constexpr std::size_t aliased_payload_bytes_max = 4096;

  bool has_room(const Session& session) const { return session.online && !session.congested; }
  bool window_open(const Session& session) const {
    return has_room(session) && !session.has_waiting() && !session.inflight.full() &&
           session.inflight.parked() == 0;
  }
  bool deliver_qos0(Session& session, const mqtt::MessagePtr& message, Grant grant,
                    const SubscriptionIds& ids, PublishFrames& frames);
  /// The frame for a client that does not see topics as they are.
  static PublishFrames::Slot& seen_slot(Session& session, const mqtt::Message& message, PublishForm form,
                                        const SubscriptionIds& ids, PublishFrames& frames);
  /// How it sees this one now: below its mountpoint, by an alias where that helps.
  static TopicForm seen(TopicView& view, const mqtt::Message& message);
  /// It was not sent after all.
  static void unsee(TopicView& view, TopicForm topic);
  void send(Session& session, const FramePtr& frame, mqtt::PacketId packet_id);
  void enqueue(Session& session, Outgoing outgoing);
  /// For what waited: encodes for this session alone. The session has room and, for QoS 1 and 2, its window
  /// is open.
  void send_fresh(Session& session, Outgoing outgoing, Now now);
  /// False if the client does not take packets of that size (any more).
  [[nodiscard]] bool send_again(Session& session, const InflightEntry& entry, Now now);
  void send_pubrel(Session& session, mqtt::PacketId packet_id);
  bool can_send(const Session& session, mqtt::QoS qos) const {
    return has_room(session) && (qos == mqtt::QoS::at_most_once || !session.inflight.full());
  }
  void pump_parked(Session& session, Now now);
  void pump_queue(Session& session, Now now);
  void pump_retained(Session& session, Now now);
  /// Why a session does not get a message.
  enum class Drop : std::uint8_t { too_large, qos0, queue_full, expired };
  void drop(Session& session, const mqtt::Message& message, Drop why);
  void note_sent(const Session& session, const mqtt::Message& message, mqtt::QoS qos, Now now) {
    if (observation_.looks_at(message, now)) [[unlikely]]
      observation_.sent(session, message, qos, now);
  }

  const Config& config_;
  Output& output_;
  Metrics& metrics_;
  Observation& observation_;
  bool upgrades_qos_;  ///< in some zone
  Diversion* diversion_ = nullptr;
};

}  // namespace meshmq::broker
