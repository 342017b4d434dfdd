#pragma once
// The arithmetic of mechanisms: digests, their keyed form, keys from passwords.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace meshmq::sasl {

/// Numbered on the wire and on disk.
enum class Digest : std::uint8_t { sha256 = 1, sha512 = 2 };

std::size_t digest_size(Digest digest);
std::string hash(Digest digest, std::string_view bytes);
std::string hmac(Digest digest, std::string_view key, std::string_view bytes);
/// PBKDF2 with HMAC, as long as the digest. Slow by intention: `iterations` times hmac().
std::string pbkdf2(Digest digest, std::string_view password, std::string_view salt, std::uint32_t iterations);
/// Takes the same time wherever they differ.
bool equal(std::string_view a, std::string_view b);

}  // namespace meshmq::sasl
