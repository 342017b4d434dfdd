#pragma once
// Clients with wills on nodes that die: each will comes once, and none of a client that lives.

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

/// One node is spared and has a client that reads all wills, the mourner. The others crash, are stopped, cut
/// off and paused, and start again; mortal clients connect to them, go with and without goodbye, come back
/// elsewhere or not. Must hold:
/// - The will of a client that is gone for good comes to the mourner: once, unless a cut or the death of a
///   second node came in between; and soon, unless a node was out of reach.
/// - The will of a client that has said goodbye, or is connected, does not come. (A node that is silent for
///   cluster.dead_node_wills, or cleaned away, counts as dead.)
class Mourning final : public Scenario {
 public:
  Mourning(std::uint64_t seed, bool verbose);
  ~Mourning() override;

  Outcome run();

 private:
  enum class End : std::uint8_t { none, goodbye, vanished, crashed, stopped, moved };
  /// One connection with its will; the will's payload is the number of this life.
  struct Life {
    std::string client;
    std::string node;
    Micros delay = 0;  ///< as the session's expiry allows
    Micros connected = -1;
    Micros ended = -1;
    End end = End::none;
    bool comes_back = false;
    bool in_doubt = false;  ///< it may come or not
    std::vector<Micros> wills{};
  };
  struct Mortal {
    std::shared_ptr<SimClient> client;
    std::uint64_t life = 0;
  };

  void build();
  void start_node(const std::string& node);
  void crash_node(const std::string& node);
  void stop_node(const std::string& node);
  void cut_or_mend(const std::string& a, const std::string& b);
  void misfortune();
  void calm_down();
  void act();
  void be_born();
  void connect(Mortal& mortal, const std::shared_ptr<Process>& process);
  void end_life(Mortal& mortal, End end);
  void received(MessageId life);
  std::string random_victim();
  /// A cut or a pause touched this node in that time.
  bool was_apart(const std::string& node, Micros from, Micros to) const;
  /// How often nodes died or stopped in that time.
  std::size_t deaths(Micros from, Micros to) const;
  void check(std::uint64_t id, const Life& life);

  bool crashes_ = false;
  bool stops_ = false;
  bool cuts_ = false;
  bool pauses_ = false;
  bool cleaning_ = false;
  Micros silence_ = 0;
  std::string spared_;
  std::map<std::string, node::Config> configs_;
  std::set<std::string> stopping_;
  std::shared_ptr<SimClient> mourner_;
  std::vector<Mortal> mortals_;
  std::map<std::uint64_t, Life> lives_;
  std::multimap<std::string, std::pair<Micros, Micros>> apart_;  ///< node -> from when to when
  std::map<std::pair<std::string, std::string>, Micros> cut_at_;
  Micros last_death_apart_ = -1;  ///< of a node that was cut off from the spared one
  std::vector<Micros> deaths_;
  std::uint64_t starts_ = 0;
  std::uint64_t last_life_ = 0;
  std::uint64_t last_client_ = 0;
  bool over_ = false;
};

}  // namespace meshmq::sim
