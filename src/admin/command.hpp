#pragma once
// How one command is written. For this folder's own files.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/command_table.hpp"
#include "admin/desk.hpp"
#include "admin/formats.hpp"
#include "base/json.hpp"

namespace meshmq::admin {

/// One command under way. Copied into the continuations of asynchronous ones; exactly one of the answers is
/// given.
struct Call {
  std::vector<std::string> words;  ///< behind the command's own name
  bool json = false;
  Now now;
  CommandTable::Done done;

  bool is(std::string_view sub, std::size_t arguments) const {
    return words.size() == arguments + 1 && words[0] == sub;
  }
  void answer(const std::string& text, const Json& json_value) const {
    done({Outcome::done, json ? json_value.text() + "\n" : text});
  }
  /// One line, without its newline.
  void refuse(const std::string& line) const {
    done({Outcome::refused, (json ? Json::object({{"error", line}}).text() : line) + "\n"});
  }
};

struct Command {
  std::string_view name;
  std::span<const UsageLine> usage;
  /// False: the words are no form of this command.
  bool (*run)(Desk&, const Call&);
};

/// `routes match <Topic>`
void match_routes(Desk& desk, const Call& call);
/// `cluster evacuate ...`, `cluster rebalance ...`; false: the words are no form of these.
bool shed_clients(Desk& desk, const Call& call);

std::span<const Command> broker_commands();   // status, broker, runtime, vm
std::span<const Command> cluster_commands();  // cluster
std::span<const Command> client_commands();   // clients, subscriptions
std::span<const Command> route_commands();    // routes, trie, topics, retainer
std::span<const Command> listener_commands();
std::span<const Command> access_commands();   // acl, banned
std::span<const Command> user_commands();     // user, clientid, sasl
std::span<const Command> account_commands();  // mgmt, admins
std::span<const Command> alarm_commands();
std::span<const Command> delayed_commands();
std::span<const Command> conf_commands();
std::span<const Command> data_commands();
std::span<const Command> log_commands();
std::span<const Command> trace_commands();
std::span<const Command> module_commands();  // modules, plugins
std::span<const Command> watch_commands();   // slow_subs, topic_metrics, audit

}  // namespace meshmq::admin
