#pragma once
// An HTTP server: requests in, answers out. What they mean is the handler's business.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"
#include "http/web_socket.hpp"

namespace meshmq::http {

struct ServerOptions {
  std::string host = "0.0.0.0";  ///< an address, or a name of one
  std::uint16_t port = 0;        ///< 0: a free one
  int backlog = 512;
  std::size_t connections_max = 512;                    ///< more are closed at once
  std::size_t body_bytes_max = 1 << 20;                 ///< of a request; more is answered with 413
  std::size_t header_bytes_max = 1 << 14;               ///< 431
  Duration request_timeout = std::chrono::seconds(30);  ///< for a request to come, and for its answer to go
  std::size_t socket_message_bytes_max = 1 << 12;       ///< of a WebSocket; more ends it
  Upgrade upgrade{};                                    ///< whose WebSockets they are; empty: there are none
  MakeTls make_tls{};                                   ///< empty: no TLS
};

/// HTTP/1.1 with keep-alive, one request of a connection at a time, with TLS or without; WebSockets. Every
/// answer carries headers that keep browsers from storing, framing or guessing it. Thread rule: one owner,
/// the loop of `io`.
class Server {
 public:
  /// Fails with why nobody can connect.
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, const ServerOptions& options,
                                               Handler handler, Logger log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;
  const ServerOptions& options() const;
  /// Closes the door and all connections. Answers that come later go nowhere.
  void stop();

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshmq::http
