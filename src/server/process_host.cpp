#include "server/process_host.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace meshmq::server {

namespace {

/// In the log and in answers to operators.
constexpr std::string_view dist_tls_name = "node.ssl_dist_optfile";

std::string wanted_address(const net::ListenerOptions& options) {
  if (!options.unix_path.empty()) return options.unix_path;
  const bool ipv6 = options.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(ipv6 ? "[{}]:{}" : "{}:{}"), options.address, options.port);
}

/// A number of kilobytes, or a plain one, from /proc/self/status.
std::uint64_t status_value(const std::string& status, std::string_view name) {
  const std::size_t at = status.find(std::string("\n") + std::string(name) + ":");
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + name.size() + 2, nullptr, 10);
}

std::size_t open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors))) -
         1;  // the one that counts
}

}  // namespace

std::string_view ProcessHost::version() const {
  return MESHMQ_VERSION;
}

Result<void> ProcessHost::add_listener(ListenerSetup setup) {
  Entry entry{std::move(setup.options), std::move(setup.tls), nullptr};
  if (auto started = start(entry); !started) {
    return fail(started.error().code, fmt::format("Failed to start {} listener on {}: {}", entry.options.name,
                                                  wanted_address(entry.options), started.error().message));
  }
  entries_.push_back(std::move(entry));
  return {};
}

Result<void> ProcessHost::start(Entry& entry) {
  auto listener = net::Listener::start(entry.options, workers_, Logger(&log_));
  if (!listener) return tl::unexpected<Error>(std::move(listener.error()));
  entry.listener = std::move(*listener);
  return {};
}

void ProcessHost::reconfigure(const std::vector<config::Listener>& listeners) {
  for (const config::Listener& listener : listeners) {
    Entry* entry = find(listener_id(listener));
    if (entry == nullptr) continue;
    entry->options.connections_max = listener.connections_max;
    entry->options.accepts_per_s_max = listener.accepts_per_s_max;
    if (entry->listener) entry->listener->set_limits(listener.connections_max, listener.accepts_per_s_max);
  }
}

void ProcessHost::stop_listeners() {
  for (Entry& entry : entries_) entry.listener.reset();
}

ProcessHost::Entry* ProcessHost::find(std::string_view id) {
  for (Entry& entry : entries_) {
    if (entry.options.name == id) return &entry;
  }
  return nullptr;
}

std::uint16_t ProcessHost::port_of(std::string_view id) const {
  for (const Entry& entry : entries_) {
    if (entry.options.name == id && entry.listener) return entry.listener->port();
  }
  return 0;
}

std::string ProcessHost::address_of(std::string_view id) const {
  for (const Entry& entry : entries_) {
    if (entry.options.name == id && entry.listener) return entry.listener->listen_on();
  }
  return {};
}

std::vector<admin::ListenerInfo> ProcessHost::listeners() const {
  std::vector<admin::ListenerInfo> result;
  for (const Entry& entry : entries_) {
    if (!entry.listener) continue;
    net::ListenerStats stats = entry.listener->stats();
    result.push_back({.id = entry.options.name,
                      .listen_on = entry.listener->listen_on(),
                      .acceptors = entry.listener->acceptors(),
                      .connections_max = entry.options.connections_max,
                      .connections = stats.connections,
                      .shutdown_counts = std::move(stats.shutdown_counts)});
  }
  if (management_ != nullptr) {
    for (admin::ListenerInfo& listener : management_->listeners()) result.push_back(std::move(listener));
  }
  return result;
}

std::vector<admin::ListenerInfo> ProcessHost::stopped_listeners() const {
  std::vector<admin::ListenerInfo> result;
  for (const Entry& entry : entries_) {
    if (entry.listener) continue;
    result.push_back({.id = entry.options.name,
                      .listen_on = wanted_address(entry.options),
                      .acceptors = 0,
                      .connections_max = entry.options.connections_max,
                      .connections = 0,
                      .shutdown_counts = {},
                      .running = false});
  }
  if (management_ != nullptr) {
    for (admin::ListenerInfo& listener : management_->stopped_listeners())
      result.push_back(std::move(listener));
  }
  return result;
}

Result<void> ProcessHost::stop_listener(std::string_view id) {
  if (manages(id)) return management_->stop_listener(id);
  Entry* entry = find(id);
  if (entry == nullptr || !entry->listener) return fail(Errc::not_found, "no such listener");
  stop(*entry);
  return {};
}

/// The next start takes the same port, also if it was a free one at first.
void ProcessHost::stop(Entry& entry) {
  if (!entry.listener) return;
  entry.options.port = entry.listener->port();
  entry.listener->stop();
  entry.listener->end_clients();
  entry.listener.reset();
}

Result<void> ProcessHost::start_listener(std::string_view id) {
  if (manages(id)) return management_->start_listener(id);
  Entry* entry = find(id);
  if (entry == nullptr) return fail(Errc::not_found, "no such listener");
  if (entry->listener) return fail(Errc::already_exists, "it runs already");
  if (entry->tls) {
    if (auto reloaded = reload(*entry->tls, "Listener " + entry->options.name); !reloaded) return reloaded;
  }
  return start(*entry);
}

Result<void> ProcessHost::restart_listener(std::string_view id) {
  if (manages(id)) {
    if (auto stopped = management_->stop_listener(id); !stopped) return stopped;
    return management_->start_listener(id);
  }
  Entry* entry = find(id);
  if (entry == nullptr) return fail(Errc::not_found, "no such listener");
  if (entry->tls) {
    if (auto reloaded = reload(*entry->tls, "Listener " + entry->options.name); !reloaded) return reloaded;
  }
  stop(*entry);
  return start(*entry);
}

// ---------------------------------------------------------------- certificates

/// What fails leaves the certificates as they are.
template <class Tls>
Result<void> ProcessHost::reload(Tls& tls, const std::string& whose) {
  const Logger log(&log_);
  std::vector<std::string> warnings;
  auto reloaded = tls.reload(warnings);
  for (const std::string& warning : warnings) log.warning("{}", warning);
  if (reloaded) {
    log.log(LogLevel::notice, "{}: certificates were read again", whose);
  } else {
    log.error("{}: keeps its old certificates: {}", whose, reloaded.error().message);
  }
  return reloaded;
}

std::vector<admin::CertificateReload> ProcessHost::reload_certificates() {
  std::vector<admin::CertificateReload> results;
  for (Entry& entry : entries_) {
    if (entry.tls)
      results.push_back({entry.options.name, reload(*entry.tls, "Listener " + entry.options.name)});
  }
  if (management_ != nullptr) {
    management_->for_each_tls([&](const std::string& id, net::TlsListener& tls) {
      results.push_back({id, reload(tls, "Listener " + id)});
    });
  }
  if (dist_tls_)
    results.push_back({std::string(dist_tls_name), reload(*dist_tls_, std::string(dist_tls_name))});
  return results;
}

void ProcessHost::reload_changed_certificates() {
  for (Entry& entry : entries_) {
    if (entry.tls && entry.tls->files_changed()) reload(*entry.tls, "Listener " + entry.options.name);
  }
  if (management_ != nullptr) {
    management_->for_each_tls([&](const std::string& id, net::TlsListener& tls) {
      if (tls.files_changed()) reload(tls, "Listener " + id);
    });
  }
  if (dist_tls_ && dist_tls_->files_changed()) reload(*dist_tls_, std::string(dist_tls_name));
}

admin::RuntimeInfo ProcessHost::runtime() const {
  admin::RuntimeInfo info;
  double loads[3] = {};
  if (::getloadavg(loads, 3) == 3) {
    info.load1 = loads[0];
    info.load5 = loads[1];
    info.load15 = loads[2];
  }
  std::ifstream file("/proc/self/status");
  const std::string status{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  info.resident_bytes = status_value(status, "VmRSS") * 1024;
  info.resident_bytes_peak = status_value(status, "VmHWM") * 1024;
  info.threads = status_value(status, "Threads");
  info.workers = workers_.size();
  info.descriptors = open_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) info.descriptors_max = limit.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto ms = [](const timeval& time) {
      return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
    };
    info.cpu_ms = ms(usage.ru_utime) + ms(usage.ru_stime);
  }
  info.control_lateness = lateness_;
  return info;
}

}  // namespace meshmq::server
