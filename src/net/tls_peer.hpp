#pragma once
// A client's certificate as names. Includes OpenSSL: for this folder's own files.

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "net/tls_options.hpp"

namespace meshmq::net {

/// Empty if the certificate has none.
std::string common_name(X509* certificate);
/// RFC 4514: the last part of the name first, UTF-8.
std::string distinguished_name(X509* certificate);
/// What stands for the client in this certificate.
std::string peer_cert_value(X509* certificate, PeerCertAs what);
/// The DNS names for which it was made; the common name if there are none.
std::vector<std::string> host_names(X509* certificate);
/// Whether a client that asked for `host` gets what is there for `pattern`; both in lower case. `*.` stands
/// for one label (RFC 6125).
bool host_matches(const std::string& pattern, const std::string& host);

}  // namespace meshmq::net
