#pragma once
// Alarms about the machine that the node runs on.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "admin/host.hpp"
#include "base/time.hpp"
#include "node/alarms.hpp"

namespace meshmq::admin {

struct OsMonitorSettings {
  Duration cpu_check_interval = std::chrono::seconds(60);  ///< os_mon.cpu_check_interval
  unsigned cpu_high_watermark = 80;                        ///< os_mon.cpu_high_watermark, percent
  unsigned cpu_low_watermark = 60;                         ///< os_mon.cpu_low_watermark
  Duration mem_check_interval = std::chrono::seconds(60);  ///< os_mon.mem_check_interval
  unsigned sysmem_high_watermark = 70;                     ///< os_mon.sysmem_high_watermark
  unsigned procmem_high_watermark = 60;                    ///< os_mon.process_memory_high_watermark
  unsigned fd_high_watermark = 80;                         ///< os_mon.fd_high_watermark
  unsigned listener_high_watermark = 95;                   ///< os_mon.listener_high_watermark
};

/// `high_cpu_usage` from above the high watermark until below the low one; `high_system_memory_usage` above
/// its watermark, and so `high_process_memory_usage`, `too_many_descriptors` and `listener_full/<id>`, looked
/// at together with the memory. What the machine does not tell raises nothing. Thread rule: one owner, the
/// control thread.
class OsMonitor {
 public:
  /// Both must outlive it.
  OsMonitor(const Host& host, node::Alarms& alarms, const OsMonitorSettings& settings)
      : host_(host), alarms_(alarms), settings_(settings) {}

  /// Others, from the next look on.
  void reconfigure(const OsMonitorSettings& settings) { settings_ = settings; }
  /// Call at least every second.
  void tick(Now now);

 private:
  void check_cpu(const SystemLoad& load, Now now);
  void check_memory(const SystemLoad& load, Now now);
  void check_process(const SystemLoad& load, Now now);
  void check_listeners(Now now);
  /// `part` of `whole` against a watermark in percent; 0 of either is not known.
  void check(const std::string& alarm, std::string_view what, std::uint64_t part, std::uint64_t whole,
             unsigned watermark, Now now);

  const Host& host_;
  node::Alarms& alarms_;
  OsMonitorSettings settings_;
  std::set<std::string> full_listeners_;  ///< alarms that last
  std::optional<SystemLoad> last_;        ///< when the processors were looked at
  TimePoint next_cpu_{};
  TimePoint next_memory_{};
};

}  // namespace meshmq::admin
