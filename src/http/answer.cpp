#include "http/answer.hpp"

#include <utility>

namespace meshmq::http {

namespace bhttp = boost::beast::http;

namespace {

/// Of every answer, unless it has its own: nothing here is to be kept, framed, or run as a page.
constexpr std::pair<const char*, const char*> common_headers[] = {
    {"Server", "MeshMQ"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

std::string small(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

Response text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

}  // namespace

Request take_request(BeastRequest& message, const std::string& peer) {
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .headers = {},
                  .body = std::move(message.body()),
                  .peer = peer};
  for (const auto& field : message)
    request.headers.emplace_back(small(field.name_string()), std::string(field.value()));
  return request;
}

BeastResponse make_answer(Response response, bool keep_alive, bool head) {
  BeastResponse message(static_cast<bhttp::status>(response.status), 11);
  for (const auto& [name, value] : common_headers) message.set(name, value);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  if (!response.content_type.empty()) message.set(bhttp::field::content_type, response.content_type);
  message.keep_alive(keep_alive);
  message.body() = std::move(response.body);
  message.prepare_payload();
  if (head) message.body().clear();
  return message;
}

std::optional<Response> refusal(const boost::system::error_code& error) {
  if (error == bhttp::error::body_limit)
    return text(413, "The body is larger than management.max_body_size.\n");
  if (error == bhttp::error::header_limit) return text(431, "The header is too large.\n");
  const bool spoke = error.category() == make_error_code(bhttp::error::bad_method).category() &&
                     error != bhttp::error::end_of_stream && error != bhttp::error::partial_message;
  return spoke ? std::optional(text(400, "Bad Request")) : std::nullopt;
}

}  // namespace meshmq::http
