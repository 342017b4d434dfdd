#include <fmt/format.h>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine delayed_usage[] = {
    {"delayed info", "Show how many messages wait for their time"},
    {"delayed list", "List messages that wait for their time"},
    {"delayed delete <Id>", "Delete one"},
};

std::string line_of(const node::DelayedMessage& waiting) {
  return fmt::format("Delayed({}, publish_at={}, topic={}, qos={}, from={}, node={})\n", waiting.id,
                     format_datetime(waiting.due), waiting.message->topic(),
                     static_cast<int>(waiting.message->qos()), waiting.message->publisher(), waiting.node);
}

Json json_of(const node::DelayedMessage& waiting) {
  return Json::object({{"from", waiting.message->publisher()},
                       {"id", waiting.id},
                       {"node", waiting.node},
                       {"publish_at", waiting.due},
                       {"qos", static_cast<int>(waiting.message->qos())},
                       {"topic", waiting.message->topic()}});
}

bool run_delayed(Desk& desk, const Call& call) {
  if (call.is("info", 0)) {
    const std::size_t count = desk.control.stats().delayed;
    call.answer(fmt::format("delayed/total: {}\n", count), Json::object({{"delayed", count}}));
  } else if (call.is("list", 0)) {
    std::string text;
    const auto all = desk.control.delayed();
    for (const node::DelayedMessage& waiting : all) text += line_of(waiting);
    call.answer(text, Json::array(all, json_of));
  } else if (call.is("delete", 1)) {
    if (!desk.control.erase_delayed(call.words[1], call.now)) {
      call.refuse("There is no delayed message " + call.words[1] + ".");
    } else {
      call.answer("ok\n", Json("ok"));
    }
  } else {
    return false;
  }
  return true;
}

constexpr Command delayed_rows[] = {{"delayed", delayed_usage, run_delayed}};

}  // namespace

std::span<const Command> delayed_commands() {
  return delayed_rows;
}

}  // namespace meshmq::admin
