#pragma once
// Delayed publishes (EMQ X's `$delayed/<when>/<topic>`) of the whole cluster.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "mqtt/message.hpp"
#include "node/config.hpp"
#include "node/lww_rows.hpp"

namespace meshmq::node {

/// A message that waits for its time.
struct DelayedMessage {
  std::string id;  ///< 16 hexadecimal digits
  std::string node;
  WallMillis due = 0;
  mqtt::MessagePtr message;
};

/// Every node has all of them, so that they outlive the one that took them. That one publishes them; while it
/// is away the first of those that run does. So in a split every side has its own: a message comes to each
/// subscriber once. A node that goes down while it publishes may leave that to be done again. Thread rule:
/// one owner.
class Delayed {
 public:
  /// How long after its time a message of another node is left to that node.
  static constexpr Duration grace = std::chrono::seconds(3);
  /// How long a node that has started listens to the others first: they may have published already.
  static constexpr Duration meeting_time = std::chrono::seconds(5);

  /// Writes a row of rows() cluster-wide; an empty value deletes it.
  using Write = std::function<void(std::string_view key, std::string_view value, Now now)>;

  /// `config` must outlive it.
  Delayed(const Config& config, Write write, Logger log, Now started);

  LwwRows& rows() { return rows_; }

  /// False: there are as many as may be.
  bool add(const mqtt::MessagePtr& message, WallMillis due, Now now);
  /// Hands out what is due. `running_nodes` is sorted and holds this one; `alone`: there are no other
  /// members. Call now and then, at least every second.
  using Publish = std::function<void(const mqtt::MessagePtr&)>;
  void tick(const std::vector<std::string>& running_nodes, bool alone, const Publish& publish, Now now);
  /// Whether tick() may have something to do: cheap.
  bool any_due(Now now) const;

  /// In the order of their times.
  std::vector<DelayedMessage> list() const;
  /// False: there is none with this id.
  bool erase(std::string_view id, Now now);
  std::size_t size() const { return waiting_.size(); }

 private:
  const Config& config_;
  const Write write_;
  Logger log_;
  LwwRows rows_;
  std::set<std::string> waiting_;  ///< keys of live rows: time, then id
  const TimePoint started_;
};

}  // namespace meshmq::node
