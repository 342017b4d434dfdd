#pragma once
// What operators want to know of single deliveries: traces, counted topics, slow subscribers, latencies.

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/slow_subscribers.hpp"
#include "broker/topic_metrics.hpp"
#include "broker/tracing.hpp"
#include "mqtt/message.hpp"

namespace meshmq::broker {

/// Hot path: a delivery costs one compare as long as nobody looks and nothing is late. Thread rule: one
/// owner.
class Observation {
 public:
  Observation(Logger log, const SlowSettings& slow_settings)
      : tracing(log), slow(slow_settings), slow_after_(late_after(slow_settings)) {}

  Tracing tracing;
  TopicMetrics topics;
  SlowSubscribers slow;
  /// From the publish to the sending, for clients that were connected all the time.
  Histogram delivery;

  void watch(TracesPtr traces, const std::vector<std::string>& watched_topics) {
    tracing.set(std::move(traces));
    topics.set(watched_topics);
    watching_ = tracing.on() || topics.any();
  }
  bool watching() const { return watching_; }
  void reconfigure(const SlowSettings& slow_settings) {
    slow.reconfigure(slow_settings);
    slow_after_ = late_after(slow_settings);
  }

  /// Hot path: whether sent() has anything to do.
  bool looks_at(const mqtt::Message& message, Now now) const {
    return watching_ || now.wall - message.created_at() >= slow_after_;
  }
  void sent(const Session& session, const mqtt::Message& message, mqtt::QoS qos, Now now);
  /// Instead of sent(): it waits behind others.
  void queued(const Session& session, const mqtt::Message& message);
  /// `why` names the key that matters.
  void lost(const Session& session, const mqtt::Message& message, std::string_view why);
  /// The client has it: PUBACK or PUBREC. Hot path as sent(), asks looks_at() itself.
  void acknowledged(const Session& session, const mqtt::Message& message, TimePoint sent_at, Now now);

  /// Of many clients at once; what was published before they came is none of their time.
  void count(const mqtt::Message& message, std::uint64_t sent_count, Now now) {
    if (sent_count != 0) delivery.add_ms(now.wall - message.created_at(), sent_count);
  }
  void tick(Now now) {
    topics.tick(now);
    slow.expire(now);
  }

 private:
  static std::int64_t late_after(const SlowSettings& settings) {
    return settings.on ? settings.threshold.count() : std::numeric_limits<std::int64_t>::max();
  }
  void note_late(const Session& session, const mqtt::Message& message, std::int64_t latency_ms, Now now);

  std::int64_t slow_after_;
  bool watching_ = false;
};

}  // namespace meshmq::broker
