#pragma once
// Workers' counters added up and named as EMQ X 4.3 names them.

#include <vector>

#include "admin/formats.hpp"
#include "node/control.hpp"
#include "node/messages.hpp"

namespace meshmq::admin {

/// All counters, added over the workers.
Counters metrics_of(const std::vector<node::QueryReply>& replies);
/// Sizes of now, `.count` names only.
Counters stats_of(const std::vector<node::QueryReply>& replies, const node::ControlStats& control);

}  // namespace meshmq::admin
