// What clients say in enhanced authentication: no message, however it is made, proves anything without the
// password.

#include <string>

#include "fuzz.hpp"
#include "sasl/base64.hpp"
#include "sasl/password_hash.hpp"
#include "sasl/scram.hpp"
#include "sasl/scram_message.hpp"

namespace meshmq::fuzz {
namespace {

const sasl::ScramVerifier& verifier(sasl::Digest digest) {
  static const sasl::ScramVerifier verifiers[] = {
      sasl::make_mock_verifier(sasl::Digest::sha256, "ann", "secret", 4096),
      sasl::make_mock_verifier(sasl::Digest::sha512, "ann", "secret", 4096)};
  return verifiers[digest == sasl::Digest::sha256 ? 0 : 1];
}

void run_exchange(std::string_view first, std::string_view last, sasl::Digest digest) {
  sasl::ScramExchange exchange(digest, "server");
  if (!exchange.begin(first)) return;
  FUZZ_CHECK(!exchange.username().empty());
  const std::string challenge = exchange.challenge(verifier(digest));
  FUZZ_CHECK(challenge.starts_with("r="));
  // As far as a client can come without a password.
  const std::string honest = "c=biws," + challenge.substr(0, challenge.find(',')) + std::string(last);
  for (const std::string_view message : {last, std::string_view(honest)}) {
    const ExactCopy copy(message);
    FUZZ_CHECK(!exchange.finish(copy.bytes()));
  }
}

void run(Input input) {
  const auto digest = input.flag() ? sasl::Digest::sha256 : sasl::Digest::sha512;
  const ExactCopy first(input.text());
  const ExactCopy last(input.rest());
  run_exchange(first.bytes(), last.bytes(), digest);
  if (const auto message = sasl::parse_client_first(last.bytes())) {
    FUZZ_CHECK(message->gs2_header.size() + message->bare.size() == last.bytes().size());
    FUZZ_CHECK(!message->username.empty() && !message->nonce.empty());
  }
  if (const auto bytes = sasl::from_base64(last.bytes())) FUZZ_CHECK(sasl::to_base64(*bytes) == last.bytes());
  // Rows come from other nodes; argon2's own parser would take whatever cost the row names.
  const std::string hash(last.bytes());
  if (!hash.starts_with("$argon2")) (void)sasl::password_fits(hash, first.bytes());
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
