#include "mesh/dial.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <boost/asio/post.hpp>
#include <chrono>

#include "base/assert.hpp"
#include "erldist/epmd.hpp"
#include "erldist/peer.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using cluster::LinkError;

Now read_now() {
  const auto mono = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {TimePoint(std::chrono::duration_cast<Duration>(mono)),
          std::chrono::duration_cast<Duration>(wall).count()};
}

std::uint32_t random_challenge() {
  std::uint32_t value = 0;
  const ssize_t got = getrandom(&value, sizeof value, 0);
  MESHMQ_ASSERT(got == static_cast<ssize_t>(sizeof value), "the kernel has no randomness");
  return value;
}

LinkError to_link_error(erldist::HandshakeError error) {
  switch (error) {
    case erldist::HandshakeError::cookie_refused:
      return LinkError::cookie_refused;
    case erldist::HandshakeError::speaks_tls:
      return LinkError::tls_failed;
    case erldist::HandshakeError::duplicate:
      return LinkError::duplicate_name;
    case erldist::HandshakeError::not_allowed:
      return LinkError::not_allowed;
    case erldist::HandshakeError::timed_out:
      return LinkError::timed_out;
    case erldist::HandshakeError::wrong_name:
      return LinkError::not_registered;
    case erldist::HandshakeError::none:
    case erldist::HandshakeError::malformed:
    case erldist::HandshakeError::simultaneous:
      return LinkError::malformed;
  }
  return LinkError::malformed;
}

Dial::Dial(asio::io_context& io, const MeshOptions& options, erldist::Identity self, std::string node,
           CallDone done)
    : io_(io),
      options_(options),
      self_(std::move(self)),
      node_(std::move(node)),
      done_(std::move(done)),
      resolver_(io),
      wire_(std::make_shared<Wire>(tcp::socket(io))),
      timer_(io) {}

void Dial::start() {
  const auto parts = erldist::parse_node_name(node_);
  if (!parts) return fail(LinkError::unknown_host, "'" + node_ + "' is no node name: name@host is");
  error_code error;
  address_ = asio::ip::make_address(parts->host, error);
  if (error) return resolve(parts->host);
  ask_epmd();
}

void Dial::arm(std::string what) {
  timer_.expires_after(options_.setup_time);
  timer_.async_wait([self = shared_from_this(), what = std::move(what)](error_code error) {
    if (!error) self->fail(LinkError::timed_out, what);
  });
}

std::string Dial::where(std::uint16_t port) const {
  return fmt::format("{}:{}", address_.to_string(), port);
}

void Dial::resolve(const std::string& host) {
  arm("resolving '" + host + "' took too long");
  const auto protocol = options_.ipv6 ? tcp::v6() : tcp::v4();
  resolver_.async_resolve(protocol, host, "",
                          [self = shared_from_this(), host](error_code error, const Endpoints& found) {
                            if (!self->done_) return;
                            if (error || found.empty())
                              return self->fail(LinkError::unknown_host, "cannot resolve '" + host + "'");
                            self->address_ = found.begin()->endpoint().address();
                            self->ask_epmd();
                          });
}

void Dial::ask_epmd() {
  if (!options_.epmd) return connect(options_.port_min);
  const std::string epmd = "EPMD at " + where(options_.epmd_port);
  arm(epmd + " does not answer");
  wire_->socket().async_connect(
      {address_, options_.epmd_port}, [self = shared_from_this(), epmd](error_code error) {
        if (!self->done_) return;
        if (error) return self->fail(LinkError::unreachable, epmd + ": " + error.message());
        self->output_ = erldist::epmd::encode_lookup(erldist::parse_node_name(self->node_)->alive);
        self->wire_->write(self->output_, [self](error_code) {});
        self->read_epmd();
      });
}

void Dial::read_epmd() {
  wire_->read([self = shared_from_this()](error_code error, std::string_view bytes) {
    if (!self->done_) return;
    self->input_ += bytes;
    if (!error && self->input_.size() < 4096) return self->read_epmd();
    const auto found = erldist::epmd::decode_lookup(self->input_);
    self->input_.clear();
    if (found) return self->connect(found->port);
    const std::string epmd = "EPMD at " + self->where(self->options_.epmd_port);
    if (found.error().code == Errc::not_found) {
      return self->fail(LinkError::not_registered, epmd + " knows no node '" + self->node_ + "'");
    }
    self->fail(LinkError::unreachable, epmd + ": " + found.error().message);
  });
}

void Dial::connect(std::uint16_t port) {
  wire_->close();
  wire_ = std::make_shared<Wire>(tcp::socket(io_));
  arm("connecting to " + where(port) + " took too long");
  wire_->socket().async_connect({address_, port}, [self = shared_from_this(), port](error_code error) {
    if (!self->done_) return;
    if (error) return self->fail(LinkError::unreachable, self->where(port) + ": " + error.message());
    error_code ignored;
    self->wire_->socket().set_option(tcp::no_delay(true), ignored);
    self->secure();
  });
}

void Dial::secure() {
  if (!options_.tls) return shake_hands();
  arm("'" + node_ + "' does not finish the TLS handshake");
  wire_->secure(options_.tls->connect(erldist::parse_node_name(node_)->host),
                [self = shared_from_this()](error_code error) {
                  if (!self->done_) return;
                  if (!error) return self->shake_hands();
                  const std::string& why = self->wire_->tls_error();
                  self->fail(LinkError::tls_failed, why.empty() ? error.message() : why);
                });
}

void Dial::shake_hands() {
  arm("'" + node_ + "' does not finish the handshake");
  handshake_ = erldist::Handshake::connect(self_, node_, random_challenge(), wire_->is_secure(), read_now(),
                                           options_.setup_time);
  step();
}

void Dial::step() {
  if (handshake_->done()) return finish(Called{wire_, handshake_->peer(), handshake_->take_rest()});
  if (handshake_->failed()) return fail(to_link_error(handshake_->error()), handshake_->reason());
  output_ = handshake_->take_output();
  if (output_.empty()) return read_handshake();
  wire_->write(output_, [self = shared_from_this()](error_code error) {
    if (!self->done_) return;
    // With TLS 1.3 it is only now that the other side may have refused our certificate: it has said why.
    if (error && !self->wire_->is_secure()) return self->fail(LinkError::closed, error.message());
    self->read_handshake();
  });
}

void Dial::read_handshake() {
  wire_->read([self = shared_from_this()](error_code error, std::string_view bytes) {
    if (!self->done_) return;
    if (!self->wire_->tls_error().empty()) return self->fail(LinkError::tls_failed, self->wire_->tls_error());
    if (error) {
      self->handshake_->closed();
    } else {
      self->handshake_->feed(bytes, read_now());
    }
    self->step();
  });
}

void Dial::fail(LinkError error, std::string detail) {
  finish(tl::unexpected<DialError>(DialError{error, std::move(detail)}));
}

void Dial::finish(tl::expected<Called, DialError> result) {
  if (!done_) return;
  timer_.cancel();
  resolver_.cancel();
  if (!result) wire_->close();
  // Always from the loop, so that whoever starts a dial is not called back while starting it.
  auto shared = std::make_shared<tl::expected<Called, DialError>>(std::move(result));
  asio::post(io_, [done = std::exchange(done_, nullptr), shared] { done(std::move(*shared)); });
}

}  // namespace meshmq::mesh
