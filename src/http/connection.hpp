#pragma once
// One connection of an HTTP client. For this folder's own files.

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

#include "http/message.hpp"
#include "http/server.hpp"

namespace meshmq::http {

class Connection;

/// What a connection is given. `options` and `handler` must live as long as `closed`, which is called once,
/// at the end.
struct ConnectionSetup {
  const ServerOptions& options;
  const Handler& handler;
  std::function<void(Connection*)> closed;
};

/// Keeps itself alive while something is under way. Thread rule: one owner.
class Connection {
 public:
  explicit Connection(ConnectionSetup setup) : setup_(std::move(setup)) {}
  virtual ~Connection() { setup_.closed(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual void start() = 0;
  virtual void close() = 0;

 protected:
  const ConnectionSetup setup_;
};

/// nullptr: ServerOptions::make_tls has no certificate for it.
std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, ConnectionSetup setup);

}  // namespace meshmq::http
