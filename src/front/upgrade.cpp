#include "front/upgrade.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <utility>

#include "front/deflate_offer.hpp"
#include "front/peer_address.hpp"

namespace meshmq::front {

namespace {

namespace http = boost::beast::http;
using Request = http::request<http::empty_body>;

std::string_view view(boost::string_view text) {
  return {text.data(), text.size()};
}
std::string_view field(const Request& request, std::string_view name) {
  return view(request[boost::string_view(name.data(), name.size())]);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Elements of a list with commas, of all headers of that name together.
std::vector<std::string> elements(const Request& request, http::field name) {
  std::vector<std::string> result;
  const auto range = request.equal_range(name);
  for (auto header = range.first; header != range.second; ++header) {
    std::string_view rest = view(header->value());
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (const auto word = trim(rest.substr(0, comma)); !word.empty()) result.emplace_back(word);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return result;
}

bool names(const Request& request, http::field name, std::string_view word) {
  const auto list = elements(request, name);
  return std::any_of(list.begin(), list.end(), [&](const std::string& one) { return lower(one) == word; });
}

// ---------------------------------------------------------------- refusals

struct Refusal {
  unsigned code;
  const char* phrase;
  std::string why;
  std::string headers = {};
};

UpgradeAnswer refuse(const Refusal& refusal) {
  UpgradeAnswer answer;
  answer.error = fmt::format("WebSocket: {}: {}", refusal.code, refusal.why);
  answer.response = fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\n{}Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}\n",
      refusal.code, refusal.phrase, refusal.headers, refusal.why.size() + 1, refusal.why);
  return answer;
}

Refusal bad_request(std::string why) {
  return {.code = 400, .phrase = "Bad Request", .why = std::move(why)};
}

// ---------------------------------------------------------------- parts of the answer

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  unsigned char raw[18];
  return ::EVP_DecodeBlock(raw, reinterpret_cast<const unsigned char*>(key.data()), 24) == 18;
}

std::string accept_key(std::string_view key) {
  const std::string salted = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ::EVP_Digest(salted.data(), salted.size(), digest, &size, ::EVP_sha1(), nullptr);
  unsigned char text[2 * EVP_MAX_MD_SIZE];
  const int length = ::EVP_EncodeBlock(text, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

/// `mqtt` if the client knows it [MQTT-6.0.0-4], else the first that we know; empty: none.
std::string choose_subprotocol(const Request& request, const UpgradeOptions& options) {
  std::string chosen;
  const auto& known = options.supported_subprotocols;
  for (const std::string& offered : elements(request, http::field::sec_websocket_protocol)) {
    if (std::find(known.begin(), known.end(), offered) == known.end()) continue;
    if (offered == "mqtt") return offered;
    if (chosen.empty()) chosen = offered;
  }
  return chosen;
}

std::optional<DeflateAgreement> choose_deflate(const Request& request, const UpgradeOptions& options) {
  if (!options.compress) return std::nullopt;
  std::vector<ExtensionOffer> offers;
  const auto range = request.equal_range(http::field::sec_websocket_extensions);
  for (auto header = range.first; header != range.second; ++header) {
    parse_extensions(view(header->value()), offers);
  }
  return accept_deflate(offers, *options.compress);
}

/// The first of a list is the client, the others are proxies.
std::string client_behind_proxy(const Request& request, const UpgradeOptions& options) {
  if (options.proxy_address_header.empty()) return {};
  std::string_view first = field(request, options.proxy_address_header);
  const auto address = parse_address(trim(first.substr(0, first.find(','))));
  if (!address) return {};
  std::string_view port = options.proxy_port_header.empty() ? "" : field(request, options.proxy_port_header);
  return format_peer(*address, parse_port(trim(port.substr(0, port.find(',')))).value_or(0));
}

// ---------------------------------------------------------------- checks

std::string_view path_of(std::string_view target) {
  // An absolute URL is allowed too (RFC 7230, 5.3.2).
  for (const std::string_view scheme : {"http://", "https://", "ws://", "wss://"}) {
    if (!lower(target.substr(0, scheme.size())).starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

bool same_path(std::string_view path, std::string_view wanted) {
  return path == wanted ||
         (path.size() == wanted.size() + 1 && path.back() == '/' && path.starts_with(wanted));
}

std::optional<Refusal> check_origin(const Request& request, const UpgradeOptions& options) {
  if (!options.check_origin_enable) return std::nullopt;
  const std::string origin = lower(view(request[http::field::origin]));
  if (origin.empty()) {
    if (options.allow_origin_absence) return std::nullopt;
    return Refusal{.code = 403, .phrase = "Forbidden", .why = "the header Origin is missing"};
  }
  const auto& allowed = options.check_origins;
  if (std::any_of(allowed.begin(), allowed.end(),
                  [&](const std::string& one) { return lower(one) == origin; }))
    return std::nullopt;
  return Refusal{.code = 403, .phrase = "Forbidden", .why = "pages of this origin may not connect"};
}

/// Whether it asks for a WebSocket at all, and for ours.
std::optional<Refusal> check(const Request& request, const UpgradeOptions& options) {
  if (request.method() != http::verb::get) {
    return Refusal{
        .code = 405, .phrase = "Method Not Allowed", .why = "only GET", .headers = "Allow: GET\r\n"};
  }
  if (request.version() < 11) return bad_request("HTTP/1.1 is needed");
  const std::string_view path = path_of(view(request.target()));
  if (!same_path(path, options.mqtt_path))
    return Refusal{.code = 404, .phrase = "Not Found", .why = "no MQTT at this path"};
  if (!names(request, http::field::upgrade, "websocket") ||
      !names(request, http::field::connection, "upgrade")) {
    return Refusal{.code = 426,
                   .phrase = "Upgrade Required",
                   .why = "this is a WebSocket for MQTT",
                   .headers = "Upgrade: websocket\r\n"};
  }
  if (request.count(http::field::host) != 1) return bad_request("exactly one header Host is needed");
  if (request.find(http::field::transfer_encoding) != request.end() ||
      (request.find(http::field::content_length) != request.end() &&
       request[http::field::content_length] != "0")) {
    return bad_request("the request must have no body");
  }
  if (request.count(http::field::sec_websocket_version) != 1 ||
      request[http::field::sec_websocket_version] != "13") {
    return Refusal{.code = 426,
                   .phrase = "Upgrade Required",
                   .why = "WebSocket version 13 is needed",
                   .headers = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"};
  }
  if (request.count(http::field::sec_websocket_key) != 1 ||
      !is_key(view(request[http::field::sec_websocket_key]))) {
    return bad_request("Sec-WebSocket-Key must be 16 bytes in base64");
  }
  return check_origin(request, options);
}

UpgradeAnswer accept(const Request& request, const UpgradeOptions& options) {
  const std::string subprotocol = choose_subprotocol(request, options);
  if (subprotocol.empty() && options.fail_if_no_subprotocol)
    return refuse(bad_request("Sec-WebSocket-Protocol must offer mqtt"));
  UpgradeAnswer answer;
  answer.accepted = true;
  answer.response = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: {}\r\n",
      accept_key(view(request[http::field::sec_websocket_key])));
  if (!subprotocol.empty()) answer.response += fmt::format("Sec-WebSocket-Protocol: {}\r\n", subprotocol);
  if (const auto deflate = choose_deflate(request, options)) {
    answer.response += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate->answer);
    answer.deflate = deflate->params;
  }
  answer.response += "\r\n";
  answer.peername = client_behind_proxy(request, options);
  return answer;
}

}  // namespace

std::optional<std::size_t> find_upgrade_end(std::string_view bytes, std::size_t from) {
  const std::size_t end = bytes.find("\r\n\r\n", from < 3 ? 0 : from - 3);
  return end == std::string_view::npos ? std::nullopt : std::optional(end + 4);
}

bool may_be_upgrade(std::string_view bytes) {
  // A method is a token of capitals; nothing but printable ASCII and its line end follows.
  const std::string_view line = bytes.substr(0, bytes.find('\r'));
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
         (bytes.empty() || (bytes.front() >= 'A' && bytes.front() <= 'Z'));
}

UpgradeAnswer answer_upgrade(std::string_view request, const UpgradeOptions& options) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(upgrade_bytes_max);
  boost::system::error_code error;
  while (!request.empty() && !parser.is_header_done() && !error) {
    request.remove_prefix(parser.put(boost::asio::const_buffer(request.data(), request.size()), error));
  }
  if (error || !parser.is_header_done()) return refuse_no_http();
  if (auto refusal = check(parser.get(), options)) return refuse(*refusal);
  return accept(parser.get(), options);
}

UpgradeAnswer refuse_too_long() {
  return refuse({.code = 431,
                 .phrase = "Request Header Fields Too Large",
                 .why = fmt::format("the request is longer than {} bytes", upgrade_bytes_max)});
}

UpgradeAnswer refuse_no_http() {
  return refuse(bad_request("this is no HTTP request"));
}

}  // namespace meshmq::front
