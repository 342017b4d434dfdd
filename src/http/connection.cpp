#include "http/connection.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>
#include <string>
#include <utility>

#include "http/answer.hpp"
#include "http/stream.hpp"
#include "http/stream_socket.hpp"

namespace meshmq::http {

namespace {

class StreamConnection final : public Connection, public std::enable_shared_from_this<StreamConnection> {
 public:
  template <class... Arguments>
  explicit StreamConnection(ConnectionSetup setup, Arguments&&... arguments)
      : Connection(std::move(setup)), stream_(std::forward<Arguments>(arguments)...) {
    error_code error;
    tcp().socket().set_option(boost::asio::ip::tcp::no_delay(true), error);
    const auto endpoint = tcp().socket().remote_endpoint(error);
    if (!error) peer_ = endpoint.address().to_string();
  }

  void start() override;
  void close() override { tcp().close(); }

 private:
  using error_code = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  boost::beast::tcp_stream& tcp() { return stream_.next_layer(); }
  void limit_time() { tcp().expires_after(setup_.options.request_timeout); }
  void read_header();
  void read_body();
  void serve();
  bool upgrade(const Request& request);
  void refuse(const error_code& error);
  void answer(Response response, bool keep_alive);
  /// After the last answer.
  void finish();

  Stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<BeastResponse> message_;
  std::string peer_;
  bool head_ = false;  ///< the request was HEAD: the answer has no body
};

void StreamConnection::start() {
  if (!stream_.is_secure()) return read_header();
  limit_time();
  stream_.shake_hands(Continuation([this, self = shared_from_this()](error_code error) {
    if (!error) read_header();
  }));
}

void StreamConnection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(setup_.options.header_bytes_max));
  parser_->body_limit(setup_.options.body_bytes_max);
  limit_time();
  boost::beast::http::async_read_header(
      stream_, buffer_, *parser_, [this, self = shared_from_this()](error_code error, std::size_t) {
        namespace http = boost::beast::http;
        if (error) return refuse(error);
        head_ = parser_->get().method() == http::verb::head;
        if (parser_->get()[http::field::expect] != "100-continue") return read_body();
        // The client waits for a word before it sends a large body.
        message_.emplace(http::status::continue_, 11);
        http::async_write(stream_, *message_, [this, self](error_code failed, std::size_t) {
          if (!failed) read_body();
        });
      });
}

void StreamConnection::read_body() {
  boost::beast::http::async_read(stream_, buffer_, *parser_,
                                 [this, self = shared_from_this()](error_code error, std::size_t) {
                                   if (error) return refuse(error);
                                   serve();
                                 });
}

/// What cannot be read as a request. Nothing more is read behind it.
void StreamConnection::refuse(const error_code& error) {
  auto response = refusal(error);
  response ? answer(std::move(*response), false) : finish();
}

void StreamConnection::serve() {
  auto& message = parser_->get();
  const bool keep_alive = message.keep_alive();
  const bool wants_socket = setup_.options.upgrade && boost::beast::websocket::is_upgrade(message);
  Request request = take_request(message, peer_);
  // However long the handler takes: it has limits of its own.
  tcp().expires_never();
  if (wants_socket && upgrade(request)) return;
  setup_.handler(std::move(request), [self = shared_from_this(), keep_alive](Response response) mutable {
    // The first answer counts; the connection lives until it has come.
    if (const auto connection = std::exchange(self, nullptr))
      connection->answer(std::move(response), keep_alive);
  });
}

bool StreamConnection::upgrade(const Request& request) {
  WebSocketOpened opened = setup_.options.upgrade(request);
  if (!opened) return false;
  auto socket = std::make_shared<StreamSocket>(shared_from_this(), stream_, peer_,
                                               setup_.options.socket_message_bytes_max);
  socket->accept(parser_->get(), std::move(opened));
  return true;
}

void StreamConnection::answer(Response response, bool keep_alive) {
  message_.emplace(make_answer(std::move(response), keep_alive, head_));
  limit_time();
  const auto written = [this, self = shared_from_this(), keep_alive](error_code error, std::size_t) {
    if (error) return;
    keep_alive ? read_header() : finish();
  };
  boost::beast::http::async_write(stream_, *message_, written);
}

void StreamConnection::finish() {
  limit_time();
  stream_.say_goodbye(Continuation([self = shared_from_this()](error_code) {}));
}

}  // namespace

std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, ConnectionSetup setup) {
  if (!setup.options.make_tls) return std::make_shared<StreamConnection>(std::move(setup), std::move(socket));
  TlsSession session = setup.options.make_tls();
  if (session.ssl == nullptr) return nullptr;
  return std::make_shared<StreamConnection>(std::move(setup), std::move(socket), std::move(session));
}

}  // namespace meshmq::http
