#pragma once
// This node's place in the mesh: named, found through EPMD, linked to other nodes by the distribution
// protocol.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/link_error.hpp"
#include "erldist/secure_channel.hpp"
#include "erldist/services.hpp"
#include "erldist/term.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::mesh {

struct MeshOptions {
  std::string node;    ///< node.name
  std::string cookie;  ///< node.cookie
  /// node.dist_listen_min/max: the first free port of the range; 0..0: any free port.
  std::uint16_t port_min = 6369;
  std::uint16_t port_max = 6389;
  bool ipv6 = false;  ///< cluster.proto_dist = inet6_...
  /// cluster.proto_dist = ..._tls: makes the TLS of each connection; nullptr: plain TCP.
  std::shared_ptr<erldist::SecureChannels> tls{};
  bool epmd = true;                               ///< node.epmd; off: every node listens on port_min
  std::uint16_t epmd_port = 4369;                 ///< ERL_EPMD_PORT
  Duration tick_time = std::chrono::seconds(8);   ///< node.net_ticktime, between our own nodes
  Duration setup_time = std::chrono::seconds(7);  ///< node.net_setuptime, for each step of connecting
  std::size_t frame_bytes_max = 128 * 1024 * 1024;
  std::size_t queue_bytes_max = 256 * 1024 * 1024;  ///< waiting for one control link; more closes it
};

/// A connected socket after its handshake, on its way to a worker's loop. Owns `fd`.
struct AdoptedSocket {
  AdoptedSocket(int handle, std::string bytes) : fd(handle), rest(std::move(bytes)) {}
  AdoptedSocket(AdoptedSocket&& other) noexcept
      : fd(std::exchange(other.fd, -1)), rest(std::move(other.rest)), channel(std::move(other.channel)) {}
  AdoptedSocket& operator=(AdoptedSocket&&) = delete;
  ~AdoptedSocket();
  int release() { return std::exchange(fd, -1); }

  int fd;
  std::string rest;                                   ///< plain bytes that came behind the handshake
  std::unique_ptr<erldist::SecureChannel> channel{};  ///< nullptr: plain TCP
};

/// Why a dial failed, for branching and for people.
struct DialError {
  cluster::LinkError error;
  std::string detail;
};

/// What the mesh tells its owner, on the loop's thread, never from within a call into Mesh.
class MeshHandler {
 public:
  virtual ~MeshHandler() = default;
  virtual void link_up(const std::string& node) = 0;
  virtual void link_frame(const std::string& node, std::string_view frame) = 0;
  virtual void link_down(const std::string& node, cluster::LinkError error, const std::string& detail) = 0;
  /// Another node's worker opened a forwarding connection.
  virtual void forward_accepted(const std::string& origin, std::uint16_t worker, AdoptedSocket socket) = 0;
  /// A foreign node (or meshmq_ctl) calls a function. Answer with rpc_answer() or rpc_refuse(); whatever is
  /// not on the owner's white list must be refused.
  struct RpcId {
    std::uint64_t link = 0;
    std::uint64_t call = 0;
  };
  virtual void rpc_call(RpcId id, const erldist::RpcCall& call) = 0;
};

/// Thread rule: everything on the thread that runs the loop. Owner: the server; must be stopped before the
/// loop is.
class Mesh {
 public:
  Mesh(boost::asio::io_context& io, MeshOptions options, MeshHandler& handler, Logger log);
  ~Mesh();

  /// MeshOptions::tls; before start().
  void secure(std::shared_ptr<erldist::SecureChannels> tls);
  /// Listens and registers. Fails with one clear line if the port is taken or another live node has our name.
  Result<void> start();
  void stop();
  /// Where other nodes connect to.
  std::uint16_t port() const;
  /// True if this node serves EPMD for its host.
  bool serves_epmd() const;

  // --- control links: node::ControlPorts
  void dial(const std::string& node);
  void hang_up(const std::string& node);
  void send(const std::string& node, std::string_view frame);

  // --- forwarding links
  using ForwardDone = std::function<void(tl::expected<AdoptedSocket, DialError>)>;
  void dial_forward(std::uint16_t worker, const std::string& node, ForwardDone done);

  // --- foreign nodes
  /// Prints `output` at the caller's terminal, if there is any, then returns `value`.
  void rpc_answer(MeshHandler::RpcId id, std::string_view output, const erldist::Term& value);
  void rpc_refuse(MeshHandler::RpcId id, std::string_view reason);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshmq::mesh
