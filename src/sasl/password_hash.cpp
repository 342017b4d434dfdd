#include "sasl/password_hash.hpp"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/assert.hpp"
#include "sasl/base64.hpp"
#include "sasl/digest.hpp"

namespace meshmq::sasl {

namespace {

constexpr std::string_view argon2_mark = "$argon2id$";
constexpr std::string_view plain_mark = "plain$$";
constexpr std::uint32_t argon2_lanes = 1;
constexpr std::size_t argon2_hash_bytes = 32;

const EVP_MD* algorithm(std::string_view scheme) {
  if (scheme == "md5") return EVP_md5();
  if (scheme == "sha") return EVP_sha1();
  if (scheme == "sha256") return EVP_sha256();
  if (scheme == "sha512") return EVP_sha512();
  return nullptr;
}

std::string salted_digest(const EVP_MD* algorithm, std::string_view salt, std::string_view password) {
  std::string bytes(salt);
  bytes += password;
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const int ok = EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr);
  MESHMQ_ASSERT(ok == 1, "a digest of bytes in memory cannot fail");
  return {reinterpret_cast<const char*>(out), size};
}

std::string argon2(const PasswordHashing& hashing, std::string_view password, std::string_view salt) {
  std::string encoded(
      argon2_encodedlen(hashing.iterations, hashing.memory_kib, argon2_lanes,
                        static_cast<std::uint32_t>(salt.size()), argon2_hash_bytes, Argon2_id),
      '\0');
  const int code = argon2id_hash_encoded(hashing.iterations, hashing.memory_kib, argon2_lanes,
                                         password.data(), password.size(), salt.data(), salt.size(),
                                         argon2_hash_bytes, encoded.data(), encoded.size());
  MESHMQ_ASSERT(code == ARGON2_OK, "memory, iterations and salt are in argon2's limits");
  encoded.resize(encoded.find('\0'));
  return encoded;
}

/// scheme$salt$digest
bool digest_fits(std::string_view hash, std::string_view password) {
  const std::size_t first = hash.find('$');
  const std::size_t second = hash.find('$', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  const EVP_MD* used = algorithm(hash.substr(0, first));
  const auto salt = from_base64(hash.substr(first + 1, second - first - 1));
  const auto digest = from_base64(hash.substr(second + 1));
  return used != nullptr && salt && digest && equal(salted_digest(used, *salt, password), *digest);
}

}  // namespace

std::string hash_password(const PasswordHashing& hashing, std::string_view password, std::string_view salt) {
  if (hashing.scheme == "plain") return std::string(plain_mark) + to_base64(password);
  const EVP_MD* used = algorithm(hashing.scheme);
  if (used == nullptr) return argon2(hashing, password, salt);
  return fmt::format("{}${}${}", hashing.scheme, to_base64(salt),
                     to_base64(salted_digest(used, salt, password)));
}

bool password_fits(const std::string& hash, std::string_view password) {
  if (hash.starts_with(argon2_mark))
    return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
  if (!hash.starts_with(plain_mark)) return digest_fits(hash, password);
  const auto known = from_base64(std::string_view(hash).substr(plain_mark.size()));
  return known && equal(sasl::hash(Digest::sha256, *known), sasl::hash(Digest::sha256, password));
}

}  // namespace meshmq::sasl
