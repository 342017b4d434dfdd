#pragma once
// What a run found out.

#include <functional>
#include <optional>
#include <string>

#include "bench/meshmq_bench/histogram.hpp"
#include "bench/meshmq_bench/process_stats.hpp"
#include "bench/meshmq_bench/run_state.hpp"

namespace meshmq::bench {

struct RunResult {
  Counters counters;
  Histogram latencies;      ///< publish to receipt
  Histogram connect_times;  ///< dialling to CONNACK or SUBACK
  std::size_t clients = 0;
  double connect_seconds = 0;  ///< until all clients were ready
  double seconds = 0;          ///< first publish to last receipt or acknowledgement; connect: the time held
  bool stalled = false;        ///< given up without progress
  std::optional<ProcessStats> before_connect;
  std::optional<ProcessStats> before;
  std::optional<ProcessStats> after;
  std::string failure;  ///< why the first client was lost
  int exit_code = 0;

  double per_second(std::uint64_t count) const {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
  }
  std::optional<double> cpu_seconds() const;
  /// Of the broker's processes, from before the first connection until all were idle.
  std::optional<double> memory_per_connection() const;
};

/// Does everything that the options ask for. Blocks; `ready` is called when all clients are connected. SIGINT
/// and SIGTERM end the run early, but in order.
RunResult run(const Options& options, const std::function<void(const RunResult&)>& ready);

void print_ready(const Options& options, const RunResult& result);
void print_text(const Options& options, const RunResult& result);
void print_json(const Options& options, const RunResult& result);

}  // namespace meshmq::bench
