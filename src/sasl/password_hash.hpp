#pragma once
// Passwords as they are kept.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace meshmq::sasl {

struct PasswordHashing {
  /// `argon2id`, or as EMQ X 4.3 does it, quick to guess: `plain`, `md5`, `sha`, `sha256`, `sha512`.
  std::string scheme = "argon2id";
  // --- of argon2id: what guessing costs, and what each CONNECT costs
  std::uint32_t memory_kib = 8 * 1024;
  std::uint32_t iterations = 1;
};
inline constexpr std::string_view password_schemes = "argon2id plain md5 sha sha256 sha512";
inline constexpr std::size_t salt_bytes = 16;

/// Text that names its scheme. `salt` is another one for each password. Slow by intention: milliseconds.
std::string hash_password(const PasswordHashing& hashing, std::string_view password, std::string_view salt);
/// As slow. Takes the same time wherever they differ. False for a hash that cannot be read.
bool password_fits(const std::string& hash, std::string_view password);

}  // namespace meshmq::sasl
