#pragma once
// How much operators may watch at a time.

#include <cstddef>

#include "base/time.hpp"

namespace meshmq::node {

struct WatchLimits {
  std::size_t traces_max = 30;                     ///< trace.max_traces
  Duration duration = std::chrono::minutes(10);    ///< trace.duration: if nobody says how long
  Duration duration_max = std::chrono::hours(24);  ///< trace.max_duration
  std::size_t topics_max = 512;                    ///< module.topic_metrics.max_topics

  friend bool operator==(const WatchLimits&, const WatchLimits&) = default;
};

}  // namespace meshmq::node
