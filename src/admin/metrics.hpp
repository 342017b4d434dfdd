#pragma once
// Workers' counters added up and named as EMQ X 4.3 names them.

#include <vector>

#include "admin/desk.hpp"
#include "admin/formats.hpp"
#include "node/messages.hpp"

namespace meshmq::admin {

/// All counters, added over the workers.
Counters metrics_of(const std::vector<node::QueryReply>& replies);
/// Sizes: `.count` of now, `.max` the largest that was seen.
Counters stats_of(Desk& desk, const std::vector<node::QueryReply>& replies);
/// Notes the sizes of now for later `.max`. Call now and then.
void sample(Desk& desk, Now now);

}  // namespace meshmq::admin
