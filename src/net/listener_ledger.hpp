#pragma once
// What a listener knows about its connections, wherever they live.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/intrusive_ptr.hpp"
#include "base/time.hpp"
#include "broker/ports.hpp"

namespace meshmq::net {

/// Why a connection ended: the broker's reasons, and those that only the socket knows.
struct ShutdownCause {
  static constexpr std::uint8_t broker_reasons =
      static_cast<std::uint8_t>(broker::CloseReason::shutting_down) + 1;
  static constexpr std::uint8_t tcp_closed = broker_reasons;     ///< the peer, without DISCONNECT
  static constexpr std::uint8_t tcp_error = broker_reasons + 1;  ///< reset, or the network failed
  static constexpr std::uint8_t send_timeout =
      broker_reasons + 2;  ///< took nothing for listener.*.send_timeout
  static constexpr std::uint8_t handshake_timeout = broker_reasons + 3;  ///< TLS, WebSocket or PROXY header
  static constexpr std::uint8_t handshake_failed = broker_reasons + 4;
  static constexpr std::uint8_t transport_error = broker_reasons + 5;  ///< of TLS or WebSocket, later on
  static constexpr std::uint8_t count = broker_reasons + 6;

  static std::string_view text(std::uint8_t cause);
};

/// Shared by a listener and all connections that it accepted; outlives it while they live.
/// Thread rule: any thread; the plain members are set before the first connection comes.
class ListenerLedger {
 public:
  std::string name;          ///< for log lines
  Duration send_timeout{0};  ///< 0: a client may stop taking for as long as it likes
  Duration handshake_timeout{0};
  std::uint16_t zone = 0;  ///< of its clients, see broker::Config::zone()
  std::uint16_t port = 0;  ///< where they connected to; 0: no port

  std::atomic<bool> ended{false};  ///< its clients are to go: one that is just moving is not taken
  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::array<std::atomic<std::uint64_t>, ShutdownCause::count> shutdowns{};

  /// Clients that do something wrong may fill the log with one warning per second at most.
  bool may_warn(TimePoint now);

  void add_ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  std::atomic<std::uint32_t> refs_{1};
  std::atomic<TimePoint> warn_next_{TimePoint{}};
};
using ListenerLedgerPtr = IntrusivePtr<ListenerLedger>;

}  // namespace meshmq::net
