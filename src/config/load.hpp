#pragma once
// From sources to a checked Config: defaults < file < environment < command line.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace meshmq::config {

struct Request {
  std::optional<std::string> file;
  std::vector<std::pair<std::string, std::string>> environment;  ///< all variables; see read_environment()
  std::vector<std::string> arguments;                            ///< `key=value`, from --set
};

/// Every mistake is reported, not only the first; `config` is of use only if there is none. Lines of both
/// lists begin with the place: `etc/meshmq.conf:3: ...`.
struct Loaded {
  Config config;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

/// Without any listener named by any source there is one, `listener.tcp.external = 0.0.0.0:1883`.
Loaded load(const Request& request);

}  // namespace meshmq::config
