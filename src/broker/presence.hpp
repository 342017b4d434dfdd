#pragma once
// What others may know of clients that come and go.

#include <string_view>

#include "base/json.hpp"
#include "broker/publishing.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

/// Publishes `$SYS/brokers/<node>/clients/<client id>/connected` and `.../disconnected` with the JSON of EMQ
/// X 4.3. Of a client whose id cannot stand in a topic (wildcards) nothing is said. Thread rule: one owner.
class Presence {
 public:
  Presence(World& world, Publishing& publishing) : world_(world), publishing_(publishing) {}

  /// CONNACK has been sent.
  void connected(const Channel& channel, Now now);
  /// The channel is not the session's any more.
  void disconnected(const Session& session, const Channel& channel, Now now);

 private:
  void say(const Session& session, std::string_view what, const Json& fields, Now now);

  World& world_;
  Publishing& publishing_;
};

}  // namespace meshmq::broker
