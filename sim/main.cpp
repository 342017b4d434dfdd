// meshmq_sim: runs the cluster under seeded misfortunes and says which seed breaks it.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <vector>

#include "sim/balance.hpp"
#include "sim/exclusive.hpp"
#include "sim/mourning.hpp"
#include "sim/order.hpp"
#include "sim/race.hpp"
#include "sim/restarts.hpp"
#include "sim/simulation.hpp"

namespace {

/// Which kind of misfortune; none: the general one.
struct Scenarios {
  bool race = false;
  bool restarts = false;
  bool mourning = false;
  bool balance = false;
  bool exclusive = false;
  bool order = false;
};
using Options = meshmq::sim::Simulation::Options;

meshmq::sim::Outcome run(const Scenarios& scenarios, std::uint64_t seed, const Options& options) {
  using namespace meshmq::sim;
  if (scenarios.race) return Race(seed, options.verbose).run();
  if (scenarios.restarts) return Restarts(seed, options.verbose).run();
  if (scenarios.mourning) return Mourning(seed, options.verbose).run();
  if (scenarios.balance) return Balance(seed, options.verbose).run();
  if (scenarios.order) return Order(seed, options.verbose).run();
  if (scenarios.exclusive) return Exclusive(seed, options.verbose).run();
  return Simulation(seed, options).run();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  std::vector<std::uint64_t> chosen;
  Options options;
  Scenarios scenarios;
  CLI::App app("Simulates a cluster under seeded faults and checks what must always hold.", "meshmq_sim");
  app.add_option("--seeds", seeds, "number of seeds to run");
  app.add_option("--first", first, "first seed");
  app.add_option("--seed", chosen, "run only this seed (or these)");
  app.add_option("--nodes", options.nodes, "number of nodes, instead of a few");
  app.add_flag("--discovery", options.discovery, "nodes start at the same moment and find each other");
  app.add_flag("--clocks", options.clocks, "all clocks are wrong, ways are cut, and sessions begin anew");
  app.add_flag("--race", scenarios.race, "connections of one client id race instead");
  app.add_flag("--restarts", scenarios.restarts, "nodes end and start again instead");
  app.add_flag("--mourning", scenarios.mourning, "nodes die and leave clients with wills instead");
  app.add_flag("--balance", scenarios.balance, "clients are evened out between the nodes instead");
  app.add_flag("--exclusive", scenarios.exclusive, "clients want the same exclusive subscriptions instead");
  app.add_flag("--order", scenarios.order, "sessions hurry from node to node, and nothing goes wrong");
  app.add_flag("--verbose", options.verbose, "print logs and faults");
  CLI11_PARSE(app, argc, argv);
  if (chosen.empty()) {
    chosen.resize(seeds);
    std::iota(chosen.begin(), chosen.end(), first);
  }

  meshmq::sim::Outcome total;
  std::uint64_t failed = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::uint64_t seed : chosen) {
    const meshmq::sim::Outcome outcome = run(scenarios, seed, options);
    total.events += outcome.events;
    total.published += outcome.published;
    total.delivered += outcome.delivered;
    total.promises += outcome.promises;
    total.faults += outcome.faults;
    if (outcome.violations.empty()) continue;
    ++failed;
    std::printf("seed %llu: %zu violations\n", static_cast<unsigned long long>(seed),
                outcome.violations.size());
    for (std::size_t i = 0; i < outcome.violations.size() && i < 5; ++i) {
      std::printf("  %s\n", outcome.violations[i].c_str());
    }
    if (failed >= 20) break;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf(
      "%llu seeds in %.1f s: %llu events, %llu published, %llu delivered, %llu promises checked, %llu "
      "faults\n",
      static_cast<unsigned long long>(chosen.size()), seconds, static_cast<unsigned long long>(total.events),
      static_cast<unsigned long long>(total.published), static_cast<unsigned long long>(total.delivered),
      static_cast<unsigned long long>(total.promises), static_cast<unsigned long long>(total.faults));
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(chosen.size() - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
