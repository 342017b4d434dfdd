#pragma once
// What nodes say to each other by multicast: docs/wire/discovery-mcast-v1.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::discovery {

/// Bound to a cluster's name and proven with the cookie, which is not in it. A recorded datagram that is sent
/// again only names a node that was there; links have their own proof.
struct McastDatagram {
  enum class Kind : std::uint8_t { ping = 1, pong = 2 };
  Kind kind = Kind::ping;
  std::string cluster;
  std::string node;

  std::string encode(std::string_view cookie) const;
  /// Errc::unsupported: of another cluster, which is no fault. Errc::refused: of our cluster's name, but with
  /// another cookie.
  static Result<McastDatagram> decode(std::string_view bytes, std::string_view cluster,
                                      std::string_view cookie);
};

}  // namespace meshmq::discovery
