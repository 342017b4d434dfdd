#pragma once
// Lists of TLS versions and ciphers as people write them. Includes OpenSSL: for this folder's own files.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace meshmq::net {

/// Separated by commas, colons or blanks.
std::vector<std::string> split_names(std::string_view text);

struct TlsVersions {
  int min = 0;  ///< TLS1_2_VERSION ...
  int max = 0;
  std::uint64_t holes = 0;  ///< SSL_OP_NO_... for those in between that were not named
};
/// `tlsv1.3,tlsv1.2`; fails with the name that means nothing.
Result<TlsVersions> parse_versions(std::string_view text);

struct CipherLists {
  bool given = false;
  std::string tls12;  ///< for TLS 1.2 and older, as OpenSSL wants it
  std::string tls13;
  std::vector<std::string> unknown;
};
/// A list for all versions of TLS, sorted. OpenSSL's other words (HIGH, !aNULL, @SECLEVEL=1) may stand in it.
CipherLists sort_ciphers(std::string_view text);

}  // namespace meshmq::net
