#include "admin/command_table.hpp"

#include <utility>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr auto groups = {broker_commands,   cluster_commands, client_commands, route_commands,
                         listener_commands, access_commands,  user_commands,   account_commands,
                         alarm_commands,    delayed_commands, conf_commands,   data_commands,
                         log_commands,      trace_commands,   watch_commands,  module_commands};

const Command* find(std::string_view name) {
  for (const auto group : groups) {
    for (const Command& command : group()) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

std::string usage_of_all() {
  std::string text = "Usage: meshmq_ctl\n";
  for (const auto group : groups) {
    for (const Command& command : group()) text += std::string(110, '-') + "\n" + format_usage(command.usage);
  }
  return text;
}

}  // namespace

std::vector<CommandUsage> all_commands() {
  std::vector<CommandUsage> result;
  for (const auto group : groups) {
    for (const Command& command : group()) result.push_back({command.name, command.usage});
  }
  return result;
}

void CommandTable::run(const std::vector<std::string>& words, RunOptions options, Now now, Done done) {
  if (words.empty() || words == std::vector<std::string>{"help"})
    return done({Outcome::done, usage_of_all()});
  const Command* command = find(words[0]);
  if (command == nullptr) return done({Outcome::usage, usage_of_all()});
  const std::uint64_t count = desk_.control.operator_writes().count();
  const auto known = [&desk = desk_, count, now, done = std::move(done)](Answer answer) {
    if (!desk.has_written_since(count)) return done(std::move(answer));
    desk.when_known(now, [answer = std::move(answer), done] { done(answer); });
  };
  const Call call{{words.begin() + 1, words.end()}, options.json, now, known};
  if (!command->run(desk_, call)) call.done({Outcome::usage, format_usage(command->usage)});
}

void CommandTable::serve(std::string_view question, Now now, std::function<void(const std::string&)> done) {
  const auto command = decode_command(question);
  if (!command) return done(encode(Answer{Outcome::refused, command.error().message + "\n"}));
  run(command->words, command->options, now,
      [done = std::move(done)](const Answer& answer) { done(encode(answer)); });
}

}  // namespace meshmq::admin
