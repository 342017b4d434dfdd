#include "sasl/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.hpp"

namespace meshmq::sasl {

namespace {

const EVP_MD* algorithm(Digest digest) {
  return digest == Digest::sha256 ? EVP_sha256() : EVP_sha512();
}

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::size_t digest_size(Digest digest) {
  return digest == Digest::sha256 ? 32 : 64;
}

std::string hash(Digest digest, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const int ok = EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm(digest), nullptr);
  MESHMQ_ASSERT(ok == 1, "a digest of bytes in memory cannot fail");
  return text(out, size);
}

std::string hmac(Digest digest, std::string_view key, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const unsigned char* done =
      HMAC(algorithm(digest), key.data(), static_cast<int>(key.size()), raw(bytes), bytes.size(), out, &size);
  MESHMQ_ASSERT(done != nullptr, "a digest of bytes in memory cannot fail");
  return text(out, size);
}

std::string pbkdf2(Digest digest, std::string_view password, std::string_view salt,
                   std::uint32_t iterations) {
  unsigned char out[EVP_MAX_MD_SIZE];
  const auto size = static_cast<int>(digest_size(digest));
  const int ok = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                                   static_cast<int>(salt.size()), static_cast<int>(iterations),
                                   algorithm(digest), size, out);
  MESHMQ_ASSERT(ok == 1, "iterations and sizes are positive");
  return text(out, digest_size(digest));
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace meshmq::sasl
