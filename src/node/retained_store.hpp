#pragma once
// Retained messages by topic, ordered level by level so that a filter is looked up without scanning the
// world.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

/// Orders topics level by level: '/' sorts before every other byte, so all topics below a level are
/// neighbours.
struct TopicOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// [MQTT-3.3.1-5] One message per topic. Thread rule: one owner.
/// Worked example, filter `a/+/c`: seek `a/`, read the next level `x`, look up `a/x/c`, seek behind
/// everything that begins with `a/x`, and so on: the cost is the number of distinct second levels, not of
/// topics.
class RetainedStore {
 public:
  /// Stores, or deletes if the payload is empty [MQTT-3.3.1-6]. Returns true if the number of messages
  /// changed.
  bool store(const mqtt::MessagePtr& message);
  /// The message of exactly this topic, or nullptr.
  mqtt::MessagePtr find(std::string_view topic) const;
  /// Live messages whose topic matches, in order of topics.
  std::vector<mqtt::MessagePtr> match(std::string_view filter, WallMillis now) const;
  /// Deletes what matches; returns how many.
  std::size_t remove(std::string_view filter);
  /// Deletes what has outlived its expiry; returns how many.
  std::size_t expire(WallMillis now);
  std::size_t size() const { return messages_.size(); }

 private:
  using Messages = std::map<std::string, mqtt::MessagePtr, TopicOrder>;

  void collect(std::string& prefix, std::string_view filter,
               std::vector<Messages::const_iterator>& found) const;
  void collect_below(const std::string& prefix, std::vector<Messages::const_iterator>& found) const;
  std::vector<Messages::const_iterator> lookup(std::string_view filter) const;

  Messages messages_;
};

}  // namespace meshmq::node
