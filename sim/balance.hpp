#pragma once
// Clients that are spread unevenly, and operators who even them out.

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

/// Many clients on few nodes, a message to one of them now and then; then `rebalance start`, on one node or
/// on two at the same moment, sometimes ended by an operator, sometimes while a node is evacuated. In some
/// seeds nodes crash and are cut off meanwhile. Who is sent away comes back elsewhere: where its balancer
/// sees the fewest connections, or anywhere. Must hold:
/// - It ends on all nodes by itself, in a bounded time; all clients are connected then.
/// - No node sends more clients away than it had.
/// - While nothing else happens: a node sends away what it had too many, and no more, and no session is lost,
///   nor a message to one. With a balancer that looks, the nodes are even in the end.
class Balance final : public Scenario {
 public:
  Balance(std::uint64_t seed, bool verbose);
  ~Balance() override;

  Outcome run();

 private:
  struct Guest {
    std::shared_ptr<SimClient> client;
    std::string topic;
    std::set<MessageId> promised{};
    bool asked = false;  ///< for its topic
    Micros tried = 0;    ///< to connect
  };

  void build();
  void start_node(const std::string& node) { launch(configs_[node], ++starts_); }
  void tend(std::size_t guest);
  void publish();
  void acknowledged(MessageId message);
  std::string destination();
  std::map<std::string, std::size_t> loads() const;
  void operate();
  void rebalance(const std::string& node);
  void misfortune();
  void calm_down();
  /// Nothing but rebalancing happens.
  bool undisturbed() const { return !faults_ && evacuated_.empty() && !stopped_; }

  void note_beginning();
  void check_shedding();
  void check_end();

  bool faults_ = false;
  bool looks_ = false;    ///< the balancer
  bool stopped_ = false;  ///< by an operator
  std::string evacuated_;
  std::map<std::string, node::Config> configs_;
  std::map<std::string, std::size_t> surplus_;  ///< of each node, when rebalancing began
  std::map<std::string, std::size_t> at_start_;
  std::vector<Guest> guests_;
  std::shared_ptr<SimClient> publisher_;
  std::map<MessageId, std::size_t> addressees_;  ///< who had their SUBACK
  MessageId last_message_ = 0;
  std::uint64_t starts_ = 0;
  bool over_ = false;
};

}  // namespace meshmq::sim
