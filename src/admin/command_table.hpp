#pragma once
// The words that operators say, by meshmq_ctl or from an Erlang node, and what happens then.

#include <functional>
#include <string>
#include <vector>

#include "admin/desk.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

/// Exit statuses of meshmq_ctl.
enum class Outcome : int {
  done = 0,
  refused = 1,  ///< `text` is one line that says why
  usage = 2,    ///< `text` is the usage
};

struct Answer {
  Outcome outcome = Outcome::done;
  std::string text;
};

struct RunOptions {
  bool json = false;  ///< answer for a machine: one JSON value
};

/// Commands run at the same time do not wait for each other. Thread rule: one owner, the control thread.
class CommandTable {
 public:
  using Done = std::function<void(Answer)>;

  /// `desk` must outlive the table.
  explicit CommandTable(Desk& desk) : desk_(desk) {}

  /// `done` is called once, perhaps before run() returns.
  void run(const std::vector<std::string>& words, RunOptions options, Now now, Done done);

 private:
  Desk& desk_;
};

}  // namespace meshmq::admin
