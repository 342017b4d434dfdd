#include "http/server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <set>
#include <utility>

#include "http/connection.hpp"

namespace meshmq::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, ServerOptions options, Handler handler, Logger log)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        log_(log),
        io_(io),
        acceptor_(io),
        pause_(io) {}

  Result<void> open() {
    error_code error;
    tcp::resolver resolver(io_);
    const auto found =
        resolver.resolve(options_.host, std::to_string(options_.port), tcp::resolver::passive, error);
    if (error) return fail(Errc::io, error.message());
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(options_.backlog, error);
    if (error) return fail(Errc::io, error.message());
    port_ = acceptor_.local_endpoint(error).port();
    accept();
    return {};
  }

  void stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (Connection* connection : std::exchange(connections_, {})) connection->close();
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_.size(); }
  const ServerOptions& options() const { return options_; }

 private:
  void accept() {
    acceptor_.async_accept([this, self = shared_from_this()](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later(error);
      admit(std::move(socket));
      accept();
    });
  }
  /// Out of descriptors, as a rule: whoever waits goes on waiting.
  void accept_later(error_code reason) {
    log_.error("HTTP: {}", reason.message());
    pause_.expires_after(std::chrono::milliseconds(200));
    pause_.async_wait([this, self = shared_from_this()](error_code error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }
  void admit(tcp::socket socket) {
    if (connections_.size() >= options_.connections_max) return;
    ConnectionSetup setup{options_, handler_,
                          [self = shared_from_this()](Connection* gone) { self->connections_.erase(gone); }};
    const auto connection = make_connection(std::move(socket), std::move(setup));
    if (!connection) return;
    connections_.insert(connection.get());
    connection->start();
  }

  const ServerOptions options_;
  const Handler handler_;
  const Logger log_;
  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::set<Connection*> connections_;
};

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, const ServerOptions& options,
                                              Handler handler, Logger log) {
  auto impl = std::make_shared<Impl>(io, options, std::move(handler), log);
  if (auto opened = impl->open(); !opened) return tl::unexpected<Error>(std::move(opened.error()));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  stop();
}
std::uint16_t Server::port() const {
  return impl_->port();
}
std::size_t Server::connections() const {
  return impl_->connections();
}
const ServerOptions& Server::options() const {
  return impl_->options();
}
void Server::stop() {
  impl_->stop();
}

}  // namespace meshmq::http
