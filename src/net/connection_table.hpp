#pragma once
// All client connections of one worker: bytes in, packets out. Includes Asio: for this folder's own files.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/broker.hpp"
#include "broker/ports.hpp"
#include "net/connection.hpp"
#include "net/counter.hpp"
#include "net/listener_ledger.hpp"
#include "net/output_queue.hpp"
#include "net/stage.hpp"
#include "net/unique_fd.hpp"

namespace meshmq::net {

/// A connection on its way to a worker: the socket and the bytes that nobody has handled yet.
struct MovedConnection {
  UniqueFd fd;
  std::string peername;
  std::string unread;
  ListenerLedgerPtr ledger;
  std::unique_ptr<Transport> transport = nullptr;  ///< nullptr: plain TCP
  broker::SocketTraffic traffic{};
};

/// What the table needs of its loop.
class ConnectionHost {
 public:
  /// The time of this turn; begins the turn if it has not begun.
  virtual Now turn() = 0;
  virtual broker::Broker& broker() = 0;
  virtual void hand_over(broker::WorkerIndex home, MovedConnection connection) = 0;

 protected:
  ~ConnectionHost() = default;
};

struct ConnectionCounters {
  Counter connections;
  Counter bytes_received;
  Counter bytes_sent;
  Counter receive_calls;
  Counter send_calls;
  Counter packets_sent;
};

/// Reads when a socket is readable, into one buffer for all; queues what the broker sends and writes it at
/// the end of the turn, one gathered call per connection. A write wait is armed only when the kernel takes no
/// more. Invariant: the broker is never called from within a call of Output. Thread rule: its worker. Limits:
/// `Config::output_bytes_max` is kept by the broker; a closed connection goes after `linger` at the latest.
class ConnectionTable final : public broker::Output {
 public:
  ConnectionTable(boost::asio::io_context& io, ConnectionHost& host, std::size_t output_bytes_max,
                  Duration linger, Logger log);
  ~ConnectionTable() override;

  /// A non-blocking socket, from a listener or from another worker, counted in its ledger.
  void adopt(MovedConnection connection);

  /// Lets resumed connections go on, writes what is queued and ends what is to end. All of that calls the
  /// broker, which may queue more; returns whether it was called.
  bool flush();
  /// Whether flush() has something to do.
  bool dirty() const { return !dirty_.empty() || !resumed_.empty(); }
  /// Enough has been done in this turn: others wait.
  bool turn_is_full() const { return turn_read_ >= turn_read_max || write_is_due(); }
  void begin_turn() { turn_read_ = 0; }
  void tick(Now now);
  /// Says goodbye to all clients of one listener.
  void end_all(const ListenerLedger& ledger);
  /// Closes everything without a word to the broker.
  void close_all();

  const ConnectionCounters& counters() const { return counters_; }

  // --- broker::Output
  std::size_t send(broker::ConnId conn, const broker::FramePtr& frame, mqtt::PacketId packet_id) override;
  std::size_t send_small(broker::ConnId conn, std::string_view packet) override;
  void close(broker::ConnId conn, broker::CloseReason reason) override;
  void pause_reading(broker::ConnId conn) override;
  void resume_reading(broker::ConnId conn) override;
  void hold_output(broker::ConnId conn) override { at(conn).held = true; }
  void release_output(broker::ConnId conn) override;
  void move(broker::ConnId conn, broker::WorkerIndex home) override;
  broker::SocketTraffic traffic(broker::ConnId conn) const override;

 private:
  using State = Connection::State;

  static constexpr std::size_t turn_read_max = 256 * 1024;
  static constexpr std::size_t input_bytes_max = 64 * 1024;
  /// Handed to the broker at a time, so that what it makes of them can be written before there is too much of
  /// it.
  static constexpr std::size_t slice_bytes = 8 * 1024;
  /// Queued for all connections together since the last flush; more is written before the rest of the input
  /// is handled.
  static constexpr std::size_t queued_bytes_max = 4 * 1024 * 1024;

  /// Input of one turn may not fill a client's share of output; only the client itself may, by taking too
  /// little.
  bool write_is_due() const { return queued_bytes_ >= queued_bytes_max || pressed_; }
  std::size_t queued(Connection& c, std::size_t bytes);

  // --- life (connection_table.cpp)
  Connection* open(UniqueFd fd, ListenerLedgerPtr ledger);
  void introduce(Connection& c, broker::Peer peer);
  void finish(Connection& c);
  void start_draining(Connection& c);
  void bury(Connection& c);
  void hand_over(Connection& c, std::string_view unread);
  void reap();
  void check_deadline(Connection& c);
  Connection& at(broker::ConnId conn) const;
  void mark_dirty(Connection& c);
  void set_deadline(Connection& c, Duration from_now);

  // --- bytes (connection_io.cpp)
  void wait_readable(Connection& c);
  void wait_writable(Connection& c);
  void on_readable(Connection& c);
  void on_writable(Connection& c);
  void receive(Connection& c, std::string_view bytes);
  std::size_t handle(Connection& c, std::string_view bytes);
  bool resume_paused();
  void throw_away_input(Connection& c);
  void write(Connection& c);
  bool write_once(Connection& c);
  ssize_t transmit(Connection& c, const iovec* parts, std::size_t count);
  void await_room(Connection& c, bool progress);
  void drop_output(Connection& c);
  void write_all_dirty();

  // --- bytes of connections with a stage (connection_stage.cpp)
  void feed(Connection& c, std::string_view bytes);
  StageStatus feed_once(Connection& c, std::string_view& bytes);
  void feed_rest(Connection& c);
  void fail_stage(Connection& c, const std::string& why);
  void write_staged(Connection& c);
  bool write_unsent(Connection& c);
  bool wrap_once(Connection& c);
  bool send_down(Connection& c);
  static bool takes_input(const Connection& c) {
    return !c.choked && ((c.state == State::open && !c.paused) || c.state == State::opening);
  }
  static bool all_written(const Connection& c);

  boost::asio::io_context& io_;
  ConnectionHost& host_;
  const std::size_t pressure_bytes_;  ///< half of the limit
  const Duration linger_;
  Logger log_;

  std::vector<std::unique_ptr<Connection>> connections_;  ///< by ConnId
  std::vector<std::uint32_t> free_ids_;
  std::vector<Connection*> dirty_;
  std::vector<Connection*> flushing_;
  std::vector<broker::ConnId> resumed_;
  std::vector<Connection*> timed_;
  std::vector<Connection*> dead_;

  std::unique_ptr<char[]> input_ = std::make_unique<char[]>(input_bytes_max);
  OutputPool pool_;
  Gather gather_;
  std::string up_;         ///< StageIo
  std::string down_;       ///< StageIo
  std::size_t known_ = 0;  ///< connections that the broker knows
  std::size_t turn_read_ = 0;
  std::size_t queued_bytes_ = 0;
  bool pressed_ = false;  ///< something `pressed` has not been tried to write yet
  ConnectionCounters counters_;
};

}  // namespace meshmq::net
