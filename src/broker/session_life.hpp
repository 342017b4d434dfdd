#pragma once
// Beginning and end of sessions, and the wills that come with an end.

#include <vector>

#include "broker/presence.hpp"
#include "broker/publishing.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

enum class WillFate : std::uint8_t {
  publish,  ///< the connection ended without a proper goodbye
  discard,  ///< [MQTT-3.14.4-3] DISCONNECT with reason 0
};

/// What the counters call it.
enum class SessionEnd : std::uint8_t {
  terminated,  ///< its time was over
  discarded,   ///< a new connection of the same client id did not want it
};

/// Keeps channel and session tied or apart, and the deadlines of those apart. Thread rule: one owner.
class SessionLife {
 public:
  SessionLife(World& world, Publishing& publishing, Presence& presence)
      : world_(world), publishing_(publishing), presence_(presence) {}

  /// CONNECT was accepted: the session, new or resumed, belongs to this channel now.
  void attach(Session& session, Channel& channel, Now now);
  /// The channel's connection ends. The session may end with it: it is not to be touched afterwards.
  void detach(Channel& channel, WillFate fate, SessionEnd if_over, Now now);
  /// Forgets everything; a will that still waits is published. The session must have no channel.
  void end(Session& session, SessionEnd how, Now now);
  /// Wills and ends that are due.
  void tick(Now now);
  /// The session has come here with a will, or waits with it from now on: others are to know.
  void leave_will(const Session& session);
  /// [MQTT-3.1.2-10], [MQTT-3.1.3-9]
  void drop_will(Session& session);

 private:
  /// Its memberships end; messages on their way to it stay.
  void leave_groups(Session& session);
  void update_groups(Session& session);
  /// To the other members of the groups by way of which it came.
  void give_back(const std::vector<Outgoing>& left);
  /// [MQTT-3.1.2-8], [MQTT-3.1.3-9]
  void publish_will(Session& session, Now now);

  World& world_;
  Publishing& publishing_;
  Presence& presence_;
};

}  // namespace meshmq::broker
