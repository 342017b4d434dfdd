#pragma once
// Joining what a provider finds: who joins whom when nodes may find each other by themselves.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/link_error.hpp"
#include "cluster/membership.hpp"
#include "cluster/ports.hpp"

namespace meshmq::cluster {

struct DiscoverySettings {
  std::string provider = "manual";               ///< cluster.discovery; manual: nothing happens by itself
  Duration interval = std::chrono::seconds(5);   ///< cluster.discovery_interval: between two questions
  std::size_t candidates_max = 1024;             ///< more names in one answer are dropped, and logged
  Duration meet_wait = std::chrono::seconds(3);  ///< for what the found nodes say of themselves

  bool enabled() const { return provider != "manual"; }
};

/// What a provider answers.
struct Discovered {
  std::vector<std::string> nodes;
  /// When the answer is out of date (the TTL of a DNS record); 0: after DiscoverySettings::interval.
  Duration valid{0};
  /// The answer names every node that there is, this one included, if all is set up well.
  bool complete = false;
};

/// What an operator sees of it.
struct DiscoveryStatus {
  struct Candidate {
    std::string node;
    std::string standing;
  };
  std::string provider;
  WallMillis asked = 0;  ///< 0: never, as below
  WallMillis answered = 0;
  std::string error;  ///< of the last answer; empty: it was none
  WallMillis acted = 0;
  std::string action;
  std::vector<Candidate> candidates;
};

class DiscoveryPorts {
 public:
  virtual ~DiscoveryPorts() = default;
  /// Answered by Discovery::answer(), which may also come unasked.
  virtual void ask_provider() = 0;
  /// The first round is over: a lock that the provider may hold is of no use any more.
  virtual void settled() = 0;
  /// Nobody shall find this node any more; ask_provider() revokes that.
  virtual void withdraw() = 0;
  /// Answered by Discovery::met(), or not at all.
  virtual void probe(const std::string& node) = 0;
  /// Answered by Discovery::joined().
  virtual void join(const std::string& node) = 0;
  /// The found cluster has removed this node, and this node has forgotten it.
  virtual void stay_out() = 0;
};

/// Every node goes by itself to the best cluster that it has found: the one with more members, and of equal
/// ones that with the lower id. Nodes that start together may form several clusters for a moment; as all
/// order them in the same way, they end in one. Nobody waits for anybody: a node without an answer serves
/// alone. What an operator has sent away (Membership::stays_out()) neither joins nor is joined.
///
/// Rounds: answer -> probe the strangers in it -> all met, or DiscoverySettings::meet_wait over -> decide:
/// join the best, or nothing. Decides in tick() only, so that no port calls back. Thread rule: one owner.
class Discovery {
 public:
  Discovery(DiscoverySettings settings, const Membership& membership, DiscoveryPorts& ports, Logger log,
            std::uint64_t seed);

  void answer(const Result<Discovered>& found, Now now);
  void met(const std::string& node, const Meeting& meeting, Now now);
  void joined(const Result<void>& result, Now now);
  void tick(Now now);

  DiscoveryStatus status() const;

 private:
  struct Candidate {
    std::optional<Meeting> meeting{};
    TimePoint met{};
  };

  void ask(Now now);
  void begin_round(Now now);
  void probe_strangers(Now now);
  bool all_met(Now now) const;
  void decide(Now now);
  bool may_join(const std::string& node, const Meeting& meeting) const;
  bool is_fresh(const Candidate& candidate, Now now) const;
  void look_for_self(const Discovered& found, Now now);
  void settle();
  void acted(std::string what, Now now);
  std::string standing(const std::string& node, const Candidate& candidate) const;

  DiscoverySettings settings_;
  const Membership& membership_;
  DiscoveryPorts& ports_;
  Logger log_;
  Random random_;
  std::map<std::string, Candidate> candidates_;
  std::string joining_;
  bool asking_ = false;
  bool in_round_ = false;
  bool out_ = false;
  bool settled_ = false;
  bool told_error_ = false;
  bool told_self_ = false;
  TimePoint next_ask_{};
  TimePoint next_round_ = TimePoint::max();
  TimePoint round_end_{};
  TimePoint first_answer_ = TimePoint::max();
  WallMillis asked_ = 0;
  WallMillis answered_ = 0;
  std::string error_;
  WallMillis acted_ = 0;
  std::string action_;
};

}  // namespace meshmq::cluster
