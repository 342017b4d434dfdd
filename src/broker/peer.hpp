#pragma once
// The client's end of a connection.

#include <cstdint>
#include <string>

namespace meshmq::broker {

/// What the shell has found out about a client before CONNECT: from the socket, a proxy in front, the
/// client's certificate. Empty: not known.
struct Peer {
  std::string name = {};            ///< ip:port; behind a proxy that tells it, the real one
  std::string username = {};        ///< takes the place of CONNECT's (peer_cert_as_username)
  std::string clientid = {};        ///< takes the place of CONNECT's (peer_cert_as_clientid)
  std::string cn = {};              ///< common name of the client's certificate
  std::string dn = {};              ///< its whole subject
  std::uint16_t zone = 0;           ///< of the listener; see Config::zone()
  std::uint16_t listener_port = 0;  ///< 0: none

  bool identified() const { return !username.empty() || !clientid.empty() || !cn.empty() || !dn.empty(); }
};

}  // namespace meshmq::broker
