#pragma once
// From configuration to the provider of discovery.

#include "config/config.hpp"
#include "discovery/provider.hpp"

namespace meshmq::server {

discovery::Options discovery_options(const config::Config& config);

}  // namespace meshmq::server
