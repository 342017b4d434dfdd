#pragma once
// Where clients come in: one address and port, accepted on every worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "front/access_rules.hpp"
#include "net/stage.hpp"

namespace meshmq::net {

class WorkerThread;

/// One `listener.<kind>.<name>`; the key's last part stands beside each field.
struct ListenerOptions {
  std::string name;                       ///< for log lines, e.g. mqtt:tcp:external
  std::string address = "0.0.0.0";        ///< a literal IPv4 or IPv6 address, or a host name
  std::uint16_t port = 1883;              ///< 0: a free one, see Listener::port()
  std::string unix_path = {};             ///< instead of address and port
  unsigned unix_mode = 0660;              ///< .mode of its file
  bool ipv6_only = false;                 ///< `::` takes IPv4 clients too unless this is set
  int backlog = 1024;                     ///< .backlog
  bool nodelay = true;                    ///< .nodelay
  int send_buffer_bytes = 0;              ///< .sndbuf; 0 = the system's
  int receive_buffer_bytes = 0;           ///< .recbuf; 0 = the system's
  std::size_t connections_max = 1024000;  ///< .max_connections; more are accepted, counted and closed at once
  std::uint32_t accepts_per_s_max = 1000;  ///< .max_conn_rate; more wait in the backlog. 0 = no limit
  /// .send_timeout: a client that takes nothing for so long is closed; 0 = never.
  Duration send_timeout = std::chrono::seconds(15);
  front::AccessRules access = {};  ///< .access.<n>: of the socket's peer, not of one that a proxy names
  /// Makes the stage of one connection, on any worker's thread; empty: plain TCP.
  StageFactory make_stage = nullptr;
  std::uint16_t zone = 0;  ///< .zone; which is broker::Config::zone()
  /// .handshake_timeout: until all stages are ready.
  Duration handshake_timeout = std::chrono::seconds(15);
};

struct ListenerStats {
  std::size_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< over max_connections, or by an access rule
  /// Why connections ended, in the words of `meshmq_ctl listeners`; only what happened, sorted by reason.
  std::vector<std::pair<std::string, std::uint64_t>> shutdown_counts;
};

/// Runs from start() to stop() or destruction. All `workers` must
/// outlive it and be started. Thread rule: one owner (the control thread); stats() from any thread.
class Listener {
 public:
  /// Fails with a sentence for the operator, e.g. that the address is in use (Errc::already_exists).
  static Result<std::unique_ptr<Listener>> start(ListenerOptions options,
                                                 std::span<WorkerThread* const> workers, Logger log);
  ~Listener();

  /// Nobody is accepted any more when it returns. Those who are connected stay.
  void stop();
  /// Says goodbye to all clients that came in here, as soon as their workers get to it. After stop().
  void end_clients();

  /// Other limits, from the next connection on; who is connected stays.
  void set_limits(std::size_t connections_max, std::uint32_t accepts_per_s_max);

  const ListenerOptions& options() const;
  /// The real one, also if 0 was asked for.
  std::uint16_t port() const;
  /// "0.0.0.0:1883", "[::]:1883", "/run/meshmq.sock".
  std::string listen_on() const;
  std::size_t acceptors() const;
  ListenerStats stats() const;

 private:
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::net
