#pragma once
// EMQ X's delayed publish: `$delayed/<when>/<topic>`.

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace meshmq::topic {

struct DelayedTopic {
  std::string_view topic;  ///< where it is published when it is time; borrows
  WallMillis due = 0;
};

/// Farther away nothing may be, in seconds.
inline constexpr WallMillis delay_s_max = 4'294'967;

/// Hot path: most topics do not.
inline bool is_delayed(std::string_view topic) {
  return topic.starts_with("$delayed/");
}
/// `when` below delay_s_max counts seconds from now, else it is a time in seconds since 1970, which may be
/// over. Nothing if it is neither or too far away, or what follows is no topic or delayed itself.
std::optional<DelayedTopic> parse_delayed(std::string_view topic, WallMillis now);

/// Where it goes in the end, whatever `when` is: what rules are asked about.
std::string_view final_topic(std::string_view topic);

}  // namespace meshmq::topic
