#pragma once
// What passes through topics that operators want counted one by one (EMQ X's module topic_metrics).

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// In the order of EMQ X's names: messages.in, .out, .dropped, then .qos<n>.in and .out.
inline constexpr std::size_t topic_counters = 9;
inline constexpr std::size_t topic_in = 0;
inline constexpr std::size_t topic_out = 1;
inline constexpr std::size_t topic_dropped = 2;
inline constexpr std::size_t topic_qos_in = 3;  ///< + 2 * QoS; out is the one behind it

struct TopicCounts {
  std::string topic{};
  std::array<std::uint64_t, topic_counters> counts{};
  std::array<double, topic_counters> rates{};  ///< per second, of the last second
};

using WatchedTopics = std::shared_ptr<const std::vector<std::string>>;

/// Counters of one worker. Nobody pays who has not registered a topic: callers look at any() first. Thread
/// rule: one owner.
class TopicMetrics {
 public:
  bool any() const { return !topics_.empty(); }
  /// What was counted already goes on.
  void set(const std::vector<std::string>& topics);

  void in(std::string_view topic, mqtt::QoS qos) { count(topic, topic_in, qos); }
  void out(std::string_view topic, mqtt::QoS qos) { count(topic, topic_out, qos); }
  /// Nobody was subscribed, or its time was over.
  void dropped(std::string_view topic);

  /// Call now and then: rates are those between two calls that lie a second apart.
  void tick(Now now);
  /// By topic.
  std::vector<TopicCounts> report() const;

 private:
  struct Entry {
    TopicCounts counts;
    std::array<std::uint64_t, topic_counters> before{};
  };
  void count(std::string_view topic, std::size_t which, mqtt::QoS qos);

  std::map<std::string, Entry, std::less<>> topics_;
  TimePoint rated_at_{};
};

}  // namespace meshmq::broker
