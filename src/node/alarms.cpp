#include "node/alarms.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "broker/system_topic.hpp"

namespace meshmq::node {

namespace {

constexpr std::uint8_t content_type = 0x03;  // [MQTT5 3.3.2.3.9]

}  // namespace

Json Alarm::json() const {
  return Json::object({{"activate_at", activated_at * 1000},
                       {"activated", active()},
                       {"deactivate_at", active() ? Json("infinity") : Json(deactivated_at * 1000)},
                       {"details", details},
                       {"message", message},
                       {"name", name}});
}

bool Alarms::activate(std::string_view name, Json details, std::string_view message, Now now) {
  if (const auto it = active_.find(name); it != active_.end()) {
    it->second.details = std::move(details);
    it->second.message = message;
    return false;
  }
  const Alarm alarm{std::string(name), std::move(details), std::string(message), now.wall};
  active_.emplace(name, alarm);
  if (settings_.log) log_.warning("Alarm {} is activated, {}", name, message);
  if (settings_.publish) say("activate", alarm, now);
  return true;
}

bool Alarms::deactivate(std::string_view name, Now now) {
  const auto it = active_.find(name);
  if (it == active_.end()) return false;
  Alarm alarm = std::move(it->second);
  active_.erase(it);
  alarm.deactivated_at = now.wall;
  if (settings_.log) log_.warning("Alarm {} is deactivated", name);
  // As EMQ X says it: what it was about stands in the history only.
  if (settings_.publish)
    say("deactivate", {alarm.name, "no_details", alarm.name, alarm.activated_at, alarm.deactivated_at}, now);
  over_.push_back(std::move(alarm));
  if (settings_.size_limit != 0 && over_.size() > settings_.size_limit) over_.pop_front();
  return true;
}

void Alarms::set(std::string_view name, const std::string& text, Now now) {
  if (text.empty()) {
    deactivate(name, now);
  } else {
    activate(name, Json::object({{"occurred", text}}), text, now);
  }
}

std::size_t Alarms::clear() {
  const std::size_t count = over_.size();
  over_.clear();
  return count;
}

void Alarms::tick(Now now) {
  while (!over_.empty() && over_.front().deactivated_at + settings_.validity_period.count() <= now.wall) {
    over_.pop_front();
  }
}

std::vector<Alarm> Alarms::active() const {
  std::vector<Alarm> result;
  for (const auto& [name, alarm] : active_) result.push_back(alarm);
  return result;
}

void Alarms::say(std::string_view what, const Alarm& alarm, Now now) const {
  std::string properties;
  ByteWriter w(properties);
  w.u8(content_type);
  w.bytes16("application/json");
  publish_(mqtt::Message::make({.topic = broker::system_topic(node_, "alarms/" + std::string(what)),
                                .payload = alarm.json().text(),
                                .properties = properties,
                                .created_at = now.wall}),
           now);
}

}  // namespace meshmq::node
