#include "net/listener_ledger.hpp"

namespace meshmq::net {

std::string_view ShutdownCause::text(std::uint8_t cause) {
  switch (cause) {
    case tcp_closed:
      return "tcp_closed";
    case tcp_error:
      return "tcp_error";
    case send_timeout:
      return "send_timeout";
    case handshake_timeout:
      return "handshake_timeout";
    case handshake_failed:
      return "handshake_failed";
    case transport_error:
      return "transport_error";
    default:
      return broker::to_string(static_cast<broker::CloseReason>(cause));
  }
}

bool ListenerLedger::may_warn(TimePoint now) {
  TimePoint next = warn_next_.load(std::memory_order_relaxed);
  return now >= next &&
         warn_next_.compare_exchange_strong(next, now + std::chrono::seconds(1), std::memory_order_relaxed);
}

}  // namespace meshmq::net
