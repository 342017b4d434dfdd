#include "broker/tracing.hpp"

#include <algorithm>

#include "topic/filter.hpp"

namespace meshmq::broker {

namespace {

/// Of `10.0.0.1:1234` or `[::1]:1234`.
std::string_view host_of(std::string_view peer) {
  peer = peer.substr(0, peer.rfind(':'));
  if (peer.starts_with('[') && peer.ends_with(']')) peer = peer.substr(1, peer.size() - 2);
  return peer;
}

}  // namespace

bool Trace::wants(const LogContext& about) const {
  switch (kind) {
    case TraceKind::client_id:
      return value == about.client_id;
    case TraceKind::topic:
      // SUBSCRIBE names filters: those count that lie within the traced one.
      return !about.topic.empty() && (value == about.topic || topic::matches(value, about.topic));
    case TraceKind::ip_address:
      return !about.peer.empty() && value == host_of(about.peer);
  }
  return false;
}

bool Tracing::anybody_wants(LogLevel level, const LogContext& about) const {
  return std::any_of(traces_->begin(), traces_->end(),
                     [&](const Trace& trace) { return level >= trace.level && trace.wants(about); });
}

void Tracing::put(LogLevel level, const LogContext& about, std::string_view text) const {
  for (const Trace& trace : *traces_) {
    if (level >= trace.level && trace.wants(about)) log_.trace(trace.name, level, text, about);
  }
}

}  // namespace meshmq::broker
