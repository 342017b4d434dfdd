#include "discovery/http.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>
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
constexpr std::size_t line_max = 4 * 1024 * 1024;
constexpr std::size_t read_bytes = 16 * 1024;

using Message = http::request<http::string_body>;
/// What goes on when an operation is done: of one type, so that each operation is compiled once.
using Step = std::function<void(error_code, std::size_t)>;

Message message_of(const HttpRequest& request) {
  Message message{http::string_to_verb(request.method), request.path, 11, request.body};
  message.set(http::field::host, request.server.authority());
  message.set(http::field::accept, "application/json");
  message.set(http::field::connection, "close");
  if (!request.authorization.empty()) message.set(http::field::authorization, request.authorization);
  if (!request.body.empty()) message.set(http::field::content_type, request.content_type);
  message.prepare_payload();
  return message;
}

std::string text_of(const Message& message) {
  std::ostringstream out;
  out << message;
  return std::move(out).str();
}

/// Connects and sends; what is done with the answer is the deriving class's. Keeps itself alive until it is
/// done.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, Tls tls, HttpRequest request, HttpDone done)
      : request_(std::move(request)),
        done_(std::move(done)),
        tls_(std::move(tls)),
        resolver_(io),
        stream_(io, *tls_),
        sent_(text_of(message_of(request_))) {}
  virtual ~Exchange() = default;

  void start() {
    resolver_.async_resolve(request_.server.host, request_.server.port,
                            [self = shared_from_this()](error_code error, const auto& found) {
                              if (error) return self->fail_with("resolve", error);
                              self->connect(found);
                            });
  }
  void cancel() {
    done_ = nullptr;
    resolver_.cancel();
    socket().close();
  }

 protected:
  virtual void receive() = 0;

  /// What comes next goes through `parser_`; then `heard`, unless the exchange has ended by that.
  void read_some(std::function<void()> heard) {
    const auto self = shared_from_this();
    Step step = [this, self, heard = std::move(heard)](error_code error, std::size_t bytes) {
      if (is_done()) return;
      buffer_.commit(bytes);
      parse(error);
      error ? fail_with("receive", error) : heard();
    };
    const asio::mutable_buffer room = buffer_.prepare(read_bytes);
    request_.server.tls ? stream_.async_read_some(room, std::move(step))
                        : socket().async_read_some(room, std::move(step));
  }
  void finish(const Result<HttpAnswer>& answer) {
    if (const HttpDone done = std::exchange(done_, nullptr)) done(answer);
  }
  void fail_with(std::string_view what, error_code error) {
    finish(fail(Errc::unreachable, fmt::format("{}: {}: {}", request_.server.text(), what, error.message())));
  }
  bool is_done() const { return done_ == nullptr; }
  beast::tcp_stream& socket() { return stream_.next_layer(); }

  http::response_parser<http::string_body> parser_;

 private:
  void connect(const tcp::resolver::results_type& found) {
    if (is_done()) return;
    socket().expires_after(time_limit);
    socket().async_connect(found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (error) return self->fail_with("connect", error);
      if (self->request_.server.tls) return self->shake_hands();
      self->send();
    });
  }
  void shake_hands() {
    SSL_set_tlsext_host_name(stream_.native_handle(), request_.server.host.c_str());
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(request_.server.host));
    stream_.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code error) {
      if (error) return self->fail_with("TLS", error);
      self->send();
    });
  }
  void send() {
    Step step = [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->fail_with("send", error);
      self->receive();
    };
    request_.server.tls ? asio::async_write(stream_, asio::buffer(sent_), std::move(step))
                        : asio::async_write(socket(), asio::buffer(sent_), std::move(step));
  }
  /// `error`: of the stream, and then of what it brought.
  void parse(error_code& error) {
    if (error == asio::error::eof) {
      error = {};
      if (!parser_.is_done()) parser_.put_eof(error);
      return;
    }
    while (!error && buffer_.size() > 0 && !parser_.is_done()) {
      buffer_.consume(parser_.put(buffer_.data(), error));
    }
    if (error == http::error::need_more) error = {};
  }

  HttpRequest request_;
  HttpDone done_;
  Tls tls_;
  tcp::resolver resolver_;
  asio::ssl::stream<beast::tcp_stream> stream_;
  std::string sent_;
  beast::flat_buffer buffer_;
};

/// The whole answer.
class OneAnswer final : public Exchange {
 public:
  using Exchange::Exchange;

 private:
  void receive() override {
    parser_.body_limit(body_max);
    parser_.eager(true);
    read_more();
  }
  void read_more() {
    read_some([this] {
      if (!parser_.is_done()) return read_more();
      finish(HttpAnswer{parser_.get().result_int(), std::move(parser_.get().body())});
    });
  }
};

/// An answer line by line.
class Lines final : public Exchange {
 public:
  Lines(asio::io_context& io, Tls tls, HttpRequest request, Duration wait, HttpLine line, HttpDone done)
      : Exchange(io, std::move(tls), std::move(request), std::move(done)),
        wait_(wait),
        line_(std::move(line)) {}

 private:
  void receive() override {
    parser_.body_limit(boost::none);
    parser_.eager(true);
    read_more();
  }
  void read_more() {
    read_some([this] {
      const unsigned status = parser_.is_header_done() ? parser_.get().result_int() : 0;
      if (status == 200) {
        if (!std::exchange(begun_, true)) socket().expires_after(wait_);
        take_lines(parser_.get().body());
        if (is_done()) return;
      }
      if (parser_.is_done()) return finish(HttpAnswer{status, std::move(parser_.get().body())});
      const std::size_t size = parser_.get().body().size();
      if (size > (status == 200 ? line_max : body_max)) return fail_with("receive", http::error::body_limit);
      read_more();
    });
  }
  void take_lines(std::string& body) {
    std::size_t begin = 0;
    for (std::size_t end = 0; !is_done() && (end = body.find('\n', begin)) != body.npos; begin = end + 1) {
      line_(std::string_view(body).substr(begin, end - begin));
    }
    body.erase(0, begin);
  }

  Duration wait_;
  HttpLine line_;
  bool begun_ = false;
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

std::string Url::authority() const {
  return host.find(':') == host.npos ? host + ":" + port : "[" + host + "]:" + port;
}

std::string Url::text() const {
  return (tls ? "https://" : "http://") + authority();
}

void http_send(asio::io_context& io, Tls tls, HttpRequest request, HttpDone done) {
  std::make_shared<OneAnswer>(io, std::move(tls), std::move(request), std::move(done))->start();
}

HttpCancel http_follow(asio::io_context& io, Tls tls, HttpRequest request, Duration wait, HttpLine line,
                       HttpDone done) {
  const auto lines =
      std::make_shared<Lines>(io, std::move(tls), std::move(request), wait, std::move(line), std::move(done));
  lines->start();
  return [weak = std::weak_ptr<Lines>(lines)] {
    if (const auto still = weak.lock()) still->cancel();
  };
}

Result<Tls> make_tls(const std::string& cacertfile) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  if (cacertfile.empty()) {
    tls->set_default_verify_paths(error);
  } else {
    tls->load_verify_file(cacertfile, error);
  }
  if (error) return fail(Errc::io, error.message());
  return tls;
}

}  // namespace meshmq::discovery
