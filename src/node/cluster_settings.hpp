#pragma once
// What the cluster machine needs of a node's settings.

#include <cstdint>

#include "cluster/settings.hpp"
#include "node/config.hpp"

namespace meshmq::node {

inline cluster::Settings cluster_settings(const Config& config, std::uint64_t incarnation) {
  return {.self = config.name,
          .incarnation = incarnation,
          .own_slots = config.workers,
          .log_entries_max = config.log_entries_max,
          .redial_min = config.redial_min,
          .redial_max = config.redial_max,
          .join_wait = config.join_wait,
          .autoclean = config.autoclean,
          .autoheal = config.autoheal};
}

}  // namespace meshmq::node
