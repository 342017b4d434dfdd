#pragma once
// node.ssl_dist_optfile: what TLS between nodes is told, as Erlang's `-ssl_dist_optfile` has it.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/tls_options.hpp"

namespace meshmq::net {

/// Both roles that a node plays.
struct DistTlsOptions {
  TlsOptions server;
  TlsOptions client;
  bool check_host = true;    ///< off: {server_name_indication, disable}
  std::string as_host = {};  ///< {server_name_indication, "host"}: instead of the host of the node's name
};

/// `text` is one term: [{server, Options}, {client, Options}]. Options of Erlang's ssl that say nothing to
/// OpenSSL are passed by; whatever would change whom a node trusts and is not known here is refused. With a
/// cacertfile and without `verify` peers are verified, and clients need a certificate: unlike Erlang, which
/// verifies nobody unless it is told to. `path` is for error messages.
Result<DistTlsOptions> parse_dist_tls(std::string_view text, const std::string& path);
Result<DistTlsOptions> read_dist_tls(const std::string& path);

}  // namespace meshmq::net
