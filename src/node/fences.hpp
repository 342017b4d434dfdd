#pragma once
// How a node finds out that everything has come which was matched with older routes.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Rounds, one at a time: all running nodes are asked, and send fences from all their workers the way that
/// messages go. Whoever asks while a round is under way is served by the next one, so that a storm costs as
/// many rounds as there is time for. A round that takes too long (a node hangs) is given up: whoever asked
/// has a clock of his own. Wire form: docs/wire/forward-v1.md. Pure. Thread rule: one owner (the control
/// thread).
class Fences {
 public:
  /// Between the beginnings of two rounds; the clock's unit.
  static constexpr Duration interval{1};
  static constexpr Duration patience{200};

  Fences(const Config& config, ControlPorts& ports, cluster::Cluster& cluster)
      : config_(config), ports_(ports), cluster_(cluster) {}

  /// Called with a round that has come to its end. Those before it may have been given up: it shows what they
  /// would have shown.
  std::function<void(std::uint64_t round)> on_passed;

  /// The round that shows that everything has come which was sent before now.
  std::uint64_t ask() {
    asked_ = true;
    return last_ + 1;
  }
  void handle(const FencePassed& m);
  void peer_down(const std::string& node);
  void end_of_turn(Now now);

  // --- for other nodes
  static bool is_about_fences(std::string_view bytes);
  void message(const std::string& node, std::string_view bytes);

 private:
  void begin(Now now);
  void end_if_passed();

  const Config& config_;
  ControlPorts& ports_;
  cluster::Cluster& cluster_;
  bool asked_ = false;
  std::uint64_t last_ = 0;
  TimePoint begun_{};
  /// Of the round that is under way, by node: workers here that have not all of its fences.
  std::map<std::string, std::uint16_t, std::less<>> waiting_;
};

}  // namespace meshmq::node
