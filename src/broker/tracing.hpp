#pragma once
// Traces that operators have begun: what happens to some clients, topics or addresses, line by line.

#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "broker/session.hpp"

namespace meshmq::broker {

/// Numbered on the wire and on disk.
enum class TraceKind : std::uint8_t { client_id = 1, topic = 2, ip_address = 3 };

struct Trace {
  std::string name;
  TraceKind kind = TraceKind::client_id;
  std::string value;  ///< a client id, a topic filter or an address
  LogLevel level = LogLevel::debug;

  bool wants(const LogContext& about) const;
  friend bool operator==(const Trace&, const Trace&) = default;
};
using TracesPtr = std::shared_ptr<const std::vector<Trace>>;

/// Hot path: callers look at on() first. Lines hold sizes of payloads, never payloads. Thread rule: one
/// owner.
class Tracing {
 public:
  explicit Tracing(Logger log) : log_(log) {}

  bool on() const { return traces_ != nullptr; }
  /// nullptr or empty: there are none.
  void set(TracesPtr traces) { traces_ = traces == nullptr || traces->empty() ? nullptr : std::move(traces); }

  /// One line in each trace that wants it.
  template <class... Args>
  void write(LogLevel level, const LogContext& about, fmt::format_string<Args...> format,
             Args&&... args) const {
    if (traces_ == nullptr || !anybody_wants(level, about)) return;
    put(level, about, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  bool anybody_wants(LogLevel level, const LogContext& about) const;
  void put(LogLevel level, const LogContext& about, std::string_view text) const;

  Logger log_;
  TracesPtr traces_;
};

/// A session as a line names it.
inline LogContext about(const Session& session, std::string_view topic = {}) {
  return {session.client_id, session.peername, topic};
}

}  // namespace meshmq::broker
