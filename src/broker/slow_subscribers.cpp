#include "broker/slow_subscribers.hpp"

#include <algorithm>

namespace meshmq::broker {

void SlowSubscribers::add(std::string_view client_id, std::string_view topic, std::int64_t latency_ms,
                          Now now) {
  const auto known = std::find_if(slowest_.begin(), slowest_.end(), [&](const SlowSubscriber& slow) {
    return slow.client_id == client_id && slow.topic == topic;
  });
  if (known != slowest_.end()) {
    known->latency_ms = latency_ms;
    known->at = now.wall;
    return;
  }
  SlowSubscriber slow{std::string(client_id), std::string(topic), latency_ms, now.wall};
  if (slowest_.size() < settings_.top_k) return slowest_.push_back(std::move(slow));
  const auto quickest = std::min_element(slowest_.begin(), slowest_.end(), [](const auto& a, const auto& b) {
    return a.latency_ms < b.latency_ms;
  });
  if (quickest != slowest_.end() && quickest->latency_ms < latency_ms) *quickest = std::move(slow);
}

void SlowSubscribers::reconfigure(const SlowSettings& settings) {
  if (settings == settings_) return;
  // Times of another kind do not compare.
  if (!settings.on || settings.kind != settings_.kind || settings.top_k < slowest_.size()) slowest_.clear();
  settings_ = settings;
}

void SlowSubscribers::expire(Now now) {
  std::erase_if(slowest_, [&](const SlowSubscriber& slow) {
    return slow.at + settings_.expire_interval.count() <= now.wall;
  });
}

}  // namespace meshmq::broker
