#pragma once
// The bytes of a connection, plain or under TLS. For this folder's own files.

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "http/tls.hpp"

namespace meshmq::http {

/// What goes on when an operation is done; of any type, so that what Beast builds upon a Stream is compiled
/// once.
class Continuation {
 public:
  template <class Handler>
  requires(!std::is_same_v<std::decay_t<Handler>, Continuation>) explicit Continuation(Handler&& handler)
      : held_(std::make_unique<Held<std::decay_t<Handler>>>(std::forward<Handler>(handler))) {}

  void operator()(boost::system::error_code error, std::size_t bytes = 0) {
    const auto held = std::move(held_);
    held->call(error, bytes);
  }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual void call(boost::system::error_code error, std::size_t bytes) = 0;
  };
  template <class Handler>
  struct Held final : Callable {
    explicit Held(Handler given) : handler(std::move(given)) {}
    void call(boost::system::error_code error, std::size_t bytes) override {
      if constexpr (std::is_invocable_v<Handler&, boost::system::error_code, std::size_t>) {
        handler(error, bytes);
      } else {
        handler(error);
      }
    }
    Handler handler;
  };

  std::unique_ptr<Callable> held_;
};

/// An AsyncStream, as Beast calls it. Takes handlers only, and calls them from the socket's executor. Thread
/// rule: one owner.
class Stream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  explicit Stream(boost::asio::ip::tcp::socket socket);
  Stream(boost::asio::ip::tcp::socket socket, TlsSession session);
  ~Stream();

  executor_type get_executor() { return tcp_.get_executor(); }
  /// The lowest layer: it has the limits of time.
  boost::beast::tcp_stream& next_layer() { return tcp_; }
  const boost::beast::tcp_stream& next_layer() const { return tcp_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    read_some(collected<boost::asio::mutable_buffer>(buffers), Continuation(std::forward<Handler>(handler)));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    write_some(collected<boost::asio::const_buffer>(buffers), Continuation(std::forward<Handler>(handler)));
  }

  bool is_secure() const { return tls_ != nullptr; }
  /// The server's side of a TLS handshake.
  void shake_hands(Continuation done);
  /// Nothing more is sent.
  void say_goodbye(Continuation done);
  /// After the last frame of a WebSocket.
  void tear_down(boost::beast::role_type role, Continuation done);

 private:
  struct Tls;

  template <class Buffer, class Buffers>
  static std::vector<Buffer> collected(const Buffers& buffers) {
    return {boost::asio::buffer_sequence_begin(buffers), boost::asio::buffer_sequence_end(buffers)};
  }
  void read_some(const std::vector<boost::asio::mutable_buffer>& buffers, Continuation done);
  void write_some(const std::vector<boost::asio::const_buffer>& buffers, Continuation done);

  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;  ///< upon it, or nothing
};

/// Beast finds it by its argument.
template <class Handler>
void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
  stream.tear_down(role, Continuation(std::forward<Handler>(handler)));
}

}  // namespace meshmq::http
