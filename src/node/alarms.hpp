#pragma once
// What an operator should know and do something about, for as long as it lasts and a while after.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

struct AlarmSettings {
  bool log = true;                                    ///< alarm.actions
  bool publish = true;                                ///< alarm.actions: below $SYS/brokers/<node>/alarms
  std::size_t size_limit = 1000;                      ///< alarm.size_limit: of those that are over
  Duration validity_period = std::chrono::hours(24);  ///< alarm.validity_period: how long those are kept
};

struct Alarm {
  std::string name;
  Json details;         ///< an object
  std::string message;  ///< for people
  WallMillis activated_at = 0;
  WallMillis deactivated_at = 0;  ///< 0: it lasts

  bool active() const { return deactivated_at == 0; }
  /// As EMQ X 4.3 has it, times in microseconds.
  Json json() const;
};

/// The alarms of this node. An alarm has a name, and lasts from activate() to deactivate(); what is raised
/// again while it lasts is the same alarm, in newer words. Thread rule: one owner, the control thread.
class Alarms {
 public:
  /// Given to the whole cluster as what the broker says of itself.
  using Publish = std::function<void(const mqtt::MessagePtr&, Now)>;

  Alarms(std::string node, const AlarmSettings& settings, Logger log, Publish publish)
      : node_(std::move(node)), settings_(settings), log_(log), publish_(std::move(publish)) {}

  void reconfigure(const AlarmSettings& settings) { settings_ = settings; }

  /// False: it lasts already, and nobody is told.
  bool activate(std::string_view name, Json details, std::string_view message, Now now);
  /// False: there is none.
  bool deactivate(std::string_view name, Now now);
  /// Lasts while `text` is not empty.
  void set(std::string_view name, const std::string& text, Now now);
  /// Forgets those that are over; returns how many.
  std::size_t clear();
  /// Forgets those that have been over for too long.
  void tick(Now now);

  bool is_active(std::string_view name) const { return active_.find(name) != active_.end(); }
  /// By name.
  std::vector<Alarm> active() const;
  /// The oldest first.
  std::vector<Alarm> over() const { return {over_.begin(), over_.end()}; }

 private:
  void say(std::string_view what, const Alarm& alarm, Now now) const;

  const std::string node_;
  AlarmSettings settings_;
  const Logger log_;
  const Publish publish_;
  std::map<std::string, Alarm, std::less<>> active_;
  std::deque<Alarm> over_;
};

}  // namespace meshmq::node
