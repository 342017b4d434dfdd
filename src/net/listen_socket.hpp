#pragma once
// Sockets that listen.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/listener.hpp"
#include "net/unique_fd.hpp"

namespace meshmq::net {

/// One for each of `count` workers, on the same port or path. Fails with a sentence for the operator.
Result<std::vector<UniqueFd>> open_listening(const ListenerOptions& options, std::size_t count);

}  // namespace meshmq::net
