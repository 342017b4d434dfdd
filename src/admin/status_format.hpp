#pragma once
// `cluster status` to the character as EMQ X prints it: a map through Erlang's pretty printer.

#include <string>

#include "node/control.hpp"

namespace meshmq::admin {

/// "Cluster status: #{running_nodes => [...],stopped_nodes => [...]}" and a newline; lines break at 80
/// columns.
std::string format_status(const node::ClusterStatus& status);
/// The lines behind it while the cluster is split; otherwise empty.
std::string format_split(const node::ClusterStatus& status);

}  // namespace meshmq::admin
