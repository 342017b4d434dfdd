#pragma once
// A session as bytes, for its way to another node or to the disk.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "broker/outgoing.hpp"
#include "broker/session.hpp"
#include "broker/subscription_table.hpp"

namespace meshmq::broker {

/// One message of a session's. Form: docs/wire/session-v1.md.
void write_outgoing(ByteWriter& w, const Outgoing& outgoing);
/// Empty message if the bytes are no good.
Outgoing read_outgoing(ByteReader& r);

struct ImagedSubscription {
  std::string filter;
  SubscriptionOptions options;
};

/// Its memberships of shared groups, by the groups' names.
std::vector<ImagedSubscription> shared_subscriptions(const Session& session);

/// How long a copy of a message that the session has got may be under way to its new home, at most.
inline constexpr WallMillis transit_max_ms = 1000;

/// Everything that MQTT calls session state ([MQTT5 4.1]) and what is counted; no will, no connection: its
/// client is there.
/// `recent`: what was dispatched here lately, if the session was here to get it.
std::string session_image(Session& session, const RecentMessages* recent, Now now);
/// The same of a session that goes on waiting for its client: with its will, and the time since when it
/// waits.
std::string resting_image(Session& session, const RecentMessages* recent, Now now);
/// The client id in an image; empty if it is none.
std::string_view image_owner(std::string_view image);
/// Fills a fresh session and its arrival; the subscriptions are left to the caller. One that rests has
/// detached_at and disconnected_at; they are 0 otherwise.
Result<std::vector<ImagedSubscription>> restore_session(std::string_view image, Session& session, Now now);

}  // namespace meshmq::broker
