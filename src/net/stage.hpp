#pragma once
// What stands between a socket's bytes and MQTT's bytes: TLS, WebSocket, the header of the PROXY protocol.
//
// How to plug one in: derive from Stage, give ListenerOptions::make_stage a function that makes one for each
// accepted connection, and set ListenerOptions::handshake_timeout. Stages are stacked by StagePair, the one
// next to the socket first: StagePair(proxy, StagePair(tls, websocket)). Plain TCP has none: make_stage stays
// empty.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/peer.hpp"

namespace meshmq::net {

/// A stage writes what it has found out about the client, and leaves the rest as it is.
using PeerFacts = broker::Peer;

enum class StageStatus : std::uint8_t {
  handshake,  ///< nothing plain can flow yet: the broker does not know the connection
  ready,      ///< plain bytes flow in both directions
  left,       ///< was only at the front (PROXY): drop it, the bytes that it did not take are somebody else's
  closed,     ///< the client has said goodbye in this stage's words
  failed,     ///< error() says why; `down` may hold last words, which are still sent
};

/// Both are shared by all connections of a worker and only appended to.
struct StageIo {
  /// A stage stops taking input when it has put so much into `up` (more only to finish what it has begun): a
  /// few bytes that inflate to many must not fill the memory. It is called again at once, perhaps without new
  /// bytes.
  static constexpr std::size_t up_bytes_max = 64 * 1024;

  std::string& up;    ///< plain bytes for whoever is above
  std::string& down;  ///< bytes for the socket
};

/// One layer of one connection; pure: bytes in, bytes out, no clock. Invariants: an idle one holds no
/// buffers; a limit of its own bounds what an unfinished handshake or frame may hold. Thread rule: used by
/// one worker at a time; goes to another worker together with its connection.
class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  /// Bytes from the socket. Removes from the front of `bytes` what it has used: all, unless `up` is full or
  /// the status is other than handshake and ready. Must put up with no bytes at all. After closed or failed
  /// it answers the same again.
  virtual StageStatus receive(std::string_view& bytes, StageIo& io) = 0;
  /// Puts all of `plain` (64 KiB at most) into `down`. Only while ready, or after closed: then it may drop
  /// them. False: failed.
  virtual bool send(std::span<const iovec> plain, std::string& down) = 0;
  /// Last words, called once after the last send(). Not after failed.
  virtual void close(std::string& down) = 0;
  /// Called once, when the handshake is over.
  virtual void describe(PeerFacts& peer) const = 0;
  /// Why it failed, for the operator: `TLS: no shared cipher`.
  virtual std::string error() const = 0;
};

using StageFactory = std::function<std::unique_ptr<Stage>()>;

/// What a connection has besides a socket, if it is (or began as) more than plain TCP.
struct Transport {
  explicit Transport(std::unique_ptr<Stage> first) : stage(std::move(first)) {}

  std::unique_ptr<Stage> stage;  ///< nullptr once it has left: plain from then on
  std::string unfed;             ///< from the socket, not taken by the stage because reading was paused
  std::string unsent;            ///< for the socket, not taken by the kernel; 80 KiB or so at most
  PeerFacts peer;
  bool ready = false;  ///< the broker knows the connection
  bool said_goodbye = false;
};

}  // namespace meshmq::net
