#pragma once
// From sources to a checked Config.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/layers.hpp"

namespace meshmq::config {

struct Key;

/// A key of this node and what holds for it.
struct Holding {
  std::string key;     ///< with the names of this node's zones and listeners
  std::string value;   ///< empty: not set, and there is no default
  std::string origin;  ///< of Setting, or `default`
  const Key* row = nullptr;
};

/// Every mistake is reported, not only the first; `config` is of use only if there is none. Lines of both
/// lists begin with the place: `etc/meshmq.conf:3: ...`.
struct Loaded {
  Config config;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  Merged merged;                  ///< what it was made of
  std::vector<Holding> holdings;  ///< all keys, in the order of the schema
};

/// Without any listener named by any source there is one, `listener.tcp.external = 0.0.0.0:1883`.
Loaded load(const Request& request);
/// The same from sources that were read before; `environment` has variables that are no settings.
Loaded load(Merged merged, std::span<const std::pair<std::string, std::string>> environment);

}  // namespace meshmq::config
