#pragma once
// Which topics leave a session's queue before others: zone.*.mqueue_priorities.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"

namespace meshmq::broker {

/// Topics, not filters, with priorities from 0 to 255; the higher one first. Nearly always empty.
class QueuePriorities {
 public:
  /// zone.*.mqueue_default_priority of topics that are not named.
  static constexpr std::uint16_t lowest = 0;
  static constexpr std::uint16_t highest = 256;

  void set(std::string topic, std::uint8_t priority) { topics_[std::move(topic)] = priority; }
  void set_default(std::uint16_t priority) { default_ = priority; }
  bool empty() const { return topics_.empty(); }
  std::uint16_t of(std::string_view topic) const {
    if (topics_.empty()) return lowest;
    const auto it = topics_.find(topic);
    return it == topics_.end() ? default_ : it->second;
  }

 private:
  std::unordered_map<std::string, std::uint16_t, StringHash, std::equal_to<>> topics_;
  std::uint16_t default_ = lowest;
};

}  // namespace meshmq::broker
