#pragma once
// Where names of other nodes come from. Providers carry questions and answers, and decide nothing.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "cluster/discovery.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::discovery {

using cluster::Discovered;
/// Called from the loop, never from within a call into the provider.
using OnAnswer = std::function<void(const Result<Discovered>&)>;

/// One of cluster.discovery. Thread rule: everything on the thread that runs the loop. Owner: the server; it
/// may be destroyed while a question is under way.
class Provider {
 public:
  virtual ~Provider() = default;
  /// Ends in an answer; some come without a question too. Questions while one is under way are ignored.
  virtual void ask() = 0;
  /// cluster::DiscoveryPorts::settled()
  virtual void settled() {}
  /// cluster::DiscoveryPorts::withdraw()
  virtual void withdraw() {}
};

/// cluster.mcast.*
struct McastOptions {
  std::string addr;
  std::string ports;  ///< with commas; the first free one is bound, all are called
  std::string iface;  ///< an address; for IPv6 the name of an interface
  int ttl = 255;
  bool loop = true;
  std::size_t sndbuf = 16 * 1024;
  std::size_t recbuf = 16 * 1024;
};

/// cluster.dns.*
struct DnsOptions {
  std::string name;
  std::string app;     ///< what stands before the @
  std::string type;    ///< a, aaaa, srv
  std::string server;  ///< with commas; empty: the system's
};

/// cluster.etcd.*
struct EtcdOptions {
  std::string server;            ///< URLs with commas
  std::string version = "auto";  ///< or v2, v3
  bool lock = false;
  std::string prefix;
  Duration node_ttl = std::chrono::minutes(1);
  std::string user;
  std::string password;
  std::string cacertfile;
  std::string certfile;
  std::string keyfile;
};

/// cluster.k8s.*
struct K8sOptions {
  std::string apiserver;  ///< URLs with commas
  std::string service_name;
  std::string ns;            ///< namespace
  std::string address_type;  ///< ip, dns, hostname
  std::string app_name;      ///< what stands before the @
  std::string suffix;
  std::string token_file;
  std::string cacertfile;
};

struct Options {
  std::string provider;  ///< cluster.discovery
  std::string node;      ///< node.name
  std::string cookie;    ///< node.cookie
  std::string cluster;   ///< cluster.name
  Duration interval{0};  ///< cluster.discovery_interval
  std::string seeds;     ///< cluster.static.seeds
  McastOptions mcast;
  DnsOptions dns;
  EtcdOptions etcd;
  K8sOptions k8s;
};

/// nullptr for `manual`. Fails with what is wrong with the options.
Result<std::unique_ptr<Provider>> make_provider(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer, Logger log);

/// The parts between commas, without blanks around them; empty ones are left out.
std::vector<std::string> split_list(std::string_view text);
/// Whether others could be asked to link with a node of this name.
bool is_node_name(std::string_view name);

}  // namespace meshmq::discovery
