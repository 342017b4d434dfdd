#pragma once
// One reading of the files of a TLS listener, or of a client. Includes OpenSSL: for this folder's own files.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/openssl_ptr.hpp"
#include "net/tls_files.hpp"
#include "net/tls_options.hpp"

namespace meshmq::net {

/// Everything that the connections of a TLS listener (or of a client) share: certificates, whom to trust,
/// protocols. Immutable once loaded; a reload makes another one, and connections keep theirs. Thread rule:
/// any thread.
class TlsContext {
 public:
  struct Loaded;
  /// Fails with a line that names the key and the file.
  static Result<Loaded> load(TlsOptions options);

  /// For a new connection. The SSL must not outlive this. `host`: whom a client calls, a name or an address:
  /// the server's certificate must be for it.
  SslPtr make_ssl(const std::string& host = {}) const;
  const TlsOptions& options() const { return options_; }

 private:
  /// A certificate as clients get it.
  struct Identity {
    SslCtxPtr context;
    std::vector<std::string> hosts;  ///< lower case
    std::string ocsp_response;       ///< DER
  };
  /// What the certificates of a listener have in common.
  struct Trust {
    std::vector<X509Ptr> authorities;
    std::vector<X509CrlPtr> revocations;
    KeyPtr dh;
  };
  using Warnings = std::vector<std::string>;

  explicit TlsContext(TlsOptions options) : options_(std::move(options)) {}

  Result<void> load_all(Warnings& warnings);
  Result<Trust> load_trust(Warnings& warnings) const;
  Result<std::unique_ptr<Identity>> load_identity(const TlsCertificate& certificate, const Trust& trust,
                                                  Warnings& warnings) const;
  Result<void> use_certificate(Identity& identity, const TlsCertificate& certificate,
                               Warnings& warnings) const;
  Result<void> set_versions(SSL_CTX* context) const;
  Result<void> set_ciphers(SSL_CTX* context, Warnings& warnings) const;
  void set_trust(SSL_CTX* context, const Trust& trust) const;
  void set_sessions(SSL_CTX* context) const;
  std::string setting(std::string_view last) const { return options_.setting + "." + std::string(last); }

  // --- OpenSSL's callbacks; `self` is a const TlsContext*, `identity` a const Identity*
  static int choose_host(SSL* ssl, int* alert, void* self);
  static int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                             const unsigned char* offered, unsigned offered_size, void* self);
  static int staple(SSL* ssl, void* identity);
  static unsigned find_psk(SSL* ssl, const char* name, unsigned char* psk, unsigned psk_bytes_max);

  const TlsOptions options_;
  std::unique_ptr<Identity> main_;
  std::vector<std::unique_ptr<Identity>> others_;  ///< by SNI
  std::string protocols_;                          ///< ALPN's own form
  PskTable psk_;
};

struct TlsContext::Loaded {
  std::shared_ptr<const TlsContext> context;
  std::vector<std::string> warnings;  ///< an expired certificate, an unknown cipher
};

}  // namespace meshmq::net
