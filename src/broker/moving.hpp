#pragma once
// A session on its way between two nodes: what Delivery has to know of it.

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/time.hpp"
#include "broker/outgoing.hpp"

namespace meshmq::broker {

struct Session;

enum class Moving : std::uint8_t {
  none,
  arriving,  ///< from another node, which still sends what reaches it there
  leaving,   ///< to another node: what it would get is sent after it
};

/// What a session that has just arrived remembers until its old home is quiet. A message may come both from
/// there and directly: its id tells.
struct Arrival {
  std::unordered_set<std::uint64_t> seen;
  /// Came directly while older ones may still come from the old home.
  std::vector<Outgoing> held;
  bool holding = true;
};

/// Takes the messages of sessions that move, instead of Delivery.
class Diversion {
 public:
  virtual ~Diversion() = default;
  virtual bool divert(Session& session, Outgoing outgoing, Now now) = 0;
};

}  // namespace meshmq::broker
