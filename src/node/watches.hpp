#pragma once
// What operators watch, on all nodes alike: traces of clients, topics and addresses; topics that are counted.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "broker/topic_metrics.hpp"
#include "broker/tracing.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"
#include "node/shared_writer.hpp"
#include "node/watch_limits.hpp"

namespace meshmq::node {

/// A trace as all nodes know it.
struct TraceRow {
  broker::TraceKind kind = broker::TraceKind::client_id;
  std::string value{};
  LogLevel level = LogLevel::debug;
  WallMillis start_at = 0;
  WallMillis end_at = 0;  ///< earlier if it was stopped

  bool running(WallMillis now) const { return start_at <= now && now < end_at; }
  /// waiting, running or stopped.
  std::string_view status(WallMillis now) const;
  std::string encode() const;
  static std::optional<TraceRow> decode(std::string_view bytes);
};

/// Last-writer-wins tables that every node has: a trace begins on nodes that come back later, too, and ends
/// everywhere at its time. Thread rule: one owner.
class Watches {
 public:
  /// `limits` may change, and must outlive it.
  Watches(const WatchLimits& limits, SharedTables& shared, SharedWriter& writer);
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  // --- traces
  /// `duration` 0: trace.duration. Fails with what an operator is told.
  Result<void> start(std::string_view name, TraceRow row, Duration duration, Now now);
  /// False: there is none that runs.
  bool stop(std::string_view name, Now now);
  bool remove(std::string_view name, Now now);
  std::optional<TraceRow> find(std::string_view name) const;
  /// By name.
  std::vector<std::pair<std::string, TraceRow>> traces() const;
  std::vector<std::string> names() const;

  // --- topics
  /// Fails with what an operator is told.
  Result<void> count_topic(std::string_view topic, Now now);
  bool count_no_more(std::string_view topic, Now now);
  /// With the time since when.
  std::vector<std::pair<std::string, WallMillis>> counted_topics() const;

  // --- what workers are to know
  /// Whether it has changed since the last call.
  bool changed(Now now);
  broker::TracesPtr running(Now now) const;
  broker::WatchedTopics topics() const;

 private:
  const WatchLimits& limits_;
  SharedWriter& writer_;
  LwwRows traces_;
  LwwRows topics_;
  bool changed_ = false;
  /// When the next trace begins or ends; 0: never.
  WallMillis next_ = 0;
};

}  // namespace meshmq::node
