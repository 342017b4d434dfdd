#pragma once
// What simulations of one kind of misfortune have in common: a few nodes, their disks, and what was violated.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/scheduler.hpp"
#include "sim/simulation.hpp"

namespace meshmq::sim {

/// A line that a node logs as an error is a violation. Whoever derives from this ends the processes first
/// when it is destroyed: they know its clients.
class Scenario : public Universe {
 public:
  // --- Universe
  std::shared_ptr<Process> find(const std::string& node) override;
  void save(const std::string& node, std::string image) override { images_[node] = std::move(image); }
  Disk& disk(const std::string& node) override {
    return disks_.try_emplace(node, scheduler, random_).first->second;
  }
  void operation_done(const std::string&, node::OperationId, const Result<void>&) override {}
  Result<cluster::Discovered> discover() override { return cluster::Discovered{}; }
  void log(const std::string& node, LogLevel level, std::string_view text) override;

 protected:
  Scenario(std::uint64_t seed, bool verbose)
      : verbose_(verbose), random_(seed), network_(scheduler, random_) {}

  /// Names one more node, with up to so many workers.
  node::Config next_node(std::uint64_t workers_max);
  /// A node begins, with what its disk has kept.
  std::shared_ptr<Process> launch(const node::Config& config, std::uint64_t incarnation);
  /// It dies. Nothing if it does not run.
  void kill(const std::string& node);
  /// All others join the first node, one in a second.
  void join_all();
  void violated(const std::string& what);
  void note(const std::string& what);

  bool verbose_;
  Random random_;
  Network network_;
  std::vector<std::string> names_;
  std::map<std::string, Disk> disks_;
  std::map<std::string, std::string> images_;
  std::map<std::string, std::shared_ptr<Process>> processes_;
  std::uint64_t last_operation_ = 0;
  Outcome outcome_;
};

}  // namespace meshmq::sim
