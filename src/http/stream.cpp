#include "http/stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace meshmq::http {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct Stream::Tls {
  Tls(boost::beast::tcp_stream& tcp, TlsSession session)
      : context(std::move(session.context)), stream(tcp, session.ssl) {}

  std::shared_ptr<const void> context;  ///< outlives the stream
  boost::asio::ssl::stream<boost::beast::tcp_stream&> stream;
};

Stream::Stream(tcp::socket socket) : tcp_(std::move(socket)) {}
Stream::Stream(tcp::socket socket, TlsSession session)
    : tcp_(std::move(socket)), tls_(std::make_unique<Tls>(tcp_, std::move(session))) {}
Stream::~Stream() = default;

void Stream::read_some(const std::vector<boost::asio::mutable_buffer>& buffers, Continuation done) {
  if (tls_) return tls_->stream.async_read_some(buffers, std::move(done));
  tcp_.async_read_some(buffers, std::move(done));
}

void Stream::write_some(const std::vector<boost::asio::const_buffer>& buffers, Continuation done) {
  if (tls_) return tls_->stream.async_write_some(buffers, std::move(done));
  tcp_.async_write_some(buffers, std::move(done));
}

void Stream::shake_hands(Continuation done) {
  tls_->stream.async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
}

void Stream::say_goodbye(Continuation done) {
  if (tls_) return tls_->stream.async_shutdown(std::move(done));
  error_code error;
  tcp_.socket().shutdown(tcp::socket::shutdown_send, error);
  boost::asio::post(get_executor(), [error, done = std::move(done)]() mutable { done(error); });
}

void Stream::tear_down(boost::beast::role_type role, Continuation done) {
  using boost::beast::websocket::async_teardown;
  if (tls_) return async_teardown(role, tls_->stream, std::move(done));
  async_teardown(role, tcp_.socket(), std::move(done));
}

}  // namespace meshmq::http
