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
    default:
      return broker::to_string(static_cast<broker::CloseReason>(cause));
  }
}

}  // namespace meshmq::net
