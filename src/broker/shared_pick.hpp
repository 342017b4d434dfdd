#pragma once
// Which member of a shared group is to get a message, as one place of the cluster tells it to the next.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topic/shared_filter.hpp"

namespace meshmq::broker {

/// broker.shared_subscription_strategy: how the member is chosen that gets a message.
enum class SharedStrategy : std::uint8_t {
  random,
  round_robin,            ///< each publisher goes round
  round_robin_per_group,  ///< all publishers of a worker go round together
  sticky,                 ///< a publisher keeps its member as long as that one is there
  hash_clientid,          ///< of the publisher
  hash_topic,
  local,  ///< a random one of this node, if there is any
};

/// The choice of one member of one group, made in two steps: who has the message first picks the
/// destination, the destination picks the member. `number` says which one, so that all decide alike: its
/// place among the members that are online, or, when sticky, a name for the pair of publisher and group.
struct SharedPick {
  std::string_view group{};  ///< `$share/<group>/<filter>`; borrowed
  std::uint32_t number = 0;
  std::uint8_t attempts = 0;  ///< destinations that had nobody for it
  bool sticky = false;
  bool last_resort = false;  ///< take it even if all members are away or full
};

using topic::GroupWeight;

/// Picks that travel with a message to another worker or node. Immutable; owns its texts.
class PickList {
 public:
  /// `ordinary`: the message is for the ordinary subscribers there as well.
  PickList(bool ordinary, std::span<const SharedPick> picks) : ordinary_(ordinary) {
    std::size_t size = 0;
    for (const SharedPick& pick : picks) size += pick.group.size();
    text_.reserve(size);
    for (const SharedPick& pick : picks) text_ += pick.group;
    picks_.assign(picks.begin(), picks.end());
    std::string_view rest = text_;
    for (SharedPick& pick : picks_) {
      pick.group = rest.substr(0, pick.group.size());
      rest.remove_prefix(pick.group.size());
    }
  }
  PickList(const PickList&) = delete;
  PickList& operator=(const PickList&) = delete;

  bool ordinary() const { return ordinary_; }
  std::span<const SharedPick> picks() const { return picks_; }

 private:
  bool ordinary_;
  std::string text_;
  std::vector<SharedPick> picks_;
};
/// nullptr: for ordinary subscribers only.
using PickListPtr = std::shared_ptr<const PickList>;

}  // namespace meshmq::broker
