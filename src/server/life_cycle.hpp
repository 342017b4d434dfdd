#pragma once
// What `meshmq` does with a node: run it here or in the background, stop it, ask after it. Results are exit
// statuses.

#include "server/options.hpp"

namespace meshmq::server {

int run(const Options& options);

}  // namespace meshmq::server
