#pragma once
// What Erlang nodes and meshmq_ctl may call on this node: a white list, not an interpreter.

#include <functional>
#include <string>
#include <vector>

#include "admin/audit.hpp"
#include "admin/command_table.hpp"
#include "base/time.hpp"
#include "erldist/services.hpp"
#include "erldist/term.hpp"
#include "node/control.hpp"

namespace meshmq::server {

/// The answer to one call: `output` is printed at the caller's terminal, `value` returned. Or a refusal.
struct RemoteAnswer {
  bool refused = false;
  std::string output;
  erldist::Term value;
  std::string reason;  ///< of a refusal
};

///     emqx_ctl:run_command(Words)             prints; ok | {error, cmd_not_found}
///     meshmq_ctl:run_command(Words)           prints; exit status
///     meshmq_ctl:run_command(Words, Options)  {ExitStatus, Output}; Options: `json`, `by=USER` for the audit
///                                             log; others are ignored
///     meshmq:publish(Topic, Payload, QoS)     ok | {error, Reason}
///     meshmq:status()                         #{running_nodes => [...], stopped_nodes => [...]}
///
/// Thread rule: one owner, the control thread.
class RemoteCalls {
 public:
  using Done = std::function<void(RemoteAnswer)>;

  /// All must outlive it.
  RemoteCalls(admin::CommandTable& commands, node::Control& control, admin::Audit& audit)
      : commands_(commands), control_(control), audit_(audit) {}
  /// `done` is called once, perhaps before call() returns.
  void call(const erldist::RpcCall& call, Now now, Done done);

 private:
  void run_command(const erldist::RpcCall& call, Now now, Done done);
  erldist::Term publish(const std::vector<erldist::Term>& arguments, Now now);
  erldist::Term status() const;

  admin::CommandTable& commands_;
  node::Control& control_;
  admin::Audit& audit_;
};

}  // namespace meshmq::server
