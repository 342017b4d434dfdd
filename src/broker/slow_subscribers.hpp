#pragma once
// Who gets messages late: the slowest subscribers, as EMQ X 4.4's slow_subs.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace meshmq::broker {

/// What counts as the time of a delivery; slow_subs.stats_type.
enum class SlowKind : std::uint8_t {
  whole,     ///< from the publish to the acknowledgement; to the sending at QoS 0
  internal,  ///< from the publish to the sending
  response,  ///< from the sending to the acknowledgement
};

struct SlowSettings {
  bool on = true;                                        ///< slow_subs.enable
  Duration threshold = std::chrono::milliseconds(500);   ///< slow_subs.threshold
  Duration expire_interval = std::chrono::seconds(300);  ///< slow_subs.expire_interval
  std::size_t top_k = 10;                                ///< slow_subs.top_k_num
  SlowKind kind = SlowKind::whole;                       ///< slow_subs.stats_type

  friend bool operator==(const SlowSettings&, const SlowSettings&) = default;
};

struct SlowSubscriber {
  std::string client_id{};
  std::string topic{};
  std::int64_t latency_ms = 0;  ///< of its last late delivery
  WallMillis at = 0;
};

/// The slowest of one worker. Limit: SlowSettings::top_k; what is older than its expiry goes. Thread rule:
/// one owner.
class SlowSubscribers {
 public:
  explicit SlowSubscribers(const SlowSettings& settings) : settings_(settings) {}

  const SlowSettings& settings() const { return settings_; }
  void reconfigure(const SlowSettings& settings);
  /// A delivery that took at least the threshold.
  void add(std::string_view client_id, std::string_view topic, std::int64_t latency_ms, Now now);
  void expire(Now now);
  void clear() { slowest_.clear(); }
  const std::vector<SlowSubscriber>& list() const { return slowest_; }

 private:
  SlowSettings settings_;
  std::vector<SlowSubscriber> slowest_;
};

}  // namespace meshmq::broker
