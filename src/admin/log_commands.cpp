// `log`: levels and handlers at run time.

#include <fmt/format.h>

#include <algorithm>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine log_usage[] = {
    {"log set-level <Level>", "Set the overall log level"},
    {"log primary-level", "Show the primary log level now"},
    {"log primary-level <Level>", "Set the primary log level"},
    {"log handlers list", "Show log handlers"},
    {"log handlers start <HandlerId>", "Start a log handler"},
    {"log handlers stop  <HandlerId>", "Stop a log handler"},
    {"log handlers set-level <HandlerId> <Level>", "Set log level of a log handler"},
};

std::optional<LogLevel> level_of(const Call& call, const std::string& word, std::string_view what) {
  const auto level = log_level_of(word);
  if (!level) {
    call.refuse(
        fmt::format("[error] {}{} is none of debug, info, notice, warning, error, critical", what, word));
  }
  return level;
}

void answer_level(const Call& call, LogLevel level) {
  call.answer(fmt::format("{}\n", to_string(level)), Json::object({{"level", to_string(level)}}));
}

void set_overall(Desk& desk, const Call& call) {
  const auto level = level_of(call, call.words[1], "set overall log level failed: ");
  if (!level) return;
  desk.host.set_log_level(*level);
  answer_level(call, *level);
}

void set_primary(Desk& desk, const Call& call) {
  const auto level = level_of(call, call.words[1], "");
  if (!level) return;
  desk.host.records().set_primary_level(*level);
  answer_level(call, *level);
}

Json json_of(const LogHandler& handler) {
  return Json::object({{"id", handler.id},
                       {"level", to_string(handler.level)},
                       {"destination", handler.destination},
                       {"status", handler.started ? "started" : "stopped"}});
}

void list_handlers(Desk& desk, const Call& call) {
  const auto handlers = desk.host.records().log_handlers();
  std::string text;
  for (const LogHandler& handler : handlers) {
    text +=
        fmt::format("LogHandler(id={}, level={}, destination={}, status={})\n", handler.id,
                    to_string(handler.level), handler.destination, handler.started ? "started" : "stopped");
  }
  call.answer(text, Json::array(handlers, json_of));
}

void start_handler(Desk& desk, const Call& call, bool start) {
  const std::string& id = call.words[2];
  if (!desk.host.records().start_handler(id, start)) {
    return call.refuse(fmt::format("[error] failed to {} log handler {}: there is none of this name",
                                   start ? "start" : "stop", id));
  }
  call.answer(fmt::format("log handler {} {}\n", id, start ? "started" : "stopped"), Json("ok"));
}

void set_handler_level(Desk& desk, const Call& call) {
  const auto level = level_of(call, call.words[3], "");
  if (!level) return;
  if (!desk.host.records().set_handler_level(call.words[2], *level))
    return call.refuse("[error] there is no log handler " + call.words[2]);
  answer_level(call, *level);
}

bool run_log(Desk& desk, const Call& call) {
  if (call.is("set-level", 1)) {
    set_overall(desk, call);
  } else if (call.is("primary-level", 0)) {
    answer_level(call, desk.host.log_level());
  } else if (call.is("primary-level", 1)) {
    set_primary(desk, call);
  } else if (call.is("handlers", 1) && call.words[1] == "list") {
    list_handlers(desk, call);
  } else if (call.is("handlers", 2) && (call.words[1] == "start" || call.words[1] == "stop")) {
    start_handler(desk, call, call.words[1] == "start");
  } else if (call.is("handlers", 3) && call.words[1] == "set-level") {
    set_handler_level(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command log_rows[] = {{"log", log_usage, run_log}};

}  // namespace

std::span<const Command> log_commands() {
  return log_rows;
}

}  // namespace meshmq::admin
