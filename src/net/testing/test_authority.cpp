#include "net/testing/test_authority.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace meshmq::net::testing {
namespace {

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL: " + take_openssl_error());
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  check(file != nullptr && write(file) == 1);
  std::fclose(file);
}

std::filesystem::path new_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "meshmq-certs-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return name;
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : directory_(new_directory()), key_(EVP_EC_gen("P-256")) {
  certificate_ = make({.cn = name}, key_.get(), true);
  write_pem(cacert(), [&](std::FILE* file) { return PEM_write_X509(file, certificate_.get()); });
}

TestAuthority::~TestAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

X509Ptr TestAuthority::make(const CertificateWish& wish, EVP_PKEY* key, bool authority) {
  X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  X509* issuer = authority ? x : certificate_.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial_++);
  X509_gmtime_adj(X509_getm_notBefore(x), wish.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(x), wish.valid_until_s);
  X509_NAME* name = X509_get_subject_name(x);
  const auto add = [name](const char* field, const std::string& text) {
    check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()), -1, 0) == 1);
  };
  add("O", "Example");
  add("CN", wish.cn);
  X509_set_issuer_name(x, X509_get_subject_name(issuer));
  X509_set_pubkey(x, key);
  if (authority) extend(x, issuer, NID_basic_constraints, "critical,CA:TRUE");
  std::string names;
  for (const std::string& dns : wish.dns) names += (names.empty() ? "DNS:" : ",DNS:") + dns;
  if (!names.empty()) extend(x, issuer, NID_subject_alt_name, names);
  check(X509_sign(x, key_.get(), EVP_sha256()) > 0);
  return certificate;
}

CertificateFiles TestAuthority::issue(const CertificateWish& wish) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  issued_.push_back({wish.cn, serial_});
  const X509Ptr certificate = make(wish, key.get(), false);
  const std::string name = wish.cn.c_str();
  CertificateFiles files{path(name + ".pem"), path(name + ".key")};
  write_pem(files.cert, [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  write_pem(files.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

std::string TestAuthority::revoke(const std::vector<std::string>& cns) {
  const X509CrlPtr list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
  ASN1_TIME* time = ASN1_TIME_new();
  X509_gmtime_adj(time, -60);
  X509_CRL_set1_lastUpdate(list.get(), time);
  for (const Issued& one : issued_) {
    if (std::find(cns.begin(), cns.end(), one.cn) == cns.end()) continue;
    X509_REVOKED* revoked = X509_REVOKED_new();
    ASN1_INTEGER* serial = ASN1_INTEGER_new();
    ASN1_INTEGER_set(serial, one.serial);
    X509_REVOKED_set_serialNumber(revoked, serial);
    ASN1_INTEGER_free(serial);
    X509_REVOKED_set_revocationDate(revoked, time);
    X509_CRL_add0_revoked(list.get(), revoked);
  }
  X509_gmtime_adj(time, 3600);
  X509_CRL_set1_nextUpdate(list.get(), time);
  ASN1_TIME_free(time);
  check(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) > 0);
  write_pem(path("crl.pem"), [&](std::FILE* file) { return PEM_write_X509_CRL(file, list.get()); });
  return path("crl.pem");
}

std::string TestAuthority::write(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

}  // namespace meshmq::net::testing
