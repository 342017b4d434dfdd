#pragma once
// The words that operators say, by meshmq_ctl or from an Erlang node, and what happens then.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/control.hpp"

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

/// Thread rule: one owner, the control thread. The owner hands on what node::ControlPorts hears:
/// operation_done(), query_done(), verified(), never from within a call into node::Control. Operations of
/// node::Control are numbered here and nowhere else. Commands run at the same time do not wait for each
/// other.
class CommandTable {
 public:
  using Done = std::function<void(Answer)>;

  /// `name` is this node's; `control` and `host` must outlive the table.
  CommandTable(std::string name, node::Control& control, Host& host, Now started);
  ~CommandTable();

  /// `done` is called once, perhaps before run() returns.
  void run(const std::vector<std::string>& words, RunOptions options, Now now, Done done);

  void operation_done(node::OperationId operation, Result<void> result);
  void query_done(node::OperationId operation, std::vector<node::QueryReply> replies);
  void verified(node::OperationId operation, const cluster::VerifyReport& report);

  /// Notes the sizes of now, for the `.max` of `broker stats`. Call now and then.
  void sample(Now now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::admin
