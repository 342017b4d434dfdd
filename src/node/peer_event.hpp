#pragma once
// What the cluster machine has to say of other nodes while it is at work; the rest of the node hears of it
// afterwards.

#include <cstdint>
#include <string>
#include <variant>

#include "cluster/slot.hpp"

namespace meshmq::node {

struct PeerMessage {
  std::string bytes;
};
struct PeerCame {
  cluster::Slot slot;
  std::uint64_t incarnation = 0;
};
struct PeerWent {
  cluster::Slot slot;
  bool lost = false;  ///< it did not want to go
};
/// It is no member any more.
struct PeerForgotten {};

struct PeerEvent {
  std::string node;
  std::variant<PeerMessage, PeerCame, PeerWent, PeerForgotten> what;
};

}  // namespace meshmq::node
