#pragma once
// A message for another worker of the node, with whom it is for.

#include "broker/shared_pick.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

/// Thread rule: crosses threads by move or copy; both parts are immutable.
struct Parcel {
  mqtt::MessagePtr message;
  broker::PickListPtr picks{};  ///< nullptr: for the ordinary subscribers there

  bool ordinary() const { return picks == nullptr || picks->ordinary(); }
};

}  // namespace meshmq::node
