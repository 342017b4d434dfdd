#pragma once
// One client's socket on one worker's loop. Includes Asio: for this folder's own files.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/time.hpp"
#include "broker/ports.hpp"
#include "broker/traffic.hpp"
#include "net/listener_ledger.hpp"
#include "net/output_queue.hpp"
#include "net/stage.hpp"
#include "net/unread.hpp"

namespace meshmq::net {

/// The loop's own kind of descriptor: no type-erased executor, which would cost memory and calls.
using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

/// State of one connection; ConnectionTable does all the work.
///
///     (opening -->) open --close()--> closing --written--> draining --peer closed, or linger is over--> dead
///     --handlers gone--> freed
///       \--peer closed or failed--> gone ------------------------------------------------/
///
/// The broker knows it (`known`) from open until Broker::closed(); one with a stage begins as opening,
/// unknown until the handshake is over. An idle one holds no buffers.
struct Connection {
  enum class State : std::uint8_t {
    opening,  ///< a stage shakes hands, until `deadline`
    open,
    closing,   ///< the broker has said close(): what is queued is still written
    gone,      ///< the peer is: what is queued is tried once
    moving,    ///< to its home worker, as soon as the broker has returned
    draining,  ///< our side is shut down; what the peer still sends is thrown away, so that it can read our
               ///< last words
    dead,      ///< closed; waits for its handlers to come back
  };

  Connection(boost::asio::io_context& io, broker::ConnId conn, ListenerLedgerPtr listener)
      : socket(io.get_executor()), ledger(std::move(listener)), id(conn) {}

  Descriptor socket;
  OutputQueue output;
  Unread unread;  ///< the beginning of a packet, or what came in before reading was paused
  std::unique_ptr<Transport> transport;  ///< nullptr: plain TCP
  ListenerLedgerPtr ledger;
  broker::SocketTraffic traffic{};
  TimePoint deadline{};  ///< of opening, draining, or a write that makes no progress; see `timed`
  broker::ConnId id;
  std::uint16_t home : 15 = 0;  ///< WorkerIndex, while it is moving
  bool held : 1 = false;        ///< not written, by order of the broker
  State state : 3 = State::open;
  std::uint8_t cause : 5 = 0;  ///< ShutdownCause, once it is not open any more
  bool reading : 1 = false;    ///< a read wait is under way
  bool writing : 1 = false;    ///< a write wait is under way: the kernel's buffer is full
  bool paused : 1 = false;     ///< by the broker
  bool dirty : 1 = false;      ///< is in the list of those to be flushed
  bool timed : 1 = false;      ///< is in the list of those with a deadline
  bool pressed : 1 = false;    ///< its output was above half of the limit: the broker waits for drained()
  bool known : 1 = false;      ///< to the broker
  bool choked : 1 = false;     ///< not read: it does not take the answers of its stage
};
static_assert(ShutdownCause::count <= 32, "Connection::cause holds five bits");
// The next size of allocation is 160 bytes: a quarter more for each idle connection.
static_assert(sizeof(Connection) <= 128);

}  // namespace meshmq::net
