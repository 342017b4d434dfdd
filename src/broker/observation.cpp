#include "broker/observation.hpp"

namespace meshmq::broker {

void Observation::sent(const Session& session, const mqtt::Message& message, mqtt::QoS qos, Now now) {
  if (topics.any()) topics.out(message.topic(), qos);
  if (tracing.on()) {
    tracing.write(LogLevel::debug, about(session, message.topic()),
                  "PUBLISH sent: qos={}, retain={}, {} bytes, published by '{}'", static_cast<int>(qos),
                  message.retain(), message.payload().size(), message.publisher());
  }
  const bool counts_now = slow.settings().kind == SlowKind::internal ||
                          (slow.settings().kind == SlowKind::whole && qos == mqtt::QoS::at_most_once);
  if (counts_now) note_late(session, message, now.wall - message.created_at(), now);
}

void Observation::queued(const Session& session, const mqtt::Message& message) {
  if (!tracing.on()) return;
  tracing.write(
      LogLevel::debug, about(session, message.topic()), "PUBLISH waits: {}",
      session.online ? "the window (zone.*.max_inflight) or the connection is full" : "the client is away");
}

void Observation::lost(const Session& session, const mqtt::Message& message, std::string_view why) {
  if (!tracing.on()) return;
  tracing.write(LogLevel::info, about(session, message.topic()), "PUBLISH dropped: {}", why);
}

void Observation::acknowledged(const Session& session, const mqtt::Message& message, TimePoint sent_at,
                               Now now) {
  if (tracing.on()) {
    tracing.write(LogLevel::debug, about(session, message.topic()), "PUBLISH acknowledged after {} ms",
                  (now.mono - sent_at).count());
  }
  const SlowKind kind = slow.settings().kind;
  if (kind == SlowKind::whole) note_late(session, message, now.wall - message.created_at(), now);
  if (kind == SlowKind::response) note_late(session, message, (now.mono - sent_at).count(), now);
}

void Observation::note_late(const Session& session, const mqtt::Message& message, std::int64_t latency_ms,
                            Now now) {
  // What waited for a client that was away, or was retained, says nothing about how fast it is.
  if (latency_ms < slow_after_ || message.created_at() < session.connected_at) return;
  slow.add(session.client_id, message.topic(), latency_ms, now);
}

}  // namespace meshmq::broker
