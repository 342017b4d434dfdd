#include "broker/topic_metrics.hpp"

#include <algorithm>

namespace meshmq::broker {

void TopicMetrics::set(const std::vector<std::string>& topics) {
  std::erase_if(topics_, [&](const auto& item) {
    return std::find(topics.begin(), topics.end(), item.first) == topics.end();
  });
  for (const std::string& topic : topics) topics_[topic].counts.topic = topic;
}

void TopicMetrics::count(std::string_view topic, std::size_t which, mqtt::QoS qos) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  auto& counts = found->second.counts.counts;
  ++counts[which];
  ++counts[topic_qos_in + 2 * static_cast<std::size_t>(qos) + (which == topic_out ? 1 : 0)];
}

void TopicMetrics::dropped(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) ++found->second.counts.counts[topic_dropped];
}

void TopicMetrics::tick(Now now) {
  constexpr Duration interval = std::chrono::seconds(1);
  if (topics_.empty() || rated_at_ == TimePoint{}) {
    rated_at_ = topics_.empty() ? TimePoint{} : now.mono;
    return;
  }
  const Duration passed = now.mono - rated_at_;
  if (passed < interval) return;
  rated_at_ = now.mono;
  for (auto& [topic, entry] : topics_) {
    for (std::size_t i = 0; i < topic_counters; ++i) {
      const std::uint64_t more = entry.counts.counts[i] - entry.before[i];
      entry.counts.rates[i] = static_cast<double>(more) * 1000 / static_cast<double>(passed.count());
    }
    entry.before = entry.counts.counts;
  }
}

std::vector<TopicCounts> TopicMetrics::report() const {
  std::vector<TopicCounts> result;
  for (const auto& [topic, entry] : topics_) result.push_back(entry.counts);
  return result;
}

}  // namespace meshmq::broker
