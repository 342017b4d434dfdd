#pragma once
// One listening socket on one worker's loop. Includes Asio: for this folder's own files.

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/time.hpp"
#include "net/accept_rate.hpp"
#include "net/connection.hpp"
#include "net/listener.hpp"
#include "net/listener_ledger.hpp"
#include "net/unique_fd.hpp"
#include "net/worker_loop.hpp"

namespace meshmq::net {

/// What the acceptors of one listener have in common.
struct ListenerShared {
  explicit ListenerShared(ListenerOptions listener_options, Logger logger)
      : options(std::move(listener_options)),
        log(logger),
        connections_max(options.connections_max),
        rate(options.accepts_per_s_max) {
    ledger->name = options.name;
    ledger->send_timeout = options.send_timeout;
    ledger->handshake_timeout = options.handshake_timeout;
    ledger->zone = options.zone;
  }

  /// As it began; the two limits below may have changed.
  const ListenerOptions options;
  Logger log;
  std::atomic<std::size_t> connections_max;
  AcceptRate rate;
  ListenerLedgerPtr ledger = ListenerLedgerPtr::adopt(new ListenerLedger);
};

/// Accepts a bounded number of clients per turn and gives them to its own worker. Out of descriptors or
/// memory, or over the rate: it pauses, the clients wait in the backlog. Over `max_connections`: they are
/// closed at once. Thread rule: its worker's; shared with the handlers that are under way.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(WorkerLoop& loop, UniqueFd fd, std::shared_ptr<ListenerShared> shared);

  void start();
  void stop();

 private:
  enum class Outcome : std::uint8_t { accepted, empty, failed, over_rate };

  void wait();
  void pause(Duration duration);
  void on_ready();
  Outcome accept_one(Now now);
  bool allowed(const sockaddr_storage& address, const std::string& peername, Now now);
  void admit(UniqueFd fd, std::string peername, Now now);
  void report_failure(int error, Now now);
  bool may_log(Now now);

  static constexpr int accepts_per_turn_max = 64;

  WorkerLoop& loop_;
  UniqueFd fd_;  ///< until start()
  std::shared_ptr<ListenerShared> shared_;
  Descriptor socket_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  bool stopped_ = false;
  TimePoint log_next_{};
};

}  // namespace meshmq::net
