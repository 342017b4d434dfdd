#pragma once
// Exclusive subscriptions: one client in the whole cluster has `$exclusive/<filter>`.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cluster/routes.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"

namespace meshmq::node {

/// An exclusive subscription is a shared group that has one member. A node that wants it looks at the groups
/// of all others, writes its own row, waits until every live peer has it (SubscribeGate), and looks again: of
/// two that asked at the same moment each sees the other by then, and the node of the lower rank has it. What
/// two sides of a split gave away twice is settled the same way when they have met. Rows of nodes out of
/// reach hold nobody up. Pure. Thread rule: one owner (the control thread).
class ExclusiveClaims {
 public:
  /// A session that moves counts on both sides for a moment.
  static constexpr Duration contest_wait = std::chrono::seconds(15);
  static constexpr Duration sweep = std::chrono::seconds(5);

  using SetGroup = std::function<void(const GroupRequest& group)>;

  /// `set_group` writes the row of one of this node's workers.
  ExclusiveClaims(const Config& config, const cluster::RouteWriter& routes, SetGroup set_group);

  void peer_up(Slot slot, std::string_view node);
  void peer_down(Slot slot) { peers_.erase(slot.value); }
  /// The group, shared or exclusive, of one of our workers has changed.
  void set_group(const GroupRequest& request);
  /// Takes what is free; the rest is among `request.refused`.
  void claim(SubscribeRequest& request);
  /// Every live peer has the rows of claim(), and those who asked at the same moment have been heard of.
  void check(SubscribeRequest& request);
  /// What others have had as well for a while, and this node is to give up.
  std::vector<std::pair<WorkerIndex, std::string>> tick(Now now);

 private:
  struct Mine {
    WorkerIndex worker;
    TimePoint contested_since{};
  };

  /// Nobody else has it, as far as is known here.
  bool free_for(std::string_view name, WorkerIndex worker) const;
  /// A node that goes before this one has it as well.
  bool lost(std::string_view name) const;
  bool has(std::uint32_t slot, std::string_view name) const {
    return routes_.group_weight(name, Slot(slot)).total != 0;
  }

  const cluster::RouteWriter& routes_;
  SetGroup set_group_;
  std::uint64_t rank_;
  std::map<std::uint32_t, std::uint64_t> peers_;  ///< slot -> rank
  std::map<std::string, Mine, std::less<>> mine_;
  TimePoint next_sweep_{};
};

}  // namespace meshmq::node
