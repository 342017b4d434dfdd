#include "rest/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace meshmq::rest {

namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    result += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return result;
}

/// Dots and dashes are none of Prometheus' letters.
std::string name_of(std::string_view prefix, std::string_view counter) {
  std::string name(prefix);
  for (const char c : counter) name += c == '.' || c == '-' ? '_' : c;
  return name;
}

/// Writes one family of samples after the other.
class Exposition {
 public:
  explicit Exposition(std::string node) : node_(std::move(node)) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  template <class Number>
  void sample(Number value, const Labels& labels = {}) {
    text_ += fmt::format("{}{{node=\"{}\"", name_, escaped(node_));
    for (const auto& [label, text] : labels) text_ += fmt::format(",{}=\"{}\"", label, escaped(text));
    text_ += fmt::format("}} {}\n", value);
  }
  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    family(name, "gauge", help);
    sample(value);
  }
  template <class Number>
  void counter(std::string_view name, std::string_view help, Number value) {
    family(name, "counter", help);
    sample(value);
  }
  /// `name` in seconds.
  void histogram(std::string_view name, std::string_view help, const Histogram& values) {
    family(name, "histogram", help);
    std::uint64_t sum = 0;
    const std::string base = std::exchange(name_, name_ + "_bucket");
    for (std::size_t i = 0; i < values.counts().size(); ++i) {
      sum += values.counts()[i];
      const bool last = i == Histogram::bounds_us.size();
      sample(sum,
             {{"le", last ? "+Inf" : fmt::format("{}", static_cast<double>(Histogram::bounds_us[i]) / 1e6)}});
    }
    name_ = base + "_sum";
    sample(static_cast<double>(values.sum_us()) / 1e6);
    name_ = base + "_count";
    sample(sum);
  }
  std::string take() { return std::move(text_); }

 private:
  const std::string node_;
  std::string name_;
  std::string text_;
};

// ---------------------------------------------------------------- our names

void add_counters(Exposition& page, const Exposed& exposed) {
  for (const auto& [name, value] : exposed.counters) {
    page.counter(name_of("meshmq_", name) + "_total", name + " since the start of the node", value);
  }
}

/// `connections.count` is meshmq_connections, `connections.max` meshmq_connections_max.
void add_sizes(Exposition& page, const Exposed& exposed) {
  constexpr std::string_view now = ".count";
  for (const auto& [name, value] : exposed.sizes) {
    const bool current = name.ends_with(now);
    const std::string base = current ? name.substr(0, name.size() - now.size()) : name;
    const std::string what = base.substr(0, base.rfind(".max"));
    page.gauge(name_of("meshmq_", base), current ? what + " at the moment" : "The most " + what + " so far",
               value);
  }
}

void add_cluster(Exposition& page, const Exposed& exposed) {
  page.family("meshmq_cluster_nodes", "gauge", "Members of the cluster, as this node sees them");
  page.sample(exposed.cluster.running_nodes.size(), {{"state", "running"}});
  page.sample(exposed.cluster.stopped_nodes.size(), {{"state", "stopped"}});
  page.gauge("meshmq_cluster_partitions", "Different views of who is running; 0 when all agree",
             exposed.cluster.partitions.size());
  page.counter("meshmq_replicated_sent_bytes_total", "Bytes of replicated tables sent to other nodes",
               exposed.control.replicated_bytes_sent);
  page.counter("meshmq_replicated_received_bytes_total", "Bytes of replicated tables received",
               exposed.control.replicated_bytes_received);
  page.gauge("meshmq_alarms_active", "Alarms that last", exposed.alarms);
  page.gauge("meshmq_store_waiting_rows", "Changed rows that wait for the disk",
             exposed.control.store_waiting);
  page.gauge("meshmq_store_failing", "1 while the disk refuses writes",
             exposed.control.store_failing ? 1 : 0);
}

void add_listeners(Exposition& page, const Exposed& exposed) {
  page.family("meshmq_listener_connections", "gauge", "Connections of a listener");
  for (const auto& listener : exposed.listeners)
    page.sample(listener.connections, {{"listener", listener.id}});
  page.family("meshmq_listener_connections_limit", "gauge", "Connections that a listener takes at most");
  for (const auto& listener : exposed.listeners)
    page.sample(listener.connections_max, {{"listener", listener.id}});
  page.family("meshmq_listener_shutdowns_total", "counter", "Connections that have ended, by reason");
  for (const auto& listener : exposed.listeners) {
    for (const auto& [reason, count] : listener.shutdown_counts)
      page.sample(count, {{"listener", listener.id}, {"reason", reason}});
  }
}

void add_process(Exposition& page, const Exposed& exposed) {
  const admin::RuntimeInfo& runtime = exposed.runtime;
  page.family("meshmq_build_info", "gauge", "Always 1; the version is a label");
  page.sample(1, {{"version", exposed.version}});
  page.gauge("meshmq_uptime_seconds", "Time since the start of the node",
             static_cast<double>(exposed.uptime.count()) / 1000);
  page.counter("meshmq_cpu_seconds_total", "Time that the process has used of all processors",
               static_cast<double>(runtime.cpu_ms) / 1000);
  page.gauge("meshmq_resident_memory_bytes", "Memory of the process", runtime.resident_bytes);
  page.gauge("meshmq_resident_memory_peak_bytes", "The most so far", runtime.resident_bytes_peak);
  page.gauge("meshmq_threads", "Threads of the process", runtime.threads);
  page.gauge("meshmq_workers", "Worker threads", runtime.workers);
  page.gauge("meshmq_open_fds", "Open file descriptors", runtime.descriptors);
  page.gauge("meshmq_max_fds", "File descriptors that may be open", runtime.descriptors_max);
  page.gauge("meshmq_system_memory_bytes", "Memory of the machine", exposed.system.memory_bytes);
  page.gauge("meshmq_system_memory_available_bytes", "Of it, what is to be had",
             exposed.system.memory_available_bytes);
  page.gauge("meshmq_system_load1", "Load average of a minute", runtime.load1);
}

void add_times(Exposition& page, const Exposed& exposed) {
  page.histogram("meshmq_publish_to_deliver_seconds",
                 "From a publish to its sending to a client that was connected all the time",
                 exposed.times.delivery);
  page.histogram(
      "meshmq_forward_seconds",
      "From a message's way to another node to the acknowledgement of that node: the oldest of each",
      exposed.times.forward);
  page.histogram("meshmq_route_lag_seconds",
                 "From a SUBSCRIBE to the moment when all running nodes had the routes", exposed.route_lag);
  page.histogram("meshmq_loop_turn_seconds",
                 "Turns of the workers' event loops: long ones hold up all clients", exposed.times.turns);
  page.histogram("meshmq_control_lateness_seconds", "How late ticks of the control thread come",
                 exposed.runtime.control_lateness);
}

// ---------------------------------------------------------------- EMQ X's names

void add_emqx(Exposition& page, const Exposed& exposed) {
  for (const auto& [name, value] : exposed.counters) page.counter(name_of("emqx_", name), name, value);
  for (const auto& [name, value] : exposed.sizes) page.gauge(name_of("emqx_", name), name, value);
  page.gauge("emqx_vm_cpu_use", "Percent of the machine's processors", exposed.cpu_use);
  page.gauge("emqx_vm_cpu_idle", "The rest", 100 - exposed.cpu_use);
  page.gauge("emqx_vm_total_memory", "Memory of the machine", exposed.system.memory_bytes);
  page.gauge("emqx_vm_used_memory", "Memory of the process", exposed.runtime.resident_bytes);
  page.gauge("emqx_cluster_nodes_running", "Running nodes", exposed.cluster.running_nodes.size());
  page.gauge("emqx_cluster_nodes_stopped", "Stopped nodes", exposed.cluster.stopped_nodes.size());
}

}  // namespace

std::string exposition(const Exposed& exposed, PrometheusNames names) {
  Exposition page(exposed.node);
  if (names == PrometheusNames::emqx) {
    add_emqx(page, exposed);
  } else {
    add_counters(page, exposed);
    add_sizes(page, exposed);
    add_cluster(page, exposed);
    add_listeners(page, exposed);
    add_process(page, exposed);
    add_times(page, exposed);
  }
  return page.take();
}

}  // namespace meshmq::rest
