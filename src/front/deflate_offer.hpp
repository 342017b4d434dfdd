#pragma once
// Which of a client's offers of compression is accepted (RFC 7692, 7.1).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "front/deflate.hpp"

namespace meshmq::front {

/// One element of Sec-WebSocket-Extensions; a parameter without value has an empty one.
struct ExtensionOffer {
  std::string name;
  std::vector<std::pair<std::string, std::string>> params;
};

struct DeflateAgreement {
  DeflateParams params;
  std::string answer;  ///< permessage-deflate; server_no_context_takeover
};

/// Adds the elements of one Sec-WebSocket-Extensions. Of a malformed one nothing is taken from where it is
/// wrong.
void parse_extensions(std::string_view header, std::vector<ExtensionOffer>& offers);

/// The first offer that can be met, as far as `wish` goes; nullopt: none, messages stay plain.
std::optional<DeflateAgreement> accept_deflate(const std::vector<ExtensionOffer>& offers,
                                               const DeflateParams& wish);

}  // namespace meshmq::front
