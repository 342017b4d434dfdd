#pragma once
// SCRAM's messages as text (RFC 5802, section 7). Views are borrowed from the message.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::sasl {

/// n,,n=user,r=nonce
struct ClientFirst {
  std::string_view gs2_header;  ///< `n,,`
  std::string_view bare;        ///< what follows it
  std::string authzid;          ///< as whom to act; empty: as oneself
  std::string username;         ///< decoded, as it was sent
  std::string_view nonce;
};
/// Fails for channel binding, which is not offered, and mandatory extensions, of which there are none.
Result<ClientFirst> parse_client_first(std::string_view message);

/// c=biws,r=nonce,p=proof
struct ClientFinal {
  std::string_view without_proof;
  std::string channel_binding;  ///< decoded
  std::string_view nonce;
  std::string proof;  ///< decoded
};
Result<ClientFinal> parse_client_final(std::string_view message);

/// `r=...,s=...,i=...`
std::string server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations);
/// `v=...`
std::string server_final(std::string_view signature);

}  // namespace meshmq::sasl
