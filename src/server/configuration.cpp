#include "server/configuration.hpp"

#include <sched.h>

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "config/source.hpp"
#include "net/dist_tls.hpp"
#include "server/acl_source.hpp"
#include "server/listener_setup.hpp"

namespace meshmq::server {

namespace {

std::uint16_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return static_cast<std::uint16_t>(std::clamp(count, 1, 1024));
}

}  // namespace

config::Request request_of(const Options& options, std::vector<std::string>& errors) {
  config::Request request{
      .file = options.config_file, .environment = config::environment(), .arguments = options.settings};
  if (auto saved = config::read_saved(request)) {
    request.saved = std::move(*saved);
  } else {
    errors.push_back(std::move(saved.error().message));
  }
  return request;
}

void complete(config::Config& config) {
  node::Config& node = config.node;
  if (node.workers == 0) node.workers = usable_cores();
  node.broker.worker_count = node.workers;
  node.broker.late_messages_max = node.forward_keep;
  node.client_key_seed = hash_bytes(config.mesh.cookie);
}

void check_files(config::Loaded& loaded) {
  for (const config::Listener& listener : loaded.config.listeners) {
    if (auto setup = prepare_listener(listener, loaded.warnings); !setup)
      loaded.errors.push_back(std::move(setup.error().message));
  }
  const config::Management& management = loaded.config.management;
  for (const auto& [listener, key] : {std::pair(&management.dashboard_tls, "dashboard.listener.https"),
                                      std::pair(&management.api_tls, "management.listener.https")}) {
    if (!listener->on) continue;
    if (auto tls = net::TlsListener::open(tls_options(listener->tls, key), loaded.warnings); !tls)
      loaded.errors.push_back(std::move(tls.error().message));
  }
  if (const std::string file = loaded.config.mesh.tls_file(); !file.empty()) {
    if (auto tls = net::DistTls::open(file, loaded.warnings); !tls)
      loaded.errors.push_back(std::move(tls.error().message));
  }
  for (std::string& error : read_acl(loaded.config.access.acl_file).errors)
    loaded.errors.push_back(std::move(error));
}

}  // namespace meshmq::server
