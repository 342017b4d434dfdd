#pragma once
// What commands need to know and to do outside of node::Control: the process and its listeners.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/records.hpp"
#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::admin {

struct ListenerInfo {
  std::string id;         ///< mqtt:tcp:external
  std::string listen_on;  ///< 0.0.0.0:1883
  std::size_t acceptors = 0;
  std::size_t connections_max = 0;
  std::size_t connections = 0;
  std::vector<std::pair<std::string, std::uint64_t>> shutdown_counts;
  bool running = true;
};

struct CertificateReload {
  std::string id;  ///< of the listener
  Result<void> result;
};

struct RuntimeInfo {
  double load1 = 0;
  double load5 = 0;
  double load15 = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t resident_bytes_peak = 0;
  std::size_t threads = 0;
  std::size_t workers = 0;
  std::size_t descriptors = 0;
  std::size_t descriptors_max = 0;
  std::uint64_t cpu_ms = 0;      ///< used by the process
  Histogram control_lateness{};  ///< of the control thread's ticks: how long its loop is held up
};

/// How busy the machine is. Ticks are counted since it started; zeros: not known.
struct SystemLoad {
  std::uint64_t cpu_ticks = 0;  ///< of all processors
  std::uint64_t cpu_busy_ticks = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_available_bytes = 0;
};

/// Implemented by the server. Called on the control thread.
class Host {
 public:
  virtual ~Host() = default;
  virtual std::string_view version() const = 0;
  /// The node ends: nobody new is to be sent to it.
  virtual bool stopping() const = 0;
  /// Those that run.
  virtual std::vector<ListenerInfo> listeners() const = 0;
  /// Those that were stopped and can be started again.
  virtual std::vector<ListenerInfo> stopped_listeners() const { return {}; }
  /// All fail with Errc::not_found for an unknown id. Clients of a listener that ends are disconnected, their
  /// sessions live on.
  virtual Result<void> stop_listener(std::string_view id) = 0;
  /// Fails with Errc::already_exists if it runs.
  virtual Result<void> start_listener(std::string_view id) = 0;
  virtual Result<void> restart_listener(std::string_view id) = 0;
  /// Reads the certificates of all TLS listeners again; a listener whose files are bad keeps what it has.
  virtual std::vector<CertificateReload> reload_certificates() = 0;
  /// Reads acl_file again; returns how many rules there are. If the file is bad its lines say why, and the
  /// rules stay as they are.
  virtual Result<std::size_t> reload_acl() = 0;
  /// Runs `work` where it holds up nobody, then `done` on the control thread.
  virtual void offload(std::function<void()> work, std::function<void()> done) = 0;
  virtual RuntimeInfo runtime() const = 0;
  virtual SystemLoad system_load() const = 0;
  virtual LogLevel log_level() const = 0;
  virtual void set_log_level(LogLevel level) = 0;
  virtual Records& records() = 0;
};

}  // namespace meshmq::admin
