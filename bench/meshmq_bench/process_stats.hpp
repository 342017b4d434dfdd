#pragma once
// What a broker's process costs, read from /proc.

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/result.hpp"

namespace meshmq::bench {

struct ProcessStats {
  double cpu_seconds = 0;             ///< user and system time of all threads
  std::uint64_t anonymous_bytes = 0;  ///< RssAnon: private memory that was written to
};

/// The sum over processes; fails if one of them is not there.
Result<ProcessStats> read_process_stats(const std::vector<pid_t>& pids);

}  // namespace meshmq::bench
