#include "admin/sys_topics.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "admin/formats.hpp"
#include "admin/metrics.hpp"
#include "broker/system_topic.hpp"
#include "mqtt/message.hpp"

namespace meshmq::admin {

SysTopics::SysTopics(Desk& desk, SysIntervals intervals)
    : desk_(desk),
      intervals_(intervals),
      next_interval_(desk.started.mono + intervals.interval),
      next_heartbeat_(desk.started.mono + intervals.heartbeat) {}

void SysTopics::tick(Now now) {
  const bool interval_over = next_interval_ <= now.mono;
  if (!std::exchange(introduced_, true) || interval_over) say_who_is_there(now);
  if (interval_over) {
    next_interval_ = now.mono + intervals_.interval;
    say_counters(now);
  }
  if (next_heartbeat_ <= now.mono) {
    next_heartbeat_ = now.mono + intervals_.heartbeat;
    say_heartbeat(now);
  }
}

void SysTopics::say(const std::string& topic, std::string_view payload, bool retain, Now now) {
  desk_.control.publish_system(
      mqtt::Message::make({.topic = topic, .payload = payload, .retain = retain, .created_at = now.wall}),
      now);
}

void SysTopics::say_who_is_there(Now now) {
  say(broker::system_topic(desk_.name, "version"), desk_.host.version(), true, now);
  say(broker::system_topic(desk_.name, "sysdescr"), description, true, now);
  say("$SYS/brokers", fmt::format("{}", fmt::join(desk_.control.status().running_nodes, ",")), true, now);
}

void SysTopics::say_heartbeat(Now now) {
  const std::string uptime = format_uptime(now.mono - desk_.started.mono);
  say(broker::system_topic(desk_.name, "uptime"), uptime, false, now);
  say(broker::system_topic(desk_.name, "datetime"), format_datetime(now.wall), false, now);
}

void SysTopics::say_counters(Now now) {
  desk_.query(node::QueryKind::stats, {}, now, [this, now](const std::vector<node::QueryReply>& replies) {
    for (const auto& [name, value] : stats_of(desk_, replies)) {
      say(broker::system_topic(desk_.name, "stats/" + name), std::to_string(value), false, now);
    }
    for (const auto& [name, value] : metrics_of(replies)) {
      std::string levels = "metrics/" + name;
      std::replace(levels.begin(), levels.end(), '.', '/');
      say(broker::system_topic(desk_.name, levels), std::to_string(value), false, now);
    }
  });
}

}  // namespace meshmq::admin
