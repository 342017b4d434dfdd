#include "mesh/epmd_service.hpp"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <set>

#include "erldist/epmd.hpp"
#include "mesh/dial.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
namespace epmd = erldist::epmd;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto retry_interval = std::chrono::seconds(2);
constexpr std::size_t connections_max = 256;
constexpr int enroll_wait_ms = 3000;
/// A caller that does not say what it wants is hung up.
constexpr auto request_wait = std::chrono::seconds(10);

}  // namespace

class EpmdService::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, std::uint16_t port, std::string alive, std::uint16_t dist_port, Logger log)
      : io_(io),
        port_(port),
        alive_(std::move(alive)),
        dist_port_(dist_port),
        log_(log),
        acceptor_(io),
        registered_(io),
        retry_(io) {}

  Result<void> start() {
    if (serve()) return {};
    return enroll();
  }

  void stop() {
    stopped_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    registered_.close(ignored);
    retry_.cancel();
    server_.reset();
    for (const auto& session : open_) session->socket.close(ignored);
    open_.clear();
  }

  bool serving() const { return server_.has_value(); }
  std::uint32_t creation() const { return creation_; }

 private:
  /// One connection to our EPMD: a request, an answer, and for a registration silence until it closes.
  struct Session {
    Session(asio::io_context& io, std::uint64_t number) : socket(io), timer(io), id(number) {}
    tcp::socket socket;
    asio::steady_timer timer;
    std::uint64_t id;
    unsigned char length[2]{};
    std::string body;
    std::string reply;
  };
  using SessionPtr = std::shared_ptr<Session>;

  bool serve() {
    error_code error;
    open_listener(tcp::endpoint(tcp::v6(), port_), error);
    if (error) open_listener(tcp::endpoint(tcp::v4(), port_), error);
    if (error) return false;
    server_.emplace(port_, random_challenge());
    server_->register_self(alive_, dist_port_);
    creation_ = creation_ == 0 ? server_->next_creation() : creation_;
    log_.info("Serving EPMD on port {}", port_);
    accept();
    return true;
  }

  void open_listener(const tcp::endpoint& endpoint, error_code& error) {
    error_code ignored;
    acceptor_.close(ignored);
    acceptor_.open(endpoint.protocol(), error);
    if (error) return;
    if (endpoint.protocol() == tcp::v6()) acceptor_.set_option(asio::ip::v6_only(false), ignored);
    acceptor_.set_option(tcp::acceptor::reuse_address(true), ignored);
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) acceptor_.close(ignored);
  }

  // ---------------------------------------------------------------- serving

  void accept() {
    auto session = std::make_shared<Session>(io_, ++last_session_);
    acceptor_.async_accept(session->socket, [self = shared_from_this(), session](error_code error) {
      if (self->stopped_ || error == asio::error::operation_aborted) return;
      if (!error && self->open_.size() < connections_max) self->read(session);
      self->accept();
    });
  }

  void read(const SessionPtr& session) {
    open_.insert(session);
    session->timer.expires_after(request_wait);
    session->timer.async_wait([session](error_code error) {
      error_code ignored;
      if (!error) session->socket.close(ignored);
    });
    asio::async_read(session->socket, asio::buffer(session->length),
                     [self = shared_from_this(), session](error_code error, std::size_t) {
                       if (error) return self->end(session);
                       session->body.resize(session->length[0] * 256U + session->length[1]);
                       asio::async_read(session->socket, asio::buffer(session->body),
                                        [self, session](error_code e, std::size_t) {
                                          if (e) return self->end(session);
                                          self->answer(session);
                                        });
                     });
  }

  void answer(const SessionPtr& session) {
    session->timer.cancel();
    if (!server_) return end(session);
    error_code error;
    auto from = session->socket.remote_endpoint(error).address();
    if (from.is_v6() && from.to_v6().is_v4_mapped()) {
      from = asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6());
    }
    const auto to = session->socket.local_endpoint(error).address();
    const bool local = !error && (from.is_loopback() || from == to);
    auto reply = server_->handle(session->id, session->body, local);
    session->reply = std::move(reply.bytes);
    asio::async_write(session->socket, asio::buffer(session->reply),
                      [self = shared_from_this(), session, close = reply.close](error_code e, std::size_t) {
                        if (e || close) return self->end(session);
                        self->wait_for_close(session);
                      });
  }

  void wait_for_close(const SessionPtr& session) {
    asio::async_read(session->socket, asio::buffer(session->length, 1),
                     [self = shared_from_this(), session](error_code, std::size_t) { self->end(session); });
  }

  void end(const SessionPtr& session) {
    open_.erase(session);
    session->timer.cancel();
    error_code ignored;
    session->socket.close(ignored);
    if (server_) server_->closed(session->id);
  }

  // ---------------------------------------------------------------- registered elsewhere

  Result<void> enroll() {
    error_code error = call(asio::ip::address_v4::loopback());
    // A host without IPv4 has no such address either.
    if (error) error = call(asio::ip::address_v6::loopback());
    if (error)
      return fail(Errc::unreachable,
                  "port " + std::to_string(port_) + " is neither free nor an EPMD: " + error.message());
    asio::write(registered_, asio::buffer(epmd::encode_register(alive_, {.port = dist_port_})), error);
    std::string reply;
    std::optional<Result<epmd::Registered>> decoded;
    while (!error && !(decoded = epmd::decode_registered(reply))) {
      char byte;
      if (!answers_in_time()) {
        return fail(Errc::timed_out,
                    "what listens on port " + std::to_string(port_) + " is no EPMD: it is silent");
      }
      if (asio::read(registered_, asio::buffer(&byte, 1), error) == 1) reply += byte;
    }
    if (!decoded || !*decoded) {
      return fail(Errc::malformed, "what listens on port " + std::to_string(port_) + " is no EPMD");
    }
    if (!(*decoded)->ok) {
      return fail(Errc::already_exists, "the name '" + alive_ +
                                            "' is taken: another node of this host is registered "
                                            "under it at the EPMD on port " +
                                            std::to_string(port_));
    }
    if (creation_ == 0) creation_ = (*decoded)->creation;
    log_.info("Registered at the EPMD on port {}", port_);
    asio::async_read(registered_, asio::buffer(&byte_, 1),
                     [self = shared_from_this()](error_code, std::size_t) {
                       if (self->stopped_) return;
                       self->log_.warning("The EPMD on port {} is gone", self->port_);
                       self->try_again();
                     });
    return {};
  }

  error_code call(const asio::ip::address& address) {
    error_code error;
    registered_.close(error);
    registered_.connect({address, port_}, error);
    return error;
  }

  /// Registering blocks: the node must not go on under a name that is not its own. But not for ever.
  bool answers_in_time() {
    pollfd readable{registered_.native_handle(), POLLIN, 0};
    return ::poll(&readable, 1, enroll_wait_ms) > 0;
  }

  void try_again() {
    if (serve()) return;
    if (const auto result = enroll(); result) return;
    retry_.expires_after(retry_interval);
    retry_.async_wait([self = shared_from_this()](error_code error) {
      if (!error && !self->stopped_) self->try_again();
    });
  }

  asio::io_context& io_;
  std::uint16_t port_;
  std::string alive_;
  std::uint16_t dist_port_;
  Logger log_;
  tcp::acceptor acceptor_;
  tcp::socket registered_;
  asio::steady_timer retry_;
  std::optional<epmd::Server> server_;
  std::uint64_t last_session_ = 0;
  std::set<SessionPtr> open_;
  std::uint32_t creation_ = 0;
  char byte_ = 0;
  bool stopped_ = false;
};

EpmdService::EpmdService(asio::io_context& io, std::uint16_t epmd_port, std::string alive,
                         std::uint16_t dist_port, Logger log)
    : impl_(std::make_shared<Impl>(io, epmd_port, std::move(alive), dist_port, log)) {}
EpmdService::~EpmdService() {
  impl_->stop();
}
Result<void> EpmdService::start() {
  return impl_->start();
}
void EpmdService::stop() {
  impl_->stop();
}
bool EpmdService::serving() const {
  return impl_->serving();
}
std::uint32_t EpmdService::creation() const {
  return impl_->creation();
}

}  // namespace meshmq::mesh
