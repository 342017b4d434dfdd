#include <fmt/format.h>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine alarm_usage[] = {
    {"alarms list", "List alarms that last and those that are over"},
    {"alarms list activated", "List alarms that last"},
    {"alarms list deactivated", "List alarms that are over"},
    {"alarms deactivate <Name>", "End an alarm"},
    {"alarms clear", "Forget alarms that are over"},
};

std::string line_of(const node::Alarm& alarm) {
  const std::string end =
      alarm.active() ? "" : fmt::format("deactivated_at={}, ", format_datetime(alarm.deactivated_at));
  return fmt::format("Alarm({}, activated={}, activated_at={}, {}message={})\n", alarm.name, alarm.active(),
                     format_datetime(alarm.activated_at), end, alarm.message);
}

void list(const Desk& desk, const Call& call, bool active, bool over) {
  std::vector<node::Alarm> alarms;
  if (active) alarms = desk.control.alarms().active();
  if (over) {
    for (node::Alarm& alarm : desk.control.alarms().over()) alarms.push_back(std::move(alarm));
  }
  std::string text;
  for (const node::Alarm& alarm : alarms) text += line_of(alarm);
  call.answer(text, Json::array(alarms, [](const node::Alarm& alarm) { return alarm.json(); }));
}

bool run_alarm(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list(desk, call, true, true);
  } else if (call.is("list", 1) && (call.words[1] == "activated" || call.words[1] == "deactivated")) {
    list(desk, call, call.words[1] == "activated", call.words[1] == "deactivated");
  } else if (call.is("deactivate", 1)) {
    if (!desk.control.alarms().deactivate(call.words[1], call.now)) {
      call.refuse("There is no alarm " + call.words[1] + " that lasts.");
    } else {
      call.answer("ok\n", Json("ok"));
    }
  } else if (call.is("clear", 0)) {
    const std::size_t count = desk.control.alarms().clear();
    call.answer(fmt::format("Cleared {} alarms\n", count), Json::object({{"cleared", count}}));
  } else {
    return false;
  }
  return true;
}

constexpr Command alarm_rows[] = {{"alarms", alarm_usage, run_alarm}};

}  // namespace

std::span<const Command> alarm_commands() {
  return alarm_rows;
}

}  // namespace meshmq::admin
