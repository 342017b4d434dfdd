#include "mesh/forward_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "erldist/frame.hpp"
#include "erldist/term.hpp"
#include "mesh/dial.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::string_view forward_process = "meshmq_forward";
/// What threads keep between calls.
constexpr std::size_t scratch_bytes = 256 * 1024;

}  // namespace

class ForwardSocket::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& io, const std::string& self, Duration tick_time, std::size_t frame_bytes_max)
      : socket_(io),
        timer_(io),
        tick_time_(tick_time),
        sender_(erldist::make_pid(self, 2, 0, 1), forward_process),
        reader_(frame_bytes_max),
        ticks_(tick_time, read_now()) {}

  Result<void> adopt(AdoptedSocket adopted) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(adopted.fd, reinterpret_cast<sockaddr*>(&address), &size);
    error_code error;
    socket_.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), adopted.fd, error);
    if (error) return fail(Errc::io, error.message());
    adopted.release();
    rest_ = std::move(adopted.rest);
    channel_ = std::move(adopted.channel);
    socket_.non_blocking(true, error);
    if (error) return fail(Errc::io, error.message());
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    return {};
  }

  void start(ForwardSocketEvents& events) {
    events_ = &events;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->handle(std::exchange(self->rest_, {}))) self->wait_readable();
    });
    arm_timer();
  }

  std::size_t send(std::string_view payload) {
    if (closed_) return 0;
    if (channel_ == nullptr) {
      sender_.append(payload, queued_);
    } else {
      thread_local std::string frame;
      frame.clear();
      sender_.append(payload, frame);
      encrypt(frame);
      if (frame.capacity() > scratch_bytes) frame = {};
    }
    if (!waiting_writable_) write();
    return queued_.size() - written_;
  }

  /// Down follows from the loop, unless the owner has let go.
  void close() {
    if (std::exchange(closed_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (ForwardSocketEvents* events = std::exchange(self->events_, nullptr)) events->down();
    });
  }

  void detach() {
    events_ = nullptr;
    close();
  }

 private:
  void wait_readable() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      if (!error && self->read()) self->wait_readable();
    });
  }

  bool read() {
    // Shared by all links of a thread: a link keeps bytes only of a partial frame.
    thread_local std::string scratch(scratch_bytes, '\0');
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return true;
    if (error) {
      close();
      return false;
    }
    ticks_.received(read_now());
    const std::string_view bytes = std::string_view(scratch).substr(0, size);
    return channel_ == nullptr ? handle(bytes) : decrypt(bytes);
  }

  bool decrypt(std::string_view bytes) {
    thread_local std::string plain;
    plain.clear();
    const auto status = channel_->receive(bytes, plain, queued_);
    if (!handle(plain)) return false;
    if (plain.capacity() > 2 * scratch_bytes) plain = {};
    if (status == erldist::SecureChannel::Status::ready) {
      if (!waiting_writable_ && !queued_.empty()) write();
      return !closed_;
    }
    close();
    return false;
  }

  void encrypt(std::string_view plain) {
    if (!channel_->send(plain, queued_)) close();
  }

  bool handle(std::string_view bytes) {
    const auto result = reader_.feed(bytes, [this](std::string_view body) {
      if (body.empty()) return true;
      const auto message = erldist::decode_control(body);
      const auto payload = message ? erldist::binary_of(*message) : std::nullopt;
      if (!payload) {
        close();
        return false;
      }
      if (events_ != nullptr) events_->frame(*payload);
      return !closed_;
    });
    if (!result) close();
    return !closed_;
  }

  void write() {
    while (written_ < queued_.size()) {
      error_code error;
      written_ +=
          socket_.write_some(asio::buffer(queued_.data() + written_, queued_.size() - written_), error);
      if (error == asio::error::would_block) return wait_writable();
      if (error) return close();
      ticks_.sent(read_now());
    }
    queued_.clear();
    written_ = 0;
  }

  void wait_writable() {
    // What was written is cut off now and then, not on every call: the queue may be long.
    if (written_ > queued_.size() / 2) {
      queued_.erase(0, written_);
      written_ = 0;
    }
    waiting_writable_ = true;
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
      self->waiting_writable_ = false;
      if (error || self->closed_) return;
      self->write();
      if (!self->closed_ && self->events_ != nullptr)
        self->events_->written(self->queued_.size() - self->written_);
    });
  }

  void send_tick() {
    if (channel_ == nullptr) {
      queued_ += erldist::tick_frame;
    } else {
      encrypt(erldist::tick_frame);
    }
    if (!closed_) write();
  }

  void arm_timer() {
    timer_.expires_after(tick_time_ / 8);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->closed_) return;
      const Now now = read_now();
      if (self->ticks_.dead(now)) return self->close();
      if (self->ticks_.tick_due(now) && self->queued_.empty()) {
        self->send_tick();
      }
      self->arm_timer();
    });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  Duration tick_time_;
  erldist::BinarySender sender_;
  erldist::FrameReader reader_;
  erldist::TickTimer ticks_;
  ForwardSocketEvents* events_ = nullptr;
  std::unique_ptr<erldist::SecureChannel> channel_;  ///< nullptr: plain TCP
  std::string rest_;
  std::string queued_;  ///< as the socket takes it: encrypted where there is TLS
  std::size_t written_ = 0;
  bool waiting_writable_ = false;
  bool closed_ = false;
};

Result<std::unique_ptr<ForwardSocket>> ForwardSocket::make(asio::io_context& io, AdoptedSocket socket,
                                                           const std::string& self, Duration tick_time,
                                                           std::size_t frame_bytes_max) {
  auto state = std::make_shared<State>(io, self, tick_time, frame_bytes_max);
  if (auto result = state->adopt(std::move(socket)); !result) return tl::unexpected<Error>(result.error());
  return std::unique_ptr<ForwardSocket>(new ForwardSocket(std::move(state)));
}

ForwardSocket::~ForwardSocket() {
  state_->detach();
}
void ForwardSocket::start(ForwardSocketEvents& events) {
  state_->start(events);
}
std::size_t ForwardSocket::send(std::string_view payload) {
  return state_->send(payload);
}
void ForwardSocket::close() {
  state_->close();
}

}  // namespace meshmq::mesh
