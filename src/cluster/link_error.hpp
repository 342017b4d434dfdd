#pragma once
// Why nodes cannot talk. Each cause reads differently to the operator: no catch-all `node_down`.

#include <cstdint>
#include <string_view>

namespace meshmq::cluster {

enum class LinkError : std::uint8_t {
  unknown_host,      ///< the name behind @ does not resolve
  unreachable,       ///< no route, or the connection was refused: no such host or no EPMD there
  not_registered,    ///< EPMD answers, but knows no node of that name
  tls_failed,        ///< certificates, versions or ciphers do not fit, or one side speaks no TLS
  cookie_refused,    ///< the challenge failed, on either side
  duplicate_name,    ///< a live node of our name is connected there
  not_allowed,       ///< missing protocol flags
  version_mismatch,  ///< no common protocol version
  timed_out,         ///< silence, in the handshake or later
  closed,            ///< the peer closed an established link
  malformed,         ///< bytes that no peer should send
};

std::string_view to_string(LinkError error);

}  // namespace meshmq::cluster
