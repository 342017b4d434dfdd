#pragma once
// Retained messages by topic, ordered level by level so that a filter is looked up without scanning the
// world.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cluster/shared_rows.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

/// Orders topics level by level: '/' sorts before every other byte, so all topics below a level are
/// neighbours.
struct TopicOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// [MQTT-3.3.1-5] One message per topic, the newest in the cluster. Deleted topics stay as tombstones for
/// LwwRows::tombstone_keep, so that a node that was away cannot bring them back. Thread rule: one owner.
/// Worked example, filter `a/+/c`: seek `a/`, read the next level `x`, look up `a/x/c`, seek behind
/// everything that begins with `a/x`, and so on: the cost is the number of distinct second levels, not of
/// topics.
class RetainedStore final : public cluster::SharedRows {
 public:
  /// `lifetime` of messages whose publisher has not given one; 0: no end.
  explicit RetainedStore(Duration lifetime = {}) : lifetime_(lifetime) {}

  /// Stores, or deletes if the payload is empty [MQTT-3.3.1-6], unless what is there is newer. Returns true
  /// if it did.
  bool store(const mqtt::MessagePtr& message, cluster::RowStamp stamp);
  /// The message of exactly this topic, or nullptr.
  mqtt::MessagePtr find(std::string_view topic) const;
  /// Live messages whose topic matches, in order of topics.
  std::vector<mqtt::MessagePtr> match(std::string_view filter, WallMillis now) const;
  /// Messages, without tombstones.
  std::size_t size() const { return live_; }

  // --- cluster::SharedRows; the value is Message::encode(), empty for a tombstone
  bool apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) override;
  const cluster::BucketDigests& digests() const override { return digests_; }
  void for_each(const cluster::BucketSet& buckets, const Visit& visit) const override;
  /// Looks only at what is over.
  void expire(WallMillis now, const Forgotten& forgotten) override;

 private:
  struct Row {
    cluster::RowStamp stamp;
    mqtt::MessagePtr message;  ///< nullptr: a tombstone
  };
  using Messages = std::map<std::string, Row, TopicOrder>;

  /// Nothing for messages that stay.
  std::optional<WallMillis> end_of(const Row& row) const;
  bool put(std::string_view topic, cluster::RowStamp stamp, mqtt::MessagePtr message);

  void collect(std::string& prefix, std::string_view filter,
               std::vector<Messages::const_iterator>& found) const;
  void collect_below(const std::string& prefix, std::vector<Messages::const_iterator>& found) const;
  std::vector<Messages::const_iterator> lookup(std::string_view filter) const;

  Duration lifetime_;
  Messages messages_;
  /// Of all rows that have an end; the topic is the key in messages_.
  std::set<std::pair<WallMillis, std::string_view>> ends_;
  std::size_t live_ = 0;
  cluster::BucketDigests digests_{};
};

}  // namespace meshmq::node
