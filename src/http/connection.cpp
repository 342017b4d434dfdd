#include "http/connection.hpp"

#include <utility>

namespace meshmq::http {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

namespace {

/// Of every answer. There are no pages here that a browser should keep, frame or run something in.
constexpr std::pair<const char*, const char*> common_headers[] = {
    {"Server", "MeshMQ"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

std::string small(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string address_of(const beast::tcp_stream& stream) {
  error_code error;
  const auto endpoint = stream.socket().remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

Response text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, const ServerOptions& options,
                       const Handler& handler, std::function<void(Connection*)> closed)
    : stream_(std::move(socket)), options_(options), handler_(handler), closed_(std::move(closed)) {
  error_code ignored;
  stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  peer_ = address_of(stream_);
}

Connection::~Connection() {
  closed_(this);
}

void Connection::close() {
  stream_.close();
}

void Connection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
  parser_->body_limit(options_.body_bytes_max);
  stream_.expires_after(options_.request_timeout);
  bhttp::async_read_header(
      stream_, buffer_, *parser_, [this, self = shared_from_this()](error_code error, std::size_t) {
        if (error) return refuse(error);
        head_ = parser_->get().method() == bhttp::verb::head;
        if (parser_->get()[bhttp::field::expect] != "100-continue") return read_body();
        // The client waits for a word before it sends a large body.
        message_.emplace(bhttp::status::continue_, 11);
        bhttp::async_write(stream_, *message_, [this, self](error_code failed, std::size_t) {
          if (!failed) read_body();
        });
      });
}

void Connection::read_body() {
  bhttp::async_read(stream_, buffer_, *parser_,
                    [this, self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return refuse(error);
                      serve();
                    });
}

/// What cannot be read as a request. Nothing more is read behind it.
void Connection::refuse(error_code error) {
  if (error == bhttp::error::body_limit)
    return answer(text(413, "The body is larger than management.max_body_size.\n"), false);
  if (error == bhttp::error::header_limit) return answer(text(431, "The header is too large.\n"), false);
  const bool spoke = error.category() == make_error_code(bhttp::error::bad_method).category() &&
                     error != bhttp::error::end_of_stream && error != bhttp::error::partial_message;
  if (spoke) return answer(text(400, "Bad Request"), false);
  error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void Connection::serve() {
  auto& message = parser_->get();
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .headers = {},
                  .body = std::move(message.body()),
                  .peer = peer_};
  for (const auto& field : message)
    request.headers.emplace_back(small(field.name_string()), std::string(field.value()));
  const bool keep_alive = message.keep_alive();
  // However long the handler takes: it has limits of its own.
  stream_.expires_never();
  handler_(std::move(request), [self = shared_from_this(), keep_alive](Response response) mutable {
    // The first answer counts; the connection lives until it has come.
    if (const auto connection = std::exchange(self, nullptr))
      connection->answer(std::move(response), keep_alive);
  });
}

void Connection::answer(Response response, bool keep_alive) {
  message_.emplace(static_cast<bhttp::status>(response.status), 11);
  for (const auto& [name, value] : common_headers) message_->set(name, value);
  for (const auto& [name, value] : response.headers) message_->set(name, value);
  if (!response.content_type.empty()) message_->set(bhttp::field::content_type, response.content_type);
  message_->keep_alive(keep_alive);
  message_->body() = std::move(response.body);
  message_->prepare_payload();
  if (head_) message_->body().clear();
  stream_.expires_after(options_.request_timeout);
  const auto written = [this, self = shared_from_this(), keep_alive](error_code error, std::size_t) {
    if (error) return;
    if (keep_alive) return read_header();
    error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  };
  bhttp::async_write(stream_, *message_, written);
}

}  // namespace meshmq::http
