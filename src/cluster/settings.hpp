#pragma once
// Settings of the cluster machine; node::Config has the configuration keys.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

struct Settings {
  std::string self;
  std::uint64_t incarnation = 0;
  std::uint32_t own_slots = 1;  ///< this node's workers; other nodes' slots begin behind them
  std::size_t log_entries_max = 100'000;
  Duration redial_min = std::chrono::milliseconds(200);
  Duration redial_max = std::chrono::seconds(5);
  Duration join_wait = std::chrono::seconds(15);
  Duration autoclean{0};  ///< 0: nobody is cleaned away
  bool autoheal = true;
  /// The newest protocol version to speak; for tests of mixed clusters.
  std::uint16_t wire_version_max = wire::version_max;
};

}  // namespace meshmq::cluster
