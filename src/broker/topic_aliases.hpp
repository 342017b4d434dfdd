#pragma once
// Short names that a client gave to topics it publishes to ([MQTT5 3.3.2.3.4]).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace meshmq::broker {

/// Lives as long as its connection. Limits: Config::topic_alias_max aliases (mqtt.max_topic_alias), checked
/// by the caller, and `bytes_max` bytes of topics.
class TopicAliases {
 public:
  /// Makes or replaces. False if the topics would take more than `bytes_max`.
  [[nodiscard]] bool set(std::uint16_t alias, std::string_view topic, std::size_t bytes_max) {
    std::string& known = topics_[alias];
    const std::size_t bytes = bytes_ - known.size() + topic.size();
    if (bytes > bytes_max) return false;
    bytes_ = bytes;
    known.assign(topic);
    return true;
  }
  /// Empty if nobody set it.
  std::string_view find(std::uint16_t alias) const {
    const auto it = topics_.find(alias);
    return it == topics_.end() ? std::string_view() : std::string_view(it->second);
  }

 private:
  std::unordered_map<std::uint16_t, std::string> topics_;
  std::size_t bytes_ = 0;
};

}  // namespace meshmq::broker
