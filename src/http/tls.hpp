#pragma once
// TLS as the server needs it: somebody else knows the certificates.

#include <functional>
#include <memory>

/// OpenSSL's SSL.
struct ssl_st;

namespace meshmq::http {

/// OpenSSL's state of a new connection, which becomes the connection's, and what must live as long.
struct TlsSession {
  ssl_st* ssl = nullptr;
  std::shared_ptr<const void> context;
};
using MakeTls = std::function<TlsSession()>;

}  // namespace meshmq::http
