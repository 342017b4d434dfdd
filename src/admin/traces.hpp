#pragma once
// Traces as operators name them.

#include <optional>
#include <string>
#include <string_view>

#include "admin/desk.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/watches.hpp"

namespace meshmq::admin {

/// As commands have it (client, topic, ip) and as the API has it (clientid, topic, ip_address).
std::optional<broker::TraceKind> trace_kind_of(std::string_view word);
std::string_view name_of(broker::TraceKind kind);

/// Begins one on all nodes; an empty name is made of what is traced. Returns the name, or what an operator is
/// told.
Result<std::string> start_trace(Desk& desk, std::string name, node::TraceRow row, Duration duration, Now now);

}  // namespace meshmq::admin
