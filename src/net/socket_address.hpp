#pragma once
// Socket addresses as people write them.

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::net {

/// `127.0.0.1:1883`, `[::1]:1883`, `/path`; an IPv4 address in IPv6 clothes (a client of a listener on `::`)
/// as IPv4.
std::string format_address(const sockaddr_storage& address);
/// Clients of a Unix domain socket have no address: `unix:` and the listener's path.
std::string peer_name(int fd);
/// The 4 or 16 bytes of an IP address; empty for others.
std::string_view raw_address(const sockaddr_storage& address);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  std::uint16_t port() const;
};
/// Fails if the path is too long.
Result<SocketAddress> unix_address(const std::string& path);
/// A literal address, or the first one of a host name. Blocks for a name.
Result<SocketAddress> resolve_address(const std::string& host, std::uint16_t port);
SocketAddress local_address(int fd);

}  // namespace meshmq::net
