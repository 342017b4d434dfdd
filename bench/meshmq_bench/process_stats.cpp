#include "bench/meshmq_bench/process_stats.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace meshmq::bench {
namespace {

/// Fields 14 and 15 of stat(5), counted behind the command name, which may hold blanks.
Result<double> read_cpu_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return fail(Errc::not_found, fmt::format("there is no process {}", pid));
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i <= 13; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t read_anonymous_bytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  return 0;
}

}  // namespace

Result<ProcessStats> read_process_stats(const std::vector<pid_t>& pids) {
  ProcessStats sum;
  for (const pid_t pid : pids) {
    const Result<double> cpu = read_cpu_seconds(pid);
    if (!cpu) return tl::unexpected(cpu.error());
    sum.cpu_seconds += *cpu;
    sum.anonymous_bytes += read_anonymous_bytes(pid);
  }
  return sum;
}

}  // namespace meshmq::bench
