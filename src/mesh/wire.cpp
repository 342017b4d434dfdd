#include "mesh/wire.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
using boost::system::error_code;
using Status = erldist::SecureChannel::Status;

void Wire::secure(std::unique_ptr<erldist::SecureChannel> channel, Done done) {
  channel_ = std::move(channel);
  asio::post(socket_.get_executor(), [self = shared_from_this(), done = std::move(done)] {
    if (self->channel_ == nullptr) return done({});
    self->shake_hands({}, done);
  });
}

void Wire::shake_hands(std::string_view bytes, const Done& done) {
  const Status status = channel_->receive(bytes, plain_, output_);
  if (status == Status::failed || status == Status::closed) {
    tls_error_ = status == Status::failed ? channel_->error() : "it ended the TLS handshake";
    // The last words tell the other side what is wrong.
    written_ = [done](error_code) { done(asio::error::connection_aborted); };
    return flush();
  }
  flush();
  if (status == Status::ready) return done({});
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this(), done](error_code error, std::size_t size) {
                            if (!error) return self->shake_hands({self->buffer_, size}, done);
                            if (error == asio::error::eof || error == asio::error::connection_reset) {
                              self->tls_error_ =
                                  "it closed the connection in the TLS handshake: is cluster.proto_dist the "
                                  "same on both sides?";
                            }
                            done(error);
                          });
}

void Wire::read(Read done) {
  if (plain_.empty()) return read_more(std::move(done));
  asio::post(socket_.get_executor(), [self = shared_from_this(), done = std::move(done)] {
    const std::string bytes = std::exchange(self->plain_, {});
    done({}, bytes);
  });
}

void Wire::read_more(Read done) {
  socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this(), done = std::move(done)](
                                                     error_code error, std::size_t size) {
    const std::string_view bytes(self->buffer_, size);
    if (error || self->channel_ == nullptr) return done(error, bytes);
    std::string plain;
    const Status status = self->channel_->receive(bytes, plain, self->output_);
    self->flush();
    if (!plain.empty()) {
      // Whatever else there is to say comes with the next bytes, or their end.
      return done({}, plain);
    }
    if (status == Status::failed) {
      self->tls_error_ = self->channel_->error();
      return done(asio::error::connection_aborted, {});
    }
    if (status == Status::closed) return done(asio::error::eof, {});
    self->read_more(done);
  });
}

void Wire::write(std::string_view bytes, Done done) {
  if (channel_ == nullptr) {
    asio::async_write(
        socket_, asio::buffer(bytes.data(), bytes.size()),
        [self = shared_from_this(), done = std::move(done)](error_code error, std::size_t) { done(error); });
    return;
  }
  const bool sent = channel_->send(bytes, output_);
  written_ = std::move(done);
  if (sent) return flush();
  tls_error_ = channel_->error();
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (const Done hears = std::exchange(self->written_, nullptr)) hears(asio::error::connection_aborted);
  });
}

/// All that is there goes at once; what comes meanwhile goes next.
void Wire::flush() {
  if (flushing_ || (output_.empty() && written_ == nullptr)) return;
  flushing_ = true;
  flushed_ = std::exchange(output_, {});
  asio::async_write(socket_, asio::buffer(flushed_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->flushing_ = false;
                      self->flushed_.clear();
                      if (!error && !self->output_.empty()) return self->flush();
                      if (const Done hears = std::exchange(self->written_, nullptr)) hears(error);
                    });
}

void Wire::close() {
  error_code ignored;
  if (channel_ != nullptr && idle()) {
    std::string goodbye;
    channel_->close(goodbye);
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(goodbye), ignored);
  }
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

Result<AdoptedSocket> Wire::release(std::string rest) {
  MESHMQ_ASSERT(plain_.empty(), "plain bytes are read before the socket is given away");
  if (!idle()) return fail(Errc::io, "the other side wants an answer from TLS in the handshake");
  error_code error;
  const int fd = socket_.release(error);
  if (error) return fail(Errc::io, error.message());
  AdoptedSocket socket(fd, std::move(rest));
  socket.channel = std::move(channel_);
  return socket;
}

}  // namespace meshmq::mesh
