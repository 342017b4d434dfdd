#pragma once
// The clients of a worker, as operators see them.

#include <string_view>
#include <vector>

#include "broker/client_info.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

/// In the order of client ids; with a client id, that one alone or nothing. Thread rule: the world's owner.
std::vector<ClientInfo> list_clients(const World& world, std::string_view client_id);

}  // namespace meshmq::broker
