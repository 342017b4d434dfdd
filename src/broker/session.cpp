#include "broker/session.hpp"

namespace meshmq::broker {

void remember_waiting(Session& session) {
  const auto remember = [&](const Outgoing& outgoing) {
    if (outgoing.qos == mqtt::QoS::exactly_once && !outgoing.group && outgoing.message->id() != 0)
      session.arrival->seen.insert(outgoing.message->id());
  };
  for (const InflightEntry* entry : session.inflight.in_order()) {
    if (entry->state != InflightState::awaiting_pubcomp) remember(entry->outgoing);
  }
  if (session.queue) session.queue->for_each(remember);
}

}  // namespace meshmq::broker
