#include "mesh/link.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace meshmq::mesh {

namespace asio = boost::asio;
using boost::system::error_code;
using cluster::LinkError;

namespace {

/// How long a link that is hung up may take to write what is queued.
constexpr Duration linger = std::chrono::seconds(2);

}  // namespace

Link::Link(std::shared_ptr<Wire> wire, erldist::RemoteIdentity peer, const MeshOptions& options,
           Duration tick_time)
    : wire_(std::move(wire)),
      peer_(std::move(peer)),
      queue_bytes_max_(options.queue_bytes_max),
      reader_(options.frame_bytes_max),
      timer_(tick_time, read_now()) {}

void Link::start(Events events, std::string rest) {
  events_ = std::move(events);
  asio::post(wire_->socket().get_executor(), [self = shared_from_this(), rest = std::move(rest)] {
    if (self->closed_) return;
    const auto result = self->reader_.feed(rest, [&](std::string_view body) {
      if (!body.empty()) self->events_.frame(body);
      return !self->closed_;
    });
    if (!result) return self->close(LinkError::malformed, result.error().message);
    if (!self->closed_) self->read();
  });
}

void Link::read() {
  wire_->read([self = shared_from_this()](error_code error, std::string_view bytes) {
    if (self->closed_) return;
    if (!self->wire_->tls_error().empty())
      return self->close(LinkError::tls_failed, self->wire_->tls_error());
    if (error) {
      const bool eof = error == asio::error::eof || error == asio::error::connection_reset;
      return self->close(LinkError::closed, eof ? "the peer closed the connection" : error.message());
    }
    self->timer_.received(read_now());
    const auto result = self->reader_.feed(bytes, [&](std::string_view body) {
      if (!body.empty()) self->events_.frame(body);
      return !self->closed_;
    });
    if (!result) return self->close(LinkError::malformed, result.error().message);
    if (!self->closed_) self->read();
  });
}

void Link::send(std::string_view frames) {
  queued_ += frames;
  sent();
}

void Link::sent() {
  if (closed_ || write_posted_ || queued_.empty()) return;
  if (queued_.size() > queue_bytes_max_) {
    return close(LinkError::timed_out,
                 "the peer does not read: " + std::to_string(queued_.size()) + " bytes wait");
  }
  if (!writing_.empty()) return;
  write_posted_ = true;
  asio::post(wire_->socket().get_executor(), [self = shared_from_this()] {
    self->write_posted_ = false;
    self->write();
  });
}

void Link::write() {
  if (closed_ || !writing_.empty()) return;
  if (queued_.empty()) {
    if (hanging_up_) close(LinkError::closed, "hung up");
    return;
  }
  writing_.swap(queued_);
  timer_.sent(read_now());
  wire_->write(writing_, [self = shared_from_this()](error_code error) {
    self->writing_.clear();
    if (self->closed_) return;
    if (error) return self->close(LinkError::closed, error.message());
    self->timer_.sent(read_now());
    self->write();
  });
}

void Link::hang_up() {
  if (closed_ || hanging_up_) return;
  hanging_up_ = true;
  hang_up_until_ = read_now().mono + linger;
  asio::post(wire_->socket().get_executor(), [self = shared_from_this()] { self->write(); });
}

void Link::close(LinkError error, std::string detail) {
  if (std::exchange(closed_, true)) return;
  wire_->close();
  asio::post(wire_->socket().get_executor(), [self = shared_from_this(), error, detail = std::move(detail)] {
    const auto down = std::move(self->events_.down);
    self->events_ = {};
    if (down) down(error, detail);
  });
}

void Link::tick(Now now) {
  if (closed_) return;
  if (timer_.dead(now)) return close(LinkError::timed_out, "no sign of life within the tick time");
  if (hanging_up_ && hang_up_until_ <= now.mono) return close(LinkError::closed, "hung up");
  if (timer_.tick_due(now) && queued_.empty() && writing_.empty()) {
    timer_.sent(now);
    send(erldist::tick_frame);
  }
}

}  // namespace meshmq::mesh
