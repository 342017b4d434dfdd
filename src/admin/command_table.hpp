#pragma once
// The words that operators say, by meshmq_ctl or from an Erlang node, and what happens then.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "admin/desk.hpp"
#include "admin/formats.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

/// One command: its name, and its forms.
struct CommandUsage {
  std::string_view name;
  std::span<const UsageLine> usage;
};
/// In the order in which they are listed.
std::vector<CommandUsage> all_commands();

/// Commands run at the same time do not wait for each other. Thread rule: one owner, the control thread.
class CommandTable {
 public:
  using Done = std::function<void(Answer)>;

  /// `desk` must outlive the table.
  explicit CommandTable(Desk& desk) : desk_(desk) {}

  /// `done` is called once, perhaps before run() returns.
  /// A RemoteCommand of another node; `done` gets an encoded Answer.
  void serve(std::string_view question, Now now, std::function<void(const std::string&)> done);
  void run(const std::vector<std::string>& words, RunOptions options, Now now, Done done);

 private:
  Desk& desk_;
};

}  // namespace meshmq::admin
