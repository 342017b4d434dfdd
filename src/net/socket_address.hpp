#pragma once
// Socket addresses as people write them.

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::net {

/// `127.0.0.1:1883`, `[::1]:1883`; an IPv4 address in IPv6 clothes (a client of a listener on `::`) as IPv4.
std::string format_address(const sockaddr_storage& address);
std::string peer_name(int fd);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  std::uint16_t port() const;
};
/// A literal address, or the first one of a host name. Blocks for a name.
Result<SocketAddress> resolve_address(const std::string& host, std::uint16_t port);
SocketAddress local_address(int fd);

}  // namespace meshmq::net
