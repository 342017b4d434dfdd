#pragma once
// What the broker knows about one client id, connected or not.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "broker/awaiting_rel.hpp"
#include "broker/config.hpp"
#include "broker/inflight.hpp"
#include "broker/message_queue.hpp"
#include "broker/moving.hpp"
#include "broker/ports.hpp"
#include "broker/topic_view.hpp"
#include "broker/traffic.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

class SubscriberList;
struct SharedGroup;

/// A session's side of a subscription; the filter's list holds the other.
struct SubscriptionRef {
  SubscriberList* list = nullptr;
  std::uint32_t index = 0;  ///< in the list
};

/// A session's side of its membership in a shared group.
struct SharedRef {
  SharedGroup* group = nullptr;
  std::uint32_t index = 0;  ///< in the group's list
};

/// [MQTT-3.1.2-8] What is published if the client goes without a word.
struct PendingWill {
  mqtt::MessagePtr message;
  std::uint32_t delay_s = 0;
};

inline constexpr std::uint32_t expiry_never = 0xFFFFFFFF;

/// [MQTT5 4.1] Session state: subscriptions, what is in flight both ways, what waits. Made by CONNECT; dies
/// with its connection (expiry 0), when its expiry has passed, by CONNECT with clean start, or by an
/// operator. Owned by the SessionRegistry. The first 64 bytes are what the fan-out reads of every
/// subscriber, the next what each packet counts: keep them together.
struct Session {
  Inflight inflight;
  /// Absent as long as nothing has had to wait; trim() gives its memory back.
  std::unique_ptr<MessageQueue> queue;
  ConnId conn;  ///< valid while online
  /// Position in the dispatcher's list of sessions that several filters matched. Meaningless outside of one
  /// dispatch.
  std::uint32_t merged_at = 0;
  const Config* zone = nullptr;        ///< of the last connection
  std::uint32_t packet_bytes_max = 0;  ///< [MQTT-3.1.2-24] what the client takes
  mqtt::Version version = mqtt::Version::v3_1_1;
  bool online = false;
  bool congested = false;  ///< more than Config::output_bytes_max wait for this connection
  Moving moving = Moving::none;
  std::unique_ptr<TopicView> view;  ///< of the connection; nearly always absent
  Traffic traffic;                  ///< of the connection, or of the last one that it had here
  std::string client_id;

  bool clean_start = true;
  bool bridge = false;  ///< another broker: gets retain flags as published and nothing of its own
  std::uint16_t keepalive_s = 0;
  std::uint32_t expiry_s = 0;  ///< expiry_never: no end
  std::uint64_t serial = 0;    ///< age order; ties of time are broken by it
  std::string username;
  std::string peername;  ///< of the last connection
  std::vector<SubscriptionRef> subscriptions;
  std::unique_ptr<std::vector<SharedRef>> shared;  ///< absent: member of no group
  AwaitingRel awaiting_rel;
  std::unique_ptr<PendingWill> will;
  std::unique_ptr<Arrival> arrival;  ///< set while moving is arriving, and as long as late copies may come
  /// Retained messages that a subscription asked for and the connection had no room for.
  std::unique_ptr<Ring<Outgoing>> retained_backlog;
  std::uint64_t enqueued_count = 0;
  std::uint64_t dropped_count = 0;
  WallMillis created_at = 0;
  WallMillis connected_at = 0;
  WallMillis disconnected_at = 0;
  WallMillis arrived_at = 0;  ///< from another node; 0: made here
  TimePoint detached_at{};    ///< valid while offline
  TimePoint deadline{};       ///< where the registry has filed it; TimePoint{}: nowhere

  /// [MQTT5 4.1] Of both kinds.
  std::size_t subscription_count() const { return subscriptions.size() + (shared ? shared->size() : 0); }
  bool has_waiting() const { return queue && !queue->empty(); }
  /// Gives back what a past burst needed. Called now and then.
  void trim() {
    if (!has_waiting()) queue.reset();
    inflight.trim();
    awaiting_rel.trim();
  }
  TimePoint expires_at() const { return detached_at + std::chrono::seconds(expiry_s); }
  TimePoint will_due_at() const { return detached_at + std::chrono::seconds(will->delay_s); }
};

// Allocations grow by 16 bytes.
static_assert(sizeof(Session) <= 344);

/// What waits at QoS 2 counts as got from now on, because it comes again if an older session elsewhere has it
/// too. The session has an Arrival.
void remember_waiting(Session& session);

}  // namespace meshmq::broker
