#pragma once
// Reads what TLS needs from files. Includes OpenSSL: for this folder's own files.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "net/openssl_ptr.hpp"
#include "net/tls_options.hpp"

namespace meshmq::net {

/// A file that a key names. Errors of all functions: `listener.ssl.external.certfile: etc/cert.pem: No such
/// file or directory`.
struct TlsFile {
  std::string setting;  ///< the whole key
  std::string path;
};

struct CertificateChain {
  X509Ptr leaf;
  std::vector<X509Ptr> intermediates;
};

/// The secret for each identity.
using PskTable = std::unordered_map<std::string, std::string>;

Result<std::string> read_tls_file(const TlsFile& file);
/// The first certificate of the file, and those behind it.
Result<CertificateChain> read_chain(const TlsFile& file);
Result<std::vector<X509Ptr>> read_certificates(const TlsFile& file);
Result<std::vector<X509CrlPtr>> read_crls(const TlsFile& file);
Result<KeyPtr> read_private_key(const TlsFile& file, const std::string& password);
Result<KeyPtr> read_dh_parameters(const TlsFile& file);
enum class PskKeys : std::uint8_t {
  hex,   ///< as mosquitto's file
  text,  ///< the bytes as they stand there, as EMQ X 4.3's file
};
/// Adds the lines `identity:key`; `#` begins a comment.
Result<void> read_psk_file(const TlsFile& file, PskKeys keys, PskTable& table);

}  // namespace meshmq::net
