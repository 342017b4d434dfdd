#include "topic/delayed_topic.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "topic/filter.hpp"

namespace meshmq::topic {

std::optional<DelayedTopic> parse_delayed(std::string_view topic, WallMillis now) {
  if (!is_delayed(topic)) return std::nullopt;
  topic.remove_prefix(topic.find('/') + 1);
  std::uint32_t when = 0;
  const auto [end, error] = std::from_chars(topic.data(), topic.data() + topic.size(), when);
  const auto digits = static_cast<std::size_t>(end - topic.data());
  if (error != std::errc() || digits >= topic.size() || topic[digits] != '/') return std::nullopt;
  topic.remove_prefix(digits + 1);
  if (!is_valid_name(topic) || is_delayed(topic)) return std::nullopt;
  const WallMillis time = WallMillis{when} * 1000;
  if (when < delay_s_max) return DelayedTopic{topic, now + time};
  if (time > now + delay_s_max * 1000) return std::nullopt;
  return DelayedTopic{topic, time};
}

std::string_view final_topic(std::string_view topic) {
  if (!is_delayed(topic)) return topic;
  const std::size_t slash = topic.find('/', topic.find('/') + 1);
  return slash == std::string_view::npos ? topic : topic.substr(slash + 1);
}

}  // namespace meshmq::topic
