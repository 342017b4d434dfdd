#pragma once
// What a node tells of itself below `$SYS/brokers`, as EMQ X 4.3 does.

#include <string>
#include <string_view>

#include "admin/desk.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

struct SysIntervals {
  Duration interval = std::chrono::minutes(1);    ///< broker.sys_interval: version, nodes, stats, metrics
  Duration heartbeat = std::chrono::seconds(30);  ///< broker.sys_heartbeat: uptime, time
};

/// Version, description and the list of nodes are retained and said at once; everything else is for who
/// listens. Routed through the whole cluster like any message. Thread rule: one owner, the control thread.
class SysTopics {
 public:
  /// `desk` must outlive it.
  SysTopics(Desk& desk, SysIntervals intervals);

  /// Others, from the next time on.
  void reconfigure(SysIntervals intervals) { intervals_ = intervals; }
  /// Call at least every second.
  void tick(Now now);

 private:
  void say(const std::string& topic, std::string_view payload, bool retain, Now now);
  void say_who_is_there(Now now);
  void say_heartbeat(Now now);
  void say_counters(Now now);

  Desk& desk_;
  SysIntervals intervals_;
  TimePoint next_interval_;
  TimePoint next_heartbeat_;
  bool introduced_ = false;
};

}  // namespace meshmq::admin
