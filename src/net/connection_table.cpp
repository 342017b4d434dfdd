#include "net/connection_table.hpp"

#include <sys/socket.h>

#include <utility>

#include "base/assert.hpp"
#include "net/socket_address.hpp"

namespace meshmq::net {

ConnectionTable::ConnectionTable(boost::asio::io_context& io, ConnectionHost& host,
                                 std::size_t output_bytes_max, Duration linger, Logger log)
    : io_(io), host_(host), pressure_bytes_(output_bytes_max / 2), linger_(linger), log_(log) {}

ConnectionTable::~ConnectionTable() {
  close_all();
}

Connection& ConnectionTable::at(broker::ConnId conn) const {
  MESHMQ_ASSERT(conn.value < connections_.size() && connections_[conn.value] != nullptr,
                "the broker names connections that it has been given and that it has not been told closed");
  return *connections_[conn.value];
}

void ConnectionTable::mark_dirty(Connection& c) {
  if (c.dirty) return;
  c.dirty = true;
  dirty_.push_back(&c);
}

void ConnectionTable::set_deadline(Connection& c, Duration from_now) {
  c.deadline = host_.turn().mono + from_now;
  if (c.timed) return;
  c.timed = true;
  timed_.push_back(&c);
}

// ---------------------------------------------------------------- coming

Connection* ConnectionTable::open(UniqueFd fd, ListenerLedgerPtr ledger) {
  std::uint32_t index = static_cast<std::uint32_t>(connections_.size());
  if (free_ids_.empty()) {
    connections_.emplace_back();
  } else {
    index = free_ids_.back();
    free_ids_.pop_back();
  }
  auto& place = connections_[index];
  place = std::make_unique<Connection>(io_, broker::ConnId(index), std::move(ledger));
  boost::system::error_code error;
  place->socket.assign(fd.get(), error);
  if (error) {
    log_.error("A connection was refused: the event loop does not take it: {}", error.message());
    place->ledger->connections.fetch_sub(1, std::memory_order_relaxed);
    place.reset();
    free_ids_.push_back(index);
    return nullptr;
  }
  fd.release();
  return place.get();
}

void ConnectionTable::adopt(MovedConnection connection) {
  if (connection.ledger->ended.load(std::memory_order_relaxed)) {
    connection.ledger->connections.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  Connection* c = open(std::move(connection.fd), std::move(connection.ledger));
  if (c == nullptr) return;
  c->transport = std::move(connection.transport);
  c->traffic = connection.traffic;
  if (c->transport && !c->transport->ready) {
    c->state = State::opening;
    c->transport->peer.name = std::move(connection.peername);
    set_deadline(*c, c->ledger->handshake_timeout);
  } else {
    introduce(*c, c->transport ? c->transport->peer : broker::Peer{.name = std::move(connection.peername)});
    if (c->state == State::open && !connection.unread.empty()) receive(*c, connection.unread);
    if (c->transport) feed_rest(*c);
  }
  if (takes_input(*c)) wait_readable(*c);
}

void ConnectionTable::introduce(Connection& c, broker::Peer peer) {
  c.state = State::open;
  c.known = true;
  peer.zone = c.ledger->zone;
  peer.listener_port = c.ledger->port;
  counters_.connections.set(++known_);
  host_.broker().open(c.id, std::move(peer), host_.turn());
}

// ---------------------------------------------------------------- going

void ConnectionTable::close(broker::ConnId conn, broker::CloseReason reason) {
  Connection& c = at(conn);
  if (c.state != State::open) return;
  c.state = State::closing;
  c.cause = static_cast<std::uint8_t>(reason);
  if (c.writing || c.timed) set_deadline(c, linger_);
  mark_dirty(c);
}

void ConnectionTable::move(broker::ConnId conn, broker::WorkerIndex home) {
  Connection& c = at(conn);
  MESHMQ_ASSERT(c.state == State::open && !c.reading, "a connection moves when its first packet is handled");
  c.state = State::moving;
  c.home = home.value & 0x7fff;
}

void ConnectionTable::hand_over(Connection& c, std::string_view unread) {
  MovedConnection moved{.fd = {},
                        .peername = {},
                        .unread = std::string(unread),
                        .ledger = std::move(c.ledger),
                        .transport = std::move(c.transport),
                        .traffic = c.traffic};
  moved.fd = UniqueFd(c.socket.release());
  moved.peername = moved.transport ? moved.transport->peer.name : peer_name(moved.fd.get());
  const broker::WorkerIndex home(c.home);
  counters_.connections.set(--known_);
  bury(c);
  host_.hand_over(home, std::move(moved));
}

/// Tells everybody that a connection has ended; its socket may live on to deliver the last words.
void ConnectionTable::finish(Connection& c) {
  c.ledger->connections.fetch_sub(1, std::memory_order_relaxed);
  c.ledger->shutdowns[c.cause].fetch_add(1, std::memory_order_relaxed);
  c.unread.clear();
  const bool known = c.known;
  c.known = false;
  if (known) counters_.connections.set(--known_);
  const broker::ConnId id = c.id;
  if (c.state == State::closing) {
    start_draining(c);
  } else {
    bury(c);
  }
  if (known) host_.broker().closed(id, host_.turn());
}

// Closing a socket with unread input sends a reset, which may overtake what we have written: the client would
// never read why it was closed. A client that said DISCONNECT itself waits for nothing.
void ConnectionTable::start_draining(Connection& c) {
  if (c.cause == static_cast<std::uint8_t>(broker::CloseReason::normal)) return bury(c);
  ::shutdown(c.socket.native_handle(), SHUT_WR);
  c.state = State::draining;
  set_deadline(c, linger_);
  throw_away_input(c);
}

void ConnectionTable::bury(Connection& c) {
  c.output.clear(pool_);
  c.unread.clear();
  c.transport = nullptr;
  c.ledger = nullptr;
  boost::system::error_code ignored;
  c.socket.close(ignored);
  c.state = State::dead;
  dead_.push_back(&c);
}

/// Frees the dead whose handlers have come back and who are in no list any more.
void ConnectionTable::reap() {
  std::erase_if(dead_, [this](Connection* c) {
    if (c->reading || c->writing || c->dirty || c->timed) return false;
    const std::uint32_t index = c->id.value;
    connections_[index].reset();
    free_ids_.push_back(index);
    return true;
  });
}

void ConnectionTable::end_all(const ListenerLedger& ledger) {
  for (const auto& c : connections_) {
    if (c == nullptr || c->ledger.get() != &ledger) continue;
    if (c->state == State::open) {
      host_.broker().end_connection(c->id, host_.turn());
    } else if (c->state == State::opening) {
      c->state = State::gone;
      c->cause = static_cast<std::uint8_t>(broker::CloseReason::kicked);
      mark_dirty(*c);
    }
  }
}

void ConnectionTable::close_all() {
  for (auto& c : connections_) {
    if (c == nullptr) continue;
    c->output.clear(pool_);
    if (c->ledger && c->state != State::draining && c->state != State::dead) {
      c->ledger->connections.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  dirty_.clear();
  resumed_.clear();
  timed_.clear();
  dead_.clear();
  connections_.clear();
  counters_.connections.set(known_ = 0);
}

// ---------------------------------------------------------------- time

void ConnectionTable::tick(Now now) {
  for (Connection* c : timed_) {
    if (c->deadline <= now.mono) check_deadline(*c);
  }
  std::erase_if(timed_, [](Connection* c) {
    const bool waits = c->state == State::opening || c->state == State::closing ||
                       c->state == State::draining || (c->state == State::open && c->writing);
    c->timed = waits;
    return !waits;
  });
}

void ConnectionTable::check_deadline(Connection& c) {
  if (c.state == State::draining) return bury(c);
  if (c.state == State::closing) {
    c.state = State::gone;
  } else if (c.state == State::open && c.writing) {
    c.state = State::gone;
    c.cause = ShutdownCause::send_timeout;
  } else if (c.state == State::opening) {
    c.state = State::gone;
    c.cause = ShutdownCause::handshake_timeout;
  } else {
    return;
  }
  drop_output(c);
  mark_dirty(c);
}

// ---------------------------------------------------------------- orders from the broker

std::size_t ConnectionTable::send(broker::ConnId conn, const broker::FramePtr& frame,
                                  mqtt::PacketId packet_id) {
  Connection& c = at(conn);
  if (c.state != State::open) return c.output.bytes();
  c.output.push(pool_, frame, packet_id);
  return queued(c, frame->size());
}

std::size_t ConnectionTable::send_small(broker::ConnId conn, std::string_view packet) {
  Connection& c = at(conn);
  if (c.state != State::open) return c.output.bytes();
  c.output.push_small(pool_, packet);
  return queued(c, packet.size());
}

std::size_t ConnectionTable::queued(Connection& c, std::size_t bytes) {
  queued_bytes_ += bytes;
  if (!c.writing) mark_dirty(c);
  if (c.output.bytes() >= pressure_bytes_) {
    c.pressed = true;
    if (!c.writing) pressed_ = true;
  }
  return c.output.bytes();
}

broker::SocketTraffic ConnectionTable::traffic(broker::ConnId conn) const {
  return at(conn).traffic;
}

void ConnectionTable::pause_reading(broker::ConnId conn) {
  at(conn).paused = true;
}

void ConnectionTable::resume_reading(broker::ConnId conn) {
  Connection& c = at(conn);
  if (!c.paused) return;
  c.paused = false;
  resumed_.push_back(conn);
}

void ConnectionTable::release_output(broker::ConnId conn) {
  Connection& c = at(conn);
  c.held = false;
  if (!c.writing && c.state != State::dead) mark_dirty(c);
}

// ---------------------------------------------------------------- end of a turn

bool ConnectionTable::flush() {
  bool called = resume_paused();
  queued_bytes_ = 0;
  pressed_ = false;
  std::swap(dirty_, flushing_);
  for (Connection* c : flushing_) {
    c->dirty = false;
    write(*c);
    if (c->state == State::gone || (c->state == State::closing && all_written(*c))) {
      finish(*c);
      called = true;
    } else if (c->pressed && c->state == State::open && c->output.bytes() < pressure_bytes_) {
      c->pressed = false;
      host_.broker().drained(c->id, host_.turn());
      called = true;
    }
  }
  flushing_.clear();
  reap();
  return called;
}

}  // namespace meshmq::net
