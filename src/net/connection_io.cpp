#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/connection_table.hpp"

namespace meshmq::net {

// ---------------------------------------------------------------- waiting

void ConnectionTable::wait_readable(Connection& c) {
  if (c.reading) return;
  c.reading = true;
  c.socket.async_wait(Descriptor::wait_read,
                      [this, &c](const boost::system::error_code&) { on_readable(c); });
}

void ConnectionTable::wait_writable(Connection& c) {
  c.writing = true;
  c.socket.async_wait(Descriptor::wait_write,
                      [this, &c](const boost::system::error_code&) { on_writable(c); });
}

void ConnectionTable::on_writable(Connection& c) {
  host_.turn();
  c.writing = false;
  if (c.state != State::dead) mark_dirty(c);
}

// ---------------------------------------------------------------- in

void ConnectionTable::on_readable(Connection& c) {
  host_.turn();
  c.reading = false;
  if (c.state == State::draining) return throw_away_input(c);
  if (!takes_input(c)) return;
  const ssize_t size = ::recv(c.socket.native_handle(), input_.get(), input_bytes_max, MSG_DONTWAIT);
  counters_.receive_calls.add();
  if (size > 0) {
    counters_.bytes_received.add(static_cast<std::size_t>(size));
    c.traffic.bytes_received += static_cast<std::size_t>(size);
    ++c.traffic.reads;
    turn_read_ += static_cast<std::size_t>(size);
    const std::string_view bytes(input_.get(), static_cast<std::size_t>(size));
    if (c.transport == nullptr) {
      receive(c, bytes);
    } else {
      feed(c, bytes);
    }
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    c.state = State::gone;
    c.cause = size == 0 ? ShutdownCause::tcp_closed : ShutdownCause::tcp_error;
    mark_dirty(c);
  }
  if (takes_input(c)) wait_readable(c);
}

/// `bytes` follow what is in c.unread. Afterwards c.unread holds what is to be handled together with later
/// bytes.
void ConnectionTable::receive(Connection& c, std::string_view bytes) {
  const bool alone = c.unread.empty();
  if (!alone) {
    c.unread.append(bytes);
    bytes = c.unread.bytes();
  }
  const std::string_view rest = bytes.substr(handle(c, bytes));
  if (c.state == State::moving) return hand_over(c, rest);
  if (alone || rest.size() != bytes.size()) c.unread.assign(rest);
}

std::size_t ConnectionTable::handle(Connection& c, std::string_view bytes) {
  std::size_t done = 0;
  std::size_t window = slice_bytes;
  while (done < bytes.size() && c.state == State::open && !c.paused) {
    const std::string_view slice = bytes.substr(done, window);
    const std::size_t used = host_.broker().handle_bytes(c.id, slice, host_.turn());
    if (used == 0 && slice.size() == bytes.size() - done) break;
    window = used == 0 ? window * 8 : slice_bytes;
    done += used;
    if (write_is_due()) write_all_dirty();
  }
  return done;
}

bool ConnectionTable::resume_paused() {
  if (resumed_.empty()) return false;
  std::vector<broker::ConnId> resumed;
  std::swap(resumed, resumed_);
  for (const broker::ConnId id : resumed) {
    // It may have ended since, and even another one may have its place: that one is not harmed by a look.
    Connection* c = connections_[id.value].get();
    if (c == nullptr || !takes_input(*c)) continue;
    if (!c->unread.empty()) receive(*c, {});
    if (c->transport) feed_rest(*c);
    if (takes_input(*c)) wait_readable(*c);
  }
  return true;
}

void ConnectionTable::throw_away_input(Connection& c) {
  const ssize_t size = ::recv(c.socket.native_handle(), input_.get(), input_bytes_max, MSG_DONTWAIT);
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return bury(c);
  wait_readable(c);
}

// ---------------------------------------------------------------- out

/// Writes until the queue is empty or the kernel has enough. Ends nothing and calls nobody.
void ConnectionTable::write(Connection& c) {
  if (c.held && c.state == State::open) return;
  if (c.transport) return write_staged(c);
  // A connection with much to write lets the others have their turn.
  constexpr int calls_max = 4;
  for (int calls = 0; !c.output.empty() && !c.writing; ++calls) {
    if (calls == calls_max) return mark_dirty(c);
    if (!write_once(c)) return;
  }
}

/// False: no more for now.
bool ConnectionTable::write_once(Connection& c) {
  c.output.gather(gather_);
  const ssize_t size = transmit(c, gather_.parts(), gather_.part_count());
  if (size < 0) return false;
  if (size > 0) {
    counters_.packets_sent.add(c.output.consume(pool_, static_cast<std::size_t>(size)));
    if (static_cast<std::size_t>(size) == gather_.bytes()) return true;
  }
  await_room(c, size > 0);
  return false;
}

/// One system call: how much the kernel has taken, 0 if it has enough. Negative: broken, nothing is to be
/// written any more.
ssize_t ConnectionTable::transmit(Connection& c, const iovec* parts, std::size_t count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = count;
  const ssize_t size = ::sendmsg(c.socket.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  counters_.send_calls.add();
  if (size >= 0) {
    counters_.bytes_sent.add(static_cast<std::size_t>(size));
    c.traffic.bytes_sent += static_cast<std::size_t>(size);
    ++c.traffic.writes;
    return size;
  }
  if (errno == EAGAIN || errno == EINTR) return 0;
  drop_output(c);
  if (c.state == State::open || c.state == State::opening) {
    c.state = State::gone;
    c.cause = ShutdownCause::tcp_error;
  }
  return -1;
}

/// The kernel has enough. `progress`: it has taken something.
void ConnectionTable::await_room(Connection& c, bool progress) {
  if (c.state == State::gone) return drop_output(c);
  if (c.state == State::closing) {
    if (!c.timed) set_deadline(c, linger_);
  } else if (c.state == State::open && c.ledger->send_timeout.count() > 0 &&
             (progress || !c.timed || c.deadline == TimePoint::max())) {
    set_deadline(c, c.ledger->send_timeout);
  }
  wait_writable(c);
}

void ConnectionTable::drop_output(Connection& c) {
  c.output.clear(pool_);
  if (c.transport) std::string().swap(c.transport->unsent);
}

void ConnectionTable::write_all_dirty() {
  queued_bytes_ = 0;
  pressed_ = false;
  // The list stays: whoever is to end does so in flush(), when the broker may be called.
  const std::size_t count = dirty_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (dirty_[i]->state == State::open) write(*dirty_[i]);
  }
}

}  // namespace meshmq::net
