#include "front/deflate_offer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace meshmq::front {

namespace {

constexpr int window_bits_max = 15;
/// zlib knows no smaller window for what it compresses.
constexpr int window_bits_min = 9;

// ---------------------------------------------------------------- RFC 7230's lists with parameters

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

/// Skips `mark` and the blanks around it; false: it does not stand there.
bool skip(std::string_view& text, char mark) {
  skip_blanks(text);
  if (text.empty() || text.front() != mark) return false;
  text.remove_prefix(1);
  skip_blanks(text);
  return true;
}

std::string take_token(std::string_view& text) {
  constexpr std::string_view ends = " \t,;=\"";
  const std::string_view token = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(token.size());
  return std::string(token);
}

/// A token, or one in quotes; empty: neither.
std::string take_value(std::string_view& text) {
  if (text.empty() || text.front() != '"') return take_token(text);
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return {};
  std::string value(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  return value;
}

/// False: malformed.
bool take_extension(std::string_view& text, ExtensionOffer& offer) {
  offer.name = take_token(text);
  if (offer.name.empty()) return false;
  while (skip(text, ';')) {
    auto& [name, value] = offer.params.emplace_back();
    name = take_token(text);
    if (name.empty()) return false;
    if (!skip(text, '=')) continue;
    value = take_value(text);
    if (value.empty()) return false;
  }
  return true;
}

// ---------------------------------------------------------------- offers

/// 8 to 15, without leading zero.
std::optional<int> parse_bits(std::string_view text) {
  if (text.size() == 1 && (text[0] == '8' || text[0] == '9')) return text[0] - '0';
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + (text[1] - '0');
  return std::nullopt;
}

struct Offer {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  std::optional<int> server_bits;
  bool client_bits_known = false;
  int client_bits = window_bits_max;
};

/// Nothing: a parameter that nobody knows, has no business there or a wrong value.
std::optional<Offer> read(const ExtensionOffer& extension) {
  Offer offer;
  std::set<std::string_view> seen;
  for (const auto& [name, value] : extension.params) {
    if (!seen.insert(name).second) return std::nullopt;
    if (name == "server_no_context_takeover" && value.empty()) {
      offer.server_no_takeover = true;
    } else if (name == "client_no_context_takeover" && value.empty()) {
      offer.client_no_takeover = true;
    } else if (name == "server_max_window_bits") {
      offer.server_bits = parse_bits(value);
      if (!offer.server_bits || *offer.server_bits < window_bits_min) return std::nullopt;
    } else if (name == "client_max_window_bits") {
      offer.client_bits_known = true;
      const auto bits = value.empty() ? std::optional(window_bits_max) : parse_bits(value);
      if (!bits) return std::nullopt;
      offer.client_bits = *bits;
    } else {
      return std::nullopt;
    }
  }
  return offer;
}

DeflateAgreement agree(const Offer& offer, const DeflateParams& wish) {
  DeflateAgreement result{.params = wish, .answer = "permessage-deflate"};
  DeflateParams& params = result.params;
  params.server_takeover = wish.server_takeover && !offer.server_no_takeover;
  params.client_takeover = wish.client_takeover && !offer.client_no_takeover;
  params.server_window_bits = std::min(wish.server_window_bits, offer.server_bits.value_or(window_bits_max));
  // A client that does not know the parameter cannot be asked to keep to it.
  params.client_window_bits =
      offer.client_bits_known ? std::min(wish.client_window_bits, offer.client_bits) : window_bits_max;
  if (!params.server_takeover) result.answer += "; server_no_context_takeover";
  if (!params.client_takeover) result.answer += "; client_no_context_takeover";
  if (offer.server_bits || params.server_window_bits < window_bits_max)
    result.answer += fmt::format("; server_max_window_bits={}", params.server_window_bits);
  if (params.client_window_bits < window_bits_max)
    result.answer += fmt::format("; client_max_window_bits={}", params.client_window_bits);
  return result;
}

}  // namespace

void parse_extensions(std::string_view header, std::vector<ExtensionOffer>& offers) {
  skip_blanks(header);
  while (!header.empty()) {
    if (skip(header, ',')) continue;
    ExtensionOffer offer;
    if (!take_extension(header, offer)) return;
    skip_blanks(header);
    if (!header.empty() && header.front() != ',') return;
    offers.push_back(std::move(offer));
  }
}

std::optional<DeflateAgreement> accept_deflate(const std::vector<ExtensionOffer>& offers,
                                               const DeflateParams& wish) {
  for (const ExtensionOffer& extension : offers) {
    if (extension.name != "permessage-deflate") continue;
    if (const auto offer = read(extension)) return agree(*offer, wish);
  }
  return std::nullopt;
}

}  // namespace meshmq::front
