#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "http/connection.hpp"
#include "http/stream_connection.hpp"

namespace meshmq::http {

namespace {

using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream>;

/// Outlives the stream of who derives from it first.
struct Context {
  std::shared_ptr<const void> context;
};

class TlsConnection final : private Context, public StreamConnection<TlsStream> {
 public:
  TlsConnection(ConnectionSetup setup, boost::asio::ip::tcp::socket socket, TlsSession session)
      : Context{std::move(session.context)},
        StreamConnection(std::move(setup), boost::beast::tcp_stream(std::move(socket)), session.ssl) {}

  void start() override {
    limit_time();
    stream().async_handshake(TlsStream::server, [this, self = shared_from_this()](error_code error) {
      if (!error) read_header();
    });
  }

 private:
  void finish() override {
    limit_time();
    stream().async_shutdown([self = shared_from_this()](error_code) {});
  }
};

}  // namespace

std::shared_ptr<Connection> make_tls_connection(boost::asio::ip::tcp::socket socket, ConnectionSetup setup) {
  TlsSession session = setup.options.make_tls();
  if (session.ssl == nullptr) return nullptr;
  return std::make_shared<TlsConnection>(std::move(setup), std::move(socket), std::move(session));
}

}  // namespace meshmq::http
