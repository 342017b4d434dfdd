#pragma once
// What a TLS listener is told, in the words of its configuration keys; also what a TLS client is told.

#include <cstdint>
#include <string>
#include <vector>

namespace meshmq::net {

/// A certificate with its key, and the host names for which clients get it.
struct TlsCertificate {
  std::string setting = {};   ///< for error messages: listener.ssl.external, listener.ssl.external.sni.1
  std::string hostname = {};  ///< .hostname, `*.example.org` is allowed; empty: the names in the certificate
  std::string certfile = {};  ///< PEM: the certificate, then intermediate ones
  std::string keyfile = {};   ///< PEM
  std::string key_password = {};  ///< of an encrypted key
  std::string ocspfile = {};      ///< DER: an OCSP response that is stapled; empty: none
};

/// What of a client's certificate takes the place of its user name or client id.
enum class PeerCertAs : std::uint8_t {
  nothing,
  cn,   ///< the common name
  dn,   ///< the whole subject: CN=thing-1,O=Example
  crt,  ///< the certificate itself, as pem: its bytes alone are no text
  pem,  ///< the certificate itself: base64 of the DER, as EMQ X 4.3 has it
  md5,  ///< MD5 of the DER, in hex
};

enum class TlsRole : std::uint8_t { server, client };

/// Each field is named as the last part of its key, unless it says otherwise.
struct TlsOptions {
  TlsRole role = TlsRole::server;
  std::string setting;         ///< the key they stand below, for error messages: listener.ssl.external
  TlsCertificate certificate;  ///< what a client gets that names no host, or one that nobody knows. May be
                               ///< empty if there is a psk_file, and of a client
  std::vector<TlsCertificate> sni;  ///< of servers
  std::string cacertfile;
  std::string crlfile;
  bool crl_check_chain = false;  ///< .crl_check = chain: intermediate certificates need a list too
  std::string dhfile;
  std::string psk_file;
  bool psk_keys_are_text = false;  ///< .psk_keys = text; otherwise hex
  std::string tls_versions = "tlsv1.3,tlsv1.2";
  std::string ciphers;      ///< names as OpenSSL's, of TLS 1.3 too; empty: OpenSSL's default
  std::string psk_ciphers;  ///< instead of `ciphers`
  std::string alpn;         ///< protocols, the preferred one first; empty: not spoken
  bool verify_peer = false;
  bool fail_if_no_peer_cert = false;
  int depth = 10;
  bool reuse_sessions = true;
  bool honor_cipher_order = true;
  PeerCertAs peer_cert_as_username = PeerCertAs::nothing;
  PeerCertAs peer_cert_as_clientid = PeerCertAs::nothing;
};

/// The files that are named.
std::vector<std::string> files_of(const TlsOptions& options);

}  // namespace meshmq::net
