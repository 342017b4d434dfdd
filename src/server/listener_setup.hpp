#pragma once
// From a listener's configuration to what the network needs of it.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "net/listener.hpp"
#include "net/tls_listener.hpp"

namespace meshmq::server {

struct ListenerSetup {
  net::ListenerOptions options;
  std::shared_ptr<net::TlsListener> tls;  ///< nullptr: without
};

/// `setting`: the key that the rest stands below.
net::TlsOptions tls_options(const config::Tls& from, std::string setting);
/// `mqtt:ssl:external`, as operators name it.
std::string listener_id(const config::Listener& listener);
/// Reads the certificates; fails with a sentence for the operator, and adds others to `warnings`.
Result<ListenerSetup> prepare_listener(const config::Listener& listener, std::vector<std::string>& warnings);

}  // namespace meshmq::server
