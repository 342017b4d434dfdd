#pragma once
// The configuration that a command line asks for, complete and checked.

#include "config/load.hpp"
#include "server/options.hpp"

namespace meshmq::server {

/// With what was saved in the data directory; what cannot be read of that is added to `errors`.
config::Request request_of(const Options& options, std::vector<std::string>& errors);

/// What follows from other settings and from the machine.
void complete(config::Config& config);

/// Adds what is wrong with files that it names: certificates, rules.
void check_files(config::Loaded& loaded);

}  // namespace meshmq::server
