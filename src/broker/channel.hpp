#pragma once
// The protocol state of one connection.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "broker/ack_queue.hpp"
#include "broker/authentication.hpp"
#include "broker/client_acl.hpp"
#include "broker/config.hpp"
#include "broker/peer.hpp"
#include "broker/ports.hpp"
#include "broker/session.hpp"
#include "broker/topic_aliases.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

///   open() -> connecting --CONNECT--> connected -> closed -> Broker::closed()
///              ^   |--- home is another worker --> moved
///              |---+--- the node is asked about client or session: waiting
///              `---+--- enhanced authentication: authenticating
enum class ChannelState : std::uint8_t {
  connecting,      ///< nothing but CONNECT is accepted
  waiting,         ///< CONNECT waits, unread, for what the node says
  authenticating,  ///< nothing but AUTH and DISCONNECT is accepted ([MQTT-3.1.2-30])
  connected,       ///< has a session
  closed,          ///< the shell was told to close; what still comes in is ignored
  moved,           ///< another worker goes on; the shell has forgotten this one
};

/// Whether its packets are listened to.
inline bool is_open(ChannelState state) {
  return state == ChannelState::connecting || state == ChannelState::authenticating ||
         state == ChannelState::connected;
}

/// Why a client is not being read. It is read again when no reason is left.
enum class PauseReason : std::uint8_t {
  route = 1,       ///< Router::route() said congested
  acks = 2,        ///< as many publishes as its Receive Maximum wait to be settled
  output = 4,      ///< it does not read what it asks for
  subscribes = 8,  ///< `pending_subscribes_max` SUBSCRIBEs wait for the cluster
  connect = 16,    ///< CONNECT waits for an answer
  known = 32,      ///< CONNACK waits until others know of the session
  group = 64,      ///< a PUBLISH is next, and the groups that its client has just joined are not known
};
inline constexpr std::uint16_t pending_subscribes_max = 64;

/// Lives from Broker::open() to Broker::closed(). Owned by the ChannelTable; its address is stable.
struct Channel {
  ConnId conn;
  /// Differs for every connection: a late answer finds out that its connection is gone although the ConnId is
  /// in use.
  std::uint32_t generation = 0;
  const Config* zone = nullptr;  ///< whose limits it keeps to
  ChannelState state = ChannelState::connecting;
  mqtt::Version version = mqtt::Version::v3_1_1;
  std::uint8_t paused = 0;           ///< PauseReasons
  bool claimed = false;              ///< no other node has the session
  std::uint32_t acl_generation = 0;  ///< of `acl`
  Token claim = 0;                   ///< of Router::claim(), until it is connected
  bool left_behind = false;          ///< an older session of this client is out of reach
  /// [MQTT-3.1.2-29] Whether reason strings may be sent; not before CONNECT has said so.
  bool problem_information = false;
  std::uint16_t pending_subscribes = 0;  ///< SUBACKs that we owe
  std::uint16_t listener_port = 0;       ///< 0: none
  std::uint32_t packet_bytes_max = 0;    ///< [MQTT-3.1.2-24] what the client takes, once connected
  std::uint32_t keepalive_ms = 0;        ///< silence after which the client is gone; 0: unlimited
  std::string_view end = "tcp_closed";   ///< why the connection ends, as EMQ X calls it; a literal
  Session* session = nullptr;            ///< set while connected
  TimePoint last_received{};             ///< the last whole packet
  AckQueue acks;
  std::unique_ptr<TopicAliases> aliases;
  std::unique_ptr<Authentication> auth;  ///< once the node was asked; see Authenticating
  ClientAclPtr acl;                      ///< Access's: made when it is asked for
  std::unique_ptr<Peer> peer;            ///< once connected: nullptr unless it has shown a certificate
};
// Allocations grow by 16 bytes.
static_assert(sizeof(Channel) <= 136);

}  // namespace meshmq::broker
