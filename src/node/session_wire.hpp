#pragma once
// What two nodes say to each other about a session that moves: docs/wire/session-v1.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "cluster/client_rows.hpp"
#include "cluster/shared_rows.hpp"

namespace meshmq::node::wire {

/// Numbers of one asking node; an answer carries the asker's number.
using RequestId = std::uint64_t;

/// "The client is here now: give me its session" or, with clean start, "end its session".
struct TakeOver {
  RequestId request = 0;
  cluster::RowStamp stamp;  ///< of the CONNECT; the newest wins
  bool clean_start = false;
  std::string client_id;
  /// A clean start ends only a session from before this time; 0: any.
  std::uint64_t void_before = 0;
};
enum class Outcome : std::uint8_t {
  none,        ///< there is no session (any more)
  superseded,  ///< a newer connection came in here
  moved,       ///< ask `node`
};
struct Answer {
  RequestId request = 0;
  Outcome outcome = Outcome::none;
  std::string node;
};
/// A piece of the session's image.
struct Image {
  RequestId request = 0;
  bool last = false;
  std::string bytes;
};
/// A message that reached the old home after the image was made.
struct Relay {
  RequestId request = 0;
  std::string bytes;
};
/// New home to old: everybody knows its routes.
struct Adopted {
  RequestId request = 0;
};
/// Old home to new: nothing older will come but by bad luck; what came directly may go.
struct CaughtUp {
  RequestId request = 0;
};
/// Old home to new: nothing will come any more.
struct Over {
  RequestId request = 0;
};
/// An operator somewhere ends this client.
struct Kick {
  std::string client_id;
};

/// New home to old: the image came too late, keep the session.
struct Refused {
  RequestId request = 0;
};

/// A node that ends asks another one to take over this session, whose client is away.
struct Offer {
  std::string client_id;
};

/// "Your row of this session has come when another node's was here, which says that it is newer." Sent before
/// the row is acknowledged.
struct Behind {
  cluster::ClientKey key = 0;
  cluster::RowStamp newer;
};

using Frame =
    std::variant<TakeOver, Answer, Image, Relay, Adopted, CaughtUp, Over, Kick, Refused, Offer, Behind>;

std::string encode(const Frame& frame);
Result<Frame> decode(std::string_view bytes);

}  // namespace meshmq::node::wire
