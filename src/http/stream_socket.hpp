#pragma once
// A WebSocket over the stream of a connection that has been upgraded. For this folder's own files.

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/stream.hpp"
#include "http/web_socket.hpp"

namespace meshmq::http {

/// Lives while it is read: whoever holds it besides may hold it longer. Beast answers pings, sends its own to
/// an end that is silent, and ends what stays silent.
class StreamSocket final : public WebSocket, public std::enable_shared_from_this<StreamSocket> {
 public:
  /// `stream` belongs to `connection`.
  StreamSocket(std::shared_ptr<Connection> connection, Stream& stream, std::string peer,
               std::size_t message_bytes_max)
      : connection_(std::move(connection)), socket_(stream), peer_(std::move(peer)) {
    using Timeout = boost::beast::websocket::stream_base::timeout;
    socket_.set_option(Timeout::suggested(boost::beast::role_type::server));
    socket_.read_message_max(message_bytes_max);
  }

  /// `opened` is called if the handshake succeeds.
  void accept(const BeastRequest& request, WebSocketOpened opened) {
    socket_.async_accept(request, [self = shared_from_this(), opened = std::move(opened)](error_code error) {
      if (!error) opened(self);
    });
  }

  void serve(WebSocketEvents events) override {
    events_ = std::move(events);
    read();
  }
  void send(std::string text) override {
    if (closing_) return;
    outgoing_.push_back(std::move(text));
    if (outgoing_.size() == 1) write();
  }
  std::size_t waiting() const override { return outgoing_.size(); }
  void close(std::uint16_t code, std::string_view reason) override {
    if (std::exchange(closing_, true)) return;
    const boost::beast::websocket::close_reason why(static_cast<boost::beast::websocket::close_code>(code),
                                                    {reason.data(), reason.size()});
    socket_.async_close(why, [self = shared_from_this()](error_code) {});
  }
  const std::string& peer() const override { return peer_; }

 private:
  using error_code = boost::system::error_code;

  void read() {
    socket_.async_read(incoming_, [this, self = shared_from_this()](error_code error, std::size_t) {
      if (error) return end();
      const auto bytes = incoming_.cdata();
      if (socket_.got_text()) events_.text({static_cast<const char*>(bytes.data()), bytes.size()});
      incoming_.clear();
      read();
    });
  }
  void write() {
    socket_.text(true);
    socket_.async_write(boost::asio::buffer(outgoing_.front()),
                        [this, self = shared_from_this()](error_code error, std::size_t) {
                          outgoing_.pop_front();
                          if (!error && !outgoing_.empty() && !closing_) write();
                        });
  }
  void end() {
    closing_ = true;
    // What they hold may hold this.
    const WebSocketEvents events = std::exchange(events_, {});
    if (events.closed) events.closed();
  }

  std::shared_ptr<Connection> connection_;
  boost::beast::websocket::stream<Stream&> socket_;
  boost::beast::flat_buffer incoming_;
  std::deque<std::string> outgoing_;
  std::string peer_;
  WebSocketEvents events_;
  bool closing_ = false;
};

}  // namespace meshmq::http
