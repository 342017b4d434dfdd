#include "sasl/scram.hpp"

#include <fmt/format.h>

#include <utility>

#include "sasl/saslprep.hpp"
#include "sasl/scram_message.hpp"

namespace meshmq::sasl {

namespace {

std::string exclusive_or(std::string_view a, std::string_view b) {
  std::string result(a);
  for (std::size_t i = 0; i < result.size() && i < b.size(); ++i) result[i] = static_cast<char>(a[i] ^ b[i]);
  return result;
}

}  // namespace

std::optional<Digest> scram_digest(std::string_view mechanism) {
  for (const Digest digest : {Digest::sha256, Digest::sha512}) {
    if (mechanism == scram_mechanism(digest)) return digest;
  }
  return std::nullopt;
}

std::string_view scram_mechanism(Digest digest) {
  return digest == Digest::sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

ScramVerifier make_scram_verifier(Digest digest, std::string_view password, std::string_view salt,
                                  std::uint32_t iterations) {
  const std::string salted = pbkdf2(digest, password, salt, iterations);
  return {.salt = std::string(salt),
          .iterations = iterations,
          .stored_key = hash(digest, hmac(digest, salted, "Client Key")),
          .server_key = hmac(digest, salted, "Server Key")};
}

ScramVerifier make_mock_verifier(Digest digest, std::string_view username, std::string_view secret,
                                 std::uint32_t iterations) {
  constexpr std::size_t salt_bytes = 16;
  const auto derive = [&](std::string_view what) {
    return hmac(digest, secret, fmt::format("{} {}", what, username));
  };
  return {.salt = derive("salt").substr(0, salt_bytes),
          .iterations = iterations,
          .stored_key = derive("stored key"),
          .server_key = derive("server key")};
}

Result<void> ScramExchange::begin(std::string_view client_first) {
  auto message = parse_client_first(client_first);
  if (!message) return tl::unexpected<Error>(std::move(message.error()));
  auto prepared = saslprep(message->username);
  if (!prepared) return fail(Errc::malformed, "SCRAM: a username with forbidden characters");
  if (!message->authzid.empty() && message->authzid != message->username)
    return fail(Errc::malformed, "SCRAM: nobody acts for others here");
  username_ = *std::move(prepared);
  gs2_header_ = message->gs2_header;
  client_first_bare_ = message->bare;
  nonce_ = std::string(message->nonce) + nonce_;
  return {};
}

std::string ScramExchange::challenge(ScramVerifier verifier) {
  verifier_ = std::move(verifier);
  server_first_ = server_first(nonce_, verifier_.salt, verifier_.iterations);
  return server_first_;
}

Result<std::string> ScramExchange::finish(std::string_view client_final) const {
  const auto message = parse_client_final(client_final);
  if (!message) return tl::unexpected<Error>(message.error());
  if (message->channel_binding != gs2_header_)
    return fail(Errc::malformed, "SCRAM: another GS2 header than at first");
  if (!equal(message->nonce, nonce_)) return fail(Errc::malformed, "SCRAM: another nonce");
  const std::string auth_message =
      fmt::format("{},{},{}", client_first_bare_, server_first_, message->without_proof);
  const std::string client_signature = hmac(digest_, verifier_.stored_key, auth_message);
  const std::string client_key = exclusive_or(message->proof, client_signature);
  const bool proven = message->proof.size() == client_signature.size() &&
                      equal(hash(digest_, client_key), verifier_.stored_key);
  if (!proven) return fail(Errc::refused, "SCRAM: the proof is wrong");
  return server_final(hmac(digest_, verifier_.server_key, auth_message));
}

}  // namespace meshmq::sasl
