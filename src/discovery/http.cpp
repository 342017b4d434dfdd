#include "discovery/http.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <utility>

namespace meshmq::discovery {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto time_limit = std::chrono::seconds(10);
constexpr std::size_t body_max = 1024 * 1024;

/// Keeps itself alive until it is done.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, asio::ssl::context& tls, HttpRequest request, HttpDone done)
      : request_(std::move(request)), done_(std::move(done)), resolver_(io), stream_(io, tls) {
    parser_.body_limit(body_max);
    message_ = {http::verb::post, request_.path, 11};
    message_.set(http::field::host, request_.server.host);
    message_.set(http::field::content_type, "application/json");
    message_.set(http::field::connection, "close");
    if (!request_.authorization.empty()) message_.set(http::field::authorization, request_.authorization);
    message_.body() = request_.body;
    message_.prepare_payload();
  }

  void start() {
    resolver_.async_resolve(request_.server.host, request_.server.port,
                            [self = shared_from_this()](error_code error, const auto& found) {
                              if (error) return self->fail_with("resolve", error);
                              self->connect(found);
                            });
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    socket().expires_after(time_limit);
    socket().async_connect(found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (error) return self->fail_with("connect", error);
      if (self->request_.server.tls) return self->shake_hands();
      self->send(self->socket());
    });
  }
  void shake_hands() {
    SSL_set_tlsext_host_name(stream_.native_handle(), request_.server.host.c_str());
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(request_.server.host));
    stream_.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code error) {
      if (error) return self->fail_with("TLS", error);
      self->send(self->stream_);
    });
  }
  template <class Stream>
  void send(Stream& stream) {
    http::async_write(stream, message_, [self = shared_from_this(), &stream](error_code error, std::size_t) {
      if (error) return self->fail_with("send", error);
      self->receive(stream);
    });
  }
  template <class Stream>
  void receive(Stream& stream) {
    http::async_read(stream, buffer_, parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->fail_with("receive", error);
      self->done_(HttpAnswer{self->parser_.get().result_int(), self->parser_.get().body()});
    });
  }
  void fail_with(std::string_view what, error_code error) {
    done_(fail(Errc::unreachable, fmt::format("{}: {}: {}", request_.server.text(), what, error.message())));
  }
  beast::tcp_stream& socket() { return stream_.next_layer(); }

  HttpRequest request_;
  HttpDone done_;
  tcp::resolver resolver_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  http::request<http::string_body> message_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
};

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return fail(Errc::invalid_argument,
                fmt::format("'{}' begins neither with http:// nor with https://", text));
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = rest.substr(0, colon);
  url.port = colon == std::string_view::npos ? std::string(url.tls ? "443" : "80")
                                             : std::string(rest.substr(colon + 1));
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty() || url.port.empty() || url.port.find_first_not_of("0123456789") != std::string::npos) {
    return fail(Errc::invalid_argument, fmt::format("'{}' is no address of a server", text));
  }
  return url;
}

std::string Url::text() const {
  return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

void http_post(asio::io_context& io, asio::ssl::context& tls, HttpRequest request, HttpDone done) {
  std::make_shared<Exchange>(io, tls, std::move(request), std::move(done))->start();
}

}  // namespace meshmq::discovery
