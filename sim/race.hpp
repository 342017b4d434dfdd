#pragma once
// Many connections of one client id at the same moment, on all nodes: one stays, and the session loses
// nothing.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "sim/client.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/scheduler.hpp"
#include "sim/simulation.hpp"

namespace meshmq::sim {

/// A cluster without misfortunes whose clients misbehave: in every round, rivals with one client id connect
/// within a few milliseconds while messages arrive. After each round one session and one connection must be
/// left; at the end the rivals together must have got every acknowledged message, and the session must have
/// kept its subscription.
class Race final : public Universe {
 public:
  Race(std::uint64_t seed, bool verbose);
  ~Race() override;

  Outcome run();

  // --- Universe
  std::shared_ptr<Process> find(const std::string& node) override;
  void save(const std::string&, std::string) override {}
  Disk& disk(const std::string& node) override {
    return disks_.try_emplace(node, scheduler, random_).first->second;
  }
  void operation_done(const std::string&, node::OperationId, const Result<void>&) override {}
  Result<cluster::Discovered> discover() override { return cluster::Discovered{}; }
  void log(const std::string& node, LogLevel level, std::string_view text) override;

 private:
  void build();
  void round();
  void publish();
  void check_round();
  void check_messages();
  void violated(const std::string& what);
  void note(const std::string& what);
  std::shared_ptr<Process> random_process() { return processes_[names_[random_.below(names_.size())]]; }

  bool verbose_;
  Random random_;
  Network network_;
  std::vector<std::string> names_;
  std::map<std::string, Disk> disks_;
  std::map<std::string, std::shared_ptr<Process>> processes_;
  std::vector<std::shared_ptr<SimClient>> rivals_;
  std::shared_ptr<SimClient> publisher_;
  std::set<MessageId> acknowledged_;
  std::set<MessageId> received_;
  MessageId last_message_ = 0;
  std::uint64_t last_operation_ = 0;
  bool racing_ = false;
  Outcome outcome_;
};

}  // namespace meshmq::sim
