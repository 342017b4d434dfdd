#pragma once
// The header of the PROXY protocol, versions 1 and 2: who the client behind a load balancer is.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::front {

/// What the balancer says. Empty: nothing, the socket's own facts hold (LOCAL, UNKNOWN, a health check).
struct ProxyHeader {
  std::string peername;  ///< `10.0.0.1:1234`, `[::1]:1234`, `unix:/path`
  std::string cn;        ///< common name of the certificate that the client gave to the balancer
};

/// What read_proxy_header() has found at the front of the bytes.
struct ProxyRead {
  std::size_t size = 0;  ///< of the header; 0: it is not complete yet
  ProxyHeader header;
};

/// More than this is refused as soon as the header says its length: addresses, and room for some extensions
/// (TLVs), which are skipped but for the client's common name and the checksum.
inline constexpr std::size_t proxy_header_bytes_max = 4096;

/// Reads from the first bytes of a connection. Fails as soon as they cannot begin a header; whoever calls
/// with more and more bytes gets the same answer as with all at once.
Result<ProxyRead> read_proxy_header(std::string_view bytes);

}  // namespace meshmq::front
