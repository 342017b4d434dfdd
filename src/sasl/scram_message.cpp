#include "sasl/scram_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sasl/base64.hpp"

namespace meshmq::sasl {

namespace {

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(Errc::malformed, fmt::format("SCRAM: {}", what));
}

/// Printable ASCII without the comma.
bool is_nonce(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F' && c != ','; });
}

/// Takes `name=value` and the comma behind it from the front.
std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, comma - 2);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return value;
}

/// `=2C` is a comma and `=3D` an equals sign; neither stands for itself.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const std::size_t equals = std::min(text.find('='), text.size());
    name.append(text.substr(0, equals));
    text.remove_prefix(equals);
    if (text.empty()) break;
    if (text.starts_with("=2C")) {
      name += ',';
    } else if (text.starts_with("=3D")) {
      name += '=';
    } else {
      return std::nullopt;
    }
    text.remove_prefix(3);
  }
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace

Result<ClientFirst> parse_client_first(std::string_view message) {
  ClientFirst result;
  std::string_view rest = message;
  if (rest.starts_with("p=")) return malformed("channel binding is not offered");
  if (!rest.starts_with("n,") && !rest.starts_with("y,")) return malformed("no GS2 header");
  rest.remove_prefix(2);
  if (!rest.starts_with(',')) {
    const auto encoded = take_attribute(rest, 'a');
    auto authzid = encoded ? decode_name(*encoded) : std::nullopt;
    if (!authzid) return malformed("no GS2 header");
    result.authzid = *std::move(authzid);
  } else {
    rest.remove_prefix(1);
  }
  result.gs2_header = message.substr(0, message.size() - rest.size());
  result.bare = rest;
  if (rest.starts_with("m=")) return malformed("a mandatory extension that is not known");
  const auto encoded = take_attribute(rest, 'n');
  auto username = encoded ? decode_name(*encoded) : std::nullopt;
  if (!username) return malformed("no username");
  result.username = *std::move(username);
  const auto nonce = take_attribute(rest, 'r');
  if (!nonce || !is_nonce(*nonce)) return malformed("no nonce");
  result.nonce = *nonce;
  return result;
}

Result<ClientFinal> parse_client_final(std::string_view message) {
  ClientFinal result;
  std::string_view rest = message;
  const auto binding = take_attribute(rest, 'c');
  auto decoded_binding = binding ? from_base64(*binding) : std::nullopt;
  if (!decoded_binding) return malformed("no channel binding data");
  result.channel_binding = *std::move(decoded_binding);
  const auto nonce = take_attribute(rest, 'r');
  if (!nonce) return malformed("no nonce");
  result.nonce = *nonce;
  // The proof is last; extensions may stand before it.
  const std::size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("no proof");
  result.without_proof = message.substr(0, proof_at);
  auto proof = from_base64(message.substr(proof_at + 3));
  if (!proof) return malformed("no proof");
  result.proof = *std::move(proof);
  return result;
}

std::string server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations) {
  return fmt::format("r={},s={},i={}", nonce, to_base64(salt), iterations);
}

std::string server_final(std::string_view signature) {
  return "v=" + to_base64(signature);
}

}  // namespace meshmq::sasl
