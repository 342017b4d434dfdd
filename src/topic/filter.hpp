#pragma once
// Topic names and filters: what is valid and what matches ([MQTT5 4.7]).

#include <cstddef>
#include <optional>
#include <string_view>

namespace meshmq::topic {

/// [MQTT-4.7.1-1], [MQTT-4.7.3-1..3] A name to publish to: 1..65535 bytes of UTF-8, no wildcard, no NUL.
bool is_valid_name(std::string_view name);
/// [MQTT-4.7.1-2], [MQTT-4.7.1-3] A filter to subscribe with. Shared filters are split off before.
bool is_valid_filter(std::string_view filter);
/// True if the filter contains a whole-level `+` or `#`.
bool has_wildcard(std::string_view filter);
/// [MQTT-4.7.2-1] `$...` names are matched by no filter that starts with a wildcard. Both must be valid.
bool matches(std::string_view filter, std::string_view name);
/// Number of levels: separators + 1.
std::size_t level_count(std::string_view topic);
/// mqtt.max_topic_levels. Hot path: short texts need not be counted. `max` 0: no limit.
inline bool has_more_levels(std::string_view topic, std::size_t max) {
  return max != 0 && topic.size() >= max && level_count(topic) > max;
}
/// [MQTT5 1.5.4] Well-formed UTF-8 without surrogates and NUL.
bool is_valid_utf8(std::string_view text);

}  // namespace meshmq::topic
