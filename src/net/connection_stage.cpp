// Connections with a stage between socket and broker.

#include <utility>

#include "net/connection_table.hpp"

namespace meshmq::net {

namespace {

/// Of the plain bytes that are wrapped at a time: what the kernel does not take has to be kept.
constexpr std::size_t wrap_bytes_max = 64 * 1024;
/// Of answers that stages make by themselves (a WebSocket's pongs): a client that does not take them is not
/// read.
constexpr std::size_t unsent_bytes_max = 128 * 1024;
/// The shared buffers keep memory for usual sizes only.
constexpr std::size_t buffer_bytes_max = 256 * 1024;
/// A handshake keeps the processor as busy as so many bytes would: a rush of them leaves turns to the others.
constexpr std::size_t handshake_bytes = 16 * 1024;

void reuse(std::string& buffer) {
  if (buffer.capacity() > buffer_bytes_max) std::string().swap(buffer);
  buffer.clear();
}

}  // namespace

// ---------------------------------------------------------------- in

void ConnectionTable::feed(Connection& c, std::string_view bytes) {
  bool more = true;
  while (more && takes_input(c)) {
    if (c.transport->stage == nullptr) {
      if (!bytes.empty()) receive(c, bytes);
      return;
    }
    const StageStatus status = feed_once(c, bytes);
    // Moved to another worker: stage and rest went with it.
    if (c.state == State::dead) return;
    // A goodbye is heard after all that was said before it.
    more = !bytes.empty() || up_.size() >= StageIo::up_bytes_max;
    if (status == StageStatus::failed) {
      fail_stage(c, c.transport->stage->error());
    } else if (status == StageStatus::left) {
      c.transport->stage = nullptr;
      more = !bytes.empty();
    } else if (status == StageStatus::closed && takes_input(c) && up_.size() < StageIo::up_bytes_max) {
      c.state = State::gone;
      c.cause = ShutdownCause::tcp_closed;
    }
  }
  if (c.state == State::open || c.state == State::opening) {
    c.transport->unfed.assign(bytes);
  } else {
    mark_dirty(c);
  }
}

StageStatus ConnectionTable::feed_once(Connection& c, std::string_view& bytes) {
  Transport& t = *c.transport;
  reuse(up_);
  reuse(down_);
  if (c.state == State::opening) turn_read_ += handshake_bytes;
  StageIo io{up_, down_};
  const StageStatus status = t.stage->receive(bytes, io);
  send_down(c);
  c.choked = t.unsent.size() > unsent_bytes_max;
  if (c.state == State::opening && (status == StageStatus::ready || status == StageStatus::left)) {
    t.ready = true;
    t.stage->describe(t.peer);
    // Of the handshake; the list forgets it with the next tick.
    c.deadline = TimePoint::max();
    introduce(c, t.peer);
  }
  if (!up_.empty() && c.state == State::open) {
    // It may be moved, with all that is left.
    if (!bytes.empty()) t.unfed.assign(bytes);
    receive(c, up_);
  }
  return status;
}

/// After a pause or a move: what has been left, and what the stage itself has kept.
void ConnectionTable::feed_rest(Connection& c) {
  if (!c.transport->unsent.empty()) mark_dirty(c);
  const std::string unfed = std::exchange(c.transport->unfed, {});
  feed(c, unfed);
}

/// Its last words are sent, nothing else.
void ConnectionTable::fail_stage(Connection& c, const std::string& why) {
  c.output.clear(pool_);
  c.transport->stage = nullptr;
  if (c.state != State::opening && c.state != State::open) return;
  c.cause = c.state == State::opening ? ShutdownCause::handshake_failed : ShutdownCause::transport_error;
  c.state = State::closing;
  if (c.writing || c.timed) set_deadline(c, linger_);
  if (c.ledger->may_warn(host_.turn().mono)) {
    log_.warning("Listener {}: {} closed: {}", c.ledger->name, c.transport->peer.name, why);
  } else {
    log_.info("Listener {}: {} closed: {}", c.ledger->name, c.transport->peer.name, why);
  }
}

// ---------------------------------------------------------------- out

bool ConnectionTable::all_written(const Connection& c) {
  if (!c.output.empty()) return false;
  if (c.transport == nullptr) return true;
  return c.transport->unsent.empty() && (c.transport->stage == nullptr || c.transport->said_goodbye);
}

void ConnectionTable::write_staged(Connection& c) {
  Transport& t = *c.transport;
  constexpr int calls_max = 4;
  for (int calls = 0; !c.writing; ++calls) {
    if (!t.unsent.empty() && !write_unsent(c)) return;
    if (c.output.empty()) break;
    if (calls == calls_max) return mark_dirty(c);
    if (!(t.stage ? wrap_once(c) : write_once(c))) return;
  }
  if (c.state != State::closing || c.writing || t.stage == nullptr || t.said_goodbye) return;
  t.said_goodbye = true;
  reuse(down_);
  t.stage->close(down_);
  send_down(c);
}

/// False: no more for now. So are the others.
bool ConnectionTable::write_unsent(Connection& c) {
  std::string& unsent = c.transport->unsent;
  const iovec part{unsent.data(), unsent.size()};
  const ssize_t size = transmit(c, &part, 1);
  if (size < 0) return false;
  if (static_cast<std::size_t>(size) == unsent.size()) {
    std::string().swap(unsent);
    if (c.choked) resumed_.push_back(c.id);
    c.choked = false;
    return true;
  }
  unsent.erase(0, static_cast<std::size_t>(size));
  await_room(c, size > 0);
  return false;
}

bool ConnectionTable::wrap_once(Connection& c) {
  c.output.gather(gather_);
  gather_.limit(wrap_bytes_max);
  reuse(down_);
  if (!c.transport->stage->send({gather_.parts(), gather_.part_count()}, down_)) {
    fail_stage(c, c.transport->stage->error());
    return false;
  }
  counters_.packets_sent.add(c.output.consume(pool_, gather_.bytes()));
  return send_down(c);
}

/// The stage's output goes to the socket, behind what waits already.
bool ConnectionTable::send_down(Connection& c) {
  if (down_.empty()) return true;
  std::string& unsent = c.transport->unsent;
  if (c.writing || !unsent.empty()) {
    unsent.append(down_);
    return false;
  }
  const iovec part{down_.data(), down_.size()};
  const ssize_t size = transmit(c, &part, 1);
  if (size < 0) return false;
  if (static_cast<std::size_t>(size) == down_.size()) return true;
  unsent.assign(down_, static_cast<std::size_t>(size));
  await_room(c, size > 0);
  return false;
}

}  // namespace meshmq::net
