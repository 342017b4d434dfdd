#pragma once
// Many connections of one client id at the same moment, on all nodes: one stays, and the session loses
// nothing.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/client.hpp"
#include "sim/process.hpp"
#include "sim/scenario.hpp"

namespace meshmq::sim {

/// A cluster without misfortunes whose clients misbehave: in every round, rivals with one client id connect
/// within a few milliseconds while messages arrive. After each round one session and one connection must be
/// left; at the end the rivals together must have got every acknowledged message, and the session must have
/// kept its subscription.
class Race final : public Scenario {
 public:
  Race(std::uint64_t seed, bool verbose);
  ~Race() override;

  Outcome run();

 private:
  void build();
  void round();
  void publish();
  void check_round();
  void check_messages();
  std::shared_ptr<Process> random_process() { return processes_[names_[random_.below(names_.size())]]; }

  std::vector<std::shared_ptr<SimClient>> rivals_;
  std::shared_ptr<SimClient> publisher_;
  std::set<MessageId> acknowledged_;
  std::set<MessageId> received_;
  MessageId last_message_ = 0;
  bool racing_ = false;
};

}  // namespace meshmq::sim
