#pragma once
// The process as operators see it: its listeners, its log, its use of the machine.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "net/dist_tls.hpp"
#include "net/listener.hpp"
#include "net/tls_listener.hpp"
#include "net/worker_thread.hpp"
#include "server/acl_source.hpp"
#include "server/listener_setup.hpp"
#include "server/log_output.hpp"
#include "server/management.hpp"
#include "server/system_load.hpp"
#include "server/work_pool.hpp"

namespace meshmq::server {

/// Thread rule: one owner, the control thread.
class ProcessHost final : public admin::Host {
 public:
  /// `workers`, `log`, `records`, `acl` and `pool` must outlive it.
  ProcessHost(std::span<net::WorkerThread* const> workers, LogOutput& log, admin::Records& records,
              AclSource& acl, WorkPool& pool)
      : workers_(workers), log_(log), records_(records), acl_(acl), pool_(pool) {}

  /// Fails with `Failed to start <id> listener on <address>: <reason>`.
  Result<void> add_listener(ListenerSetup setup);
  /// TLS between nodes; its certificates are looked after as those of listeners.
  void add_dist_tls(std::shared_ptr<net::DistTls> tls) { dist_tls_ = std::move(tls); }
  /// The listeners of the management API, shown and stopped with the others; it must outlive them.
  void attach(Management& management) { management_ = &management; }
  /// Limits that may change while a listener runs.
  void reconfigure(const std::vector<config::Listener>& listeners);
  void stop_listeners();
  /// Says so from now on.
  void set_stopping() { stopping_ = true; }
  /// Of one that runs; 0 otherwise.
  std::uint16_t port_of(std::string_view id) const;
  std::string address_of(std::string_view id) const;
  /// Reads the certificates whose files look different, and logs it.
  void reload_changed_certificates();

  std::string_view version() const override;
  bool stopping() const override { return stopping_; }
  std::vector<admin::ListenerInfo> listeners() const override;
  std::vector<admin::ListenerInfo> stopped_listeners() const override;
  Result<void> stop_listener(std::string_view id) override;
  Result<void> start_listener(std::string_view id) override;
  Result<void> restart_listener(std::string_view id) override;
  std::vector<admin::CertificateReload> reload_certificates() override;
  Result<std::size_t> reload_acl() override { return acl_.load(); }
  void offload(std::function<void()> work, std::function<void()> done) override {
    pool_.run(std::move(work), std::move(done));
  }
  admin::RuntimeInfo runtime() const override;
  admin::SystemLoad system_load() const override { return read_system_load(); }
  LogLevel log_level() const override { return log_.level(); }
  void set_log_level(LogLevel level) override { log_.set_level(level); }
  admin::Records& records() override { return records_; }
  /// A tick of the control thread came so late.
  void note_lateness(std::chrono::microseconds late) {
    lateness_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(late.count(), 0)));
  }

 private:
  /// `listener` is nullptr while it is stopped.
  struct Entry {
    net::ListenerOptions options;
    std::shared_ptr<net::TlsListener> tls;
    std::unique_ptr<net::Listener> listener;
  };
  Result<void> start(Entry& entry);
  static void stop(Entry& entry);
  Entry* find(std::string_view id);
  bool manages(std::string_view id) const { return management_ != nullptr && Management::is_one(id); }
  template <class Tls>
  Result<void> reload(Tls& tls, const std::string& whose);

  std::span<net::WorkerThread* const> workers_;
  LogOutput& log_;
  admin::Records& records_;
  Histogram lateness_;
  AclSource& acl_;
  WorkPool& pool_;
  std::vector<Entry> entries_;
  std::shared_ptr<net::DistTls> dist_tls_;
  Management* management_ = nullptr;
  bool stopping_ = false;
};

}  // namespace meshmq::server
