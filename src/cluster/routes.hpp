#pragma once
// Who needs a message: the two faces of a node's route table.

#include <functional>
#include <string_view>

#include "cluster/slot.hpp"

namespace meshmq::cluster {

/// Read side, used by every worker on every PUBLISH. Hot path: no lock, no allocation.
class RouteReader {
 public:
  virtual ~RouteReader() = default;
  /// Adds to `out` every live destination whose filters match `topic`.
  virtual void match(std::string_view topic, SlotSet& out) const = 0;
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
  /// A destination that is not live keeps its rows but matches nothing; new slots are not live.
  virtual void set_live(Slot slot, bool live) = 0;
  /// When it returns, every match that starts from now on sees the changes, and no match still uses the old
  /// state.
  virtual void commit() = 0;
};

}  // namespace meshmq::cluster
