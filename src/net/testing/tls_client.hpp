#pragma once
// A blocking TLS client for tests.

#include <cstdint>
#include <string>
#include <string_view>

#include "net/openssl_ptr.hpp"
#include "net/testing/raw_client.hpp"
#include "net/testing/test_authority.hpp"

namespace meshmq::net::testing {

struct TlsClientOptions {
  int version = 0;  ///< TLS1_2_VERSION, TLS1_3_VERSION; 0: any
  CertificateFiles certificate = {};
  std::string host = {};     ///< SNI
  std::string alpn = {};     ///< one protocol
  std::string ciphers = {};  ///< TLS 1.2
  std::string psk_identity = {};
  std::string psk = {};  ///< raw
  bool want_ocsp = false;
  SSL_SESSION* session = nullptr;
  SSL_CTX* context = nullptr;  ///< of an earlier client, for its session
};

class TlsClient {
 public:
  TlsClient(std::uint16_t port, TlsClientOptions options);

  /// Handshake, and in TLS 1.3 the server's first word after it, so that a refusal is seen.
  bool handshake();
  bool send(std::string_view bytes);
  /// Exactly so many bytes; fewer if the connection ends.
  std::string receive(std::size_t size);
  /// CONNECT and its CONNACK.
  bool connect(std::string_view client_id);

  SSL* ssl() { return ssl_.get(); }
  SSL_CTX* context() { return context_.get(); }
  std::string server_cn();
  std::string alpn();
  RawClient& socket() { return socket_; }

 private:
  static unsigned give_psk(SSL* ssl, const char* hint, char* identity, unsigned identity_max,
                           unsigned char* psk, unsigned psk_max);

  TlsClientOptions options_;
  RawClient socket_;
  SslCtxPtr context_;
  SslPtr ssl_;
};

}  // namespace meshmq::net::testing
