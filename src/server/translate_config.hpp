#pragma once
// `meshmq check-config --from-emqx` and `--from-mosquitto`.

#include "server/options.hpp"

namespace meshmq::server {

/// Prints the translation, and on standard error a line for everything that it could not take along. The exit
/// status: 0 if a node would start with it.
int translate_config(const Options& options);

}  // namespace meshmq::server
