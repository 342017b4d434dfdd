#include "admin/command_table.hpp"

#include <utility>

#include "admin/command.hpp"
#include "admin/metrics.hpp"

namespace meshmq::admin {

namespace {

constexpr auto groups = {broker_commands, cluster_commands,  client_commands,
                         route_commands,  listener_commands, access_commands};

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

class CommandTable::Impl {
 public:
  Impl(std::string name, node::Control& control, Host& host, Now started)
      : desk(std::move(name), control, host, started) {}
  Desk desk;
};

CommandTable::CommandTable(std::string name, node::Control& control, Host& host, Now started)
    : impl_(std::make_unique<Impl>(std::move(name), control, host, started)) {}
CommandTable::~CommandTable() = default;

void CommandTable::run(const std::vector<std::string>& words, RunOptions options, Now now, Done done) {
  if (words.empty() || words == std::vector<std::string>{"help"})
    return done({Outcome::done, usage_of_all()});
  const Command* command = find(words[0]);
  if (command == nullptr) return done({Outcome::usage, usage_of_all()});
  const Call call{{words.begin() + 1, words.end()}, options.json, now, std::move(done)};
  if (!command->run(impl_->desk, call)) call.done({Outcome::usage, format_usage(command->usage)});
}

void CommandTable::operation_done(node::OperationId operation, Result<void> result) {
  impl_->desk.operation_done(operation, std::move(result));
}

void CommandTable::query_done(node::OperationId operation, std::vector<node::QueryReply> replies) {
  impl_->desk.query_done(operation, std::move(replies));
}

void CommandTable::verified(node::OperationId operation, const cluster::VerifyReport& report) {
  impl_->desk.verified(operation, report);
}

void CommandTable::sample(Now now) {
  impl_->desk.query(node::QueryKind::stats, {}, now, [this](const std::vector<node::QueryReply>& replies) {
    for (const auto& [name, value] : stats_of(replies, impl_->desk.control.stats()))
      impl_->desk.peak(name, value);
  });
}

}  // namespace meshmq::admin
