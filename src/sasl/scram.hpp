#pragma once
// SCRAM-SHA-256 and SCRAM-SHA-512, the server's side (RFC 5802, 7677): the client proves that it knows the
// password without sending it, the server that it knows what was made from it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sasl/digest.hpp"

namespace meshmq::sasl {

/// "SCRAM-SHA-256", "SCRAM-SHA-512"
std::optional<Digest> scram_digest(std::string_view mechanism);
std::string_view scram_mechanism(Digest digest);

/// What a server keeps of a password. Whoever has it can pose as the server, but not as the user.
struct ScramVerifier {
  std::string salt;
  std::uint32_t iterations = 0;
  std::string stored_key;
  std::string server_key;

  friend bool operator==(const ScramVerifier&, const ScramVerifier&) = default;
};

/// RFC 7677 wants no less.
inline constexpr std::uint32_t scram_iterations_min = 4096;
/// Clients do the same work.
inline constexpr std::uint32_t scram_iterations_max = 1'000'000;

/// Slow, see pbkdf2().
ScramVerifier make_scram_verifier(Digest digest, std::string_view password, std::string_view salt,
                                  std::uint32_t iterations);
/// For a name that nobody has: nothing proves anything against it, and its salt is always the same, so that
/// asking does not tell which names there are. `secret` is the server's.
ScramVerifier make_mock_verifier(Digest digest, std::string_view username, std::string_view secret,
                                 std::uint32_t iterations);

///     client                      server
///     n,,n=user,r=X          ->   begin()      then verifier of username()
///     r=XY,s=SALT,i=4096     <-   challenge()
///     c=biws,r=XY,p=PROOF    ->   finish()
///     v=SIGNATURE            <-
///
/// One exchange, each step once. Thread rule: one owner.
class ScramExchange {
 public:
  /// `nonce` is unpredictable printable ASCII without comma.
  ScramExchange(Digest digest, std::string nonce) : digest_(digest), nonce_(std::move(nonce)) {}

  /// Fails with Errc::malformed if it is no first message.
  Result<void> begin(std::string_view client_first);
  /// As it was sent, prepared with saslprep().
  const std::string& username() const { return username_; }
  /// What the client is sent next.
  std::string challenge(ScramVerifier verifier);
  /// What the client is sent last. Fails with Errc::malformed, or Errc::refused if the proof is wrong.
  Result<std::string> finish(std::string_view client_final) const;

 private:
  Digest digest_;
  std::string nonce_;  ///< ours; after begin() the client's and ours
  std::string username_;
  std::string gs2_header_;
  std::string client_first_bare_;
  std::string server_first_;
  ScramVerifier verifier_;
};

}  // namespace meshmq::sasl
