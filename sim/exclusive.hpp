#pragma once
// Clients that want the same exclusive subscriptions, on all nodes at once.

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

/// Rivals ask for `$exclusive/...`, give it up, go, come back elsewhere with or without their sessions; in
/// some seeds nodes are cut off and crash. Must hold:
/// - While nothing disturbs the nodes, no two clients have it at any moment, a SUBACK grants what nobody else
///   has, and a refusal has a reason: somebody has it, had it a moment ago, or asks as well.
/// - What is published then reaches the client that has it.
/// - So it is, too, some time after the last disturbance.
/// - What all have given up is granted to the next one who asks, anywhere.
class Exclusive final : public Scenario {
 public:
  Exclusive(std::uint64_t seed, bool verbose);
  ~Exclusive() override;

  Outcome run();

 private:
  struct Rival {
    std::shared_ptr<SimClient> client;
    bool persistent = false;
    std::set<std::string> asked{};            ///< no SUBACK has come, nor will it if the connection broke
    std::map<std::string, Micros> granted{};  ///< when
    std::map<std::string, Micros> touched{};  ///< when it last asked for it or let it go
  };

  void build();
  void start_node(const std::string& node);
  void crash_node(const std::string& node);
  void cut_or_mend(const std::string& a, const std::string& b);
  void misfortune();
  void calm_down();
  void act();
  void connect(Rival& rival);
  void ask(Rival& rival, const std::string& filter);
  void give_up(Rival& rival, const std::string& filter);
  void leave(Rival& rival);
  Rival& rival_of(const SimClient& client);
  void disturb() { disturbed_at_ = scheduler.now_us(); }
  bool calm() const;

  void granted(Rival& rival, const std::string& filter);
  void refused(Rival& rival, const std::string& filter);
  /// Clients whose sessions have it, each with its nodes.
  std::map<std::string, std::string> owners(const std::string& filter);
  void watch();
  void check_owners();
  void check_next_one();
  void publish();
  void check_message(const std::string& filter, MessageId message, Rival& owner, Micros published);

  bool crashes_ = false;
  bool cuts_ = false;
  std::map<std::string, node::Config> configs_;
  std::vector<Rival> rivals_;
  std::shared_ptr<SimClient> publisher_;
  MessageId last_message_ = 0;
  Micros disturbed_at_ = 0;
  std::uint64_t starts_ = 0;
  bool over_ = false;
};

}  // namespace meshmq::sim
