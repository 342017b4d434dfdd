#pragma once
// Who needs a message: the two faces of a node's route table.

#include <functional>
#include <string_view>

#include "cluster/route_match.hpp"
#include "cluster/slot.hpp"

namespace meshmq::cluster {

/// Read side, used by every worker on every PUBLISH. Hot path: no lock, no allocation.
class RouteReader {
 public:
  virtual ~RouteReader() = default;
  /// Adds to `out` every live destination whose filters match `topic`, every group with such, and the
  /// destinations that were live once and are away.
  virtual void match(std::string_view topic, RouteMatch& out) const = 0;
  /// Adds the group with this name, `$share/<group>/<filter>`, if it has a live destination. Returns whether
  /// it has any, live or not.
  virtual bool match_group(std::string_view group, RouteMatch& out) const = 0;
};

/// Write side, used by the control thread only. Changes are seen by readers after commit(), all at once.
class RouteWriter {
 public:
  virtual ~RouteWriter() = default;
  /// Both return whether that changed anything; adding twice or removing what is not there is no error.
  virtual bool add(std::string_view filter, Slot slot) = 0;
  virtual bool remove(std::string_view filter, Slot slot) = 0;
  /// Every filter with all its slots, live or not, uncommitted changes included. No order is promised.
  virtual void for_each(
      const std::function<void(std::string_view filter, const SlotSet& slots)>& visit) const = 0;
  /// The slots of one filter; empty if nobody has it.
  virtual SlotSet slots_of(std::string_view filter) const = 0;
  /// The members of a shared group behind a destination; total 0: none any more. Returns whether that changed
  /// anything; a name that is no `$share/<group>/<filter>` does not.
  virtual bool set_group(std::string_view group, const GroupSlot& slot) = 0;
  virtual topic::GroupWeight group_weight(std::string_view group, Slot slot) const = 0;
  /// Every group with each of its destinations, live or not, uncommitted changes included.
  virtual void for_each_group(
      const std::function<void(std::string_view group, const GroupSlot& slot)>& visit) const = 0;
  /// A destination that is not live keeps its rows, but is only told as one that is away, or not at all if it
  /// never was live.
  virtual void set_live(Slot slot, bool live) = 0;
  /// When it returns, every match that starts from now on sees the changes, and no match still uses the old
  /// state.
  virtual void commit() = 0;
};

}  // namespace meshmq::cluster
