#pragma once
// What a node counts, in the text format of Prometheus (version 0.0.4).

#include <cstddef>
#include <string>
#include <vector>

#include "admin/formats.hpp"
#include "admin/host.hpp"
#include "base/time.hpp"
#include "node/control.hpp"

namespace meshmq::rest {

struct Exposed {
  std::string node;
  std::string version;
  admin::Counters counters;  ///< since the start
  admin::Counters sizes;     ///< `.count` of now, `.max`
  node::ControlStats control;
  node::ClusterStatus cluster;
  std::size_t alarms = 0;
  std::vector<admin::ListenerInfo> listeners;
  admin::RuntimeInfo runtime;
  admin::SystemLoad system;
  double cpu_use = 0;       ///< percent of the machine's processors since the last look
  node::WorkerTimes times;  ///< of all workers together
  Histogram route_lag;
  Duration uptime{};
};

enum class PrometheusNames { own, emqx };

/// Pure. Every sample has the label `node`. Own names: `meshmq_messages_received_total`; EMQ X's:
/// `emqx_messages_received`, without what it does not have.
std::string exposition(const Exposed& exposed, PrometheusNames names);

}  // namespace meshmq::rest
