#pragma once
// meshmq_ctl: asks a running node to carry out an operator's command.

#include <string>
#include <variant>
#include <vector>

#include "mesh/rpc_connection.hpp"

namespace meshmq::ctl {

/// Exit statuses beyond those of the command itself (admin::Outcome: 0 done, 1 refused, 2 usage).
inline constexpr int usage_error = 2;
inline constexpr int unreachable = 3;

struct CtlRequest {
  mesh::RpcTarget target;
  std::string tls_file = {};  ///< node.ssl_dist_optfile, where nodes speak TLS
  std::vector<std::string> words = {};
  bool json = false;
};

/// The program is to end at once: help was printed, or what is wrong.
struct ExitStatus {
  int code = 0;
};

/// Who to ask, in this order: --node and --cookie; the node that runs in --data-dir; --config and the
/// environment; the defaults. Complains on standard error.
std::variant<CtlRequest, ExitStatus> parse_request(int argc, const char* const* argv);

/// Asks and prints. Returns the exit status.
int ask(const CtlRequest& request);

}  // namespace meshmq::ctl
