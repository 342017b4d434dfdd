#pragma once
// Certificates for tests, made on the spot.

#include <filesystem>
#include <string>
#include <vector>

#include "net/openssl_ptr.hpp"

namespace meshmq::net::testing {

struct CertificateWish {
  std::string cn;
  std::vector<std::string> dns = {};
  long valid_from_s = -3600;  ///< from now
  long valid_until_s = 3600 * 24;
};

/// Paths of PEM files.
struct CertificateFiles {
  std::string cert;
  std::string key;
};

/// A certificate authority with a directory of its own, which goes with it.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  /// A certificate with key; files named after the common name.
  CertificateFiles issue(const CertificateWish& wish);
  /// The certificate of the authority.
  std::string cacert() const { return path("ca.pem"); }
  /// A list that takes back what was issued with these common names.
  std::string revoke(const std::vector<std::string>& cns);
  std::string write(const std::string& name, const std::string& content) const;
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  struct Issued {
    std::string cn;
    long serial;
  };

  X509Ptr make(const CertificateWish& wish, EVP_PKEY* key, bool authority);

  std::filesystem::path directory_;
  KeyPtr key_;
  X509Ptr certificate_;
  std::vector<Issued> issued_;
  long serial_ = 1;
};

}  // namespace meshmq::net::testing
