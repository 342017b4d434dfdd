#pragma once
// Calling another node: resolve, ask its EPMD, connect, shake hands. Includes Asio: for this folder's own
// files.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "erldist/handshake.hpp"
#include "mesh/mesh.hpp"
#include "mesh/wire.hpp"

namespace meshmq::mesh {

Now read_now();
/// Unpredictable 32 bits.
std::uint32_t random_challenge();

/// What a successful call gives.
struct Called {
  std::shared_ptr<Wire> wire;
  erldist::RemoteIdentity peer;
  std::string rest;
};
using CallDone = std::function<void(tl::expected<Called, DialError>)>;

/// One attempt; keeps itself alive until `done` was called, exactly once, from the loop. Limit:
/// MeshOptions::setup_time for each step.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  Dial(boost::asio::io_context& io, const MeshOptions& options, erldist::Identity self, std::string node,
       CallDone done);
  void start();
  /// Ends it; `done` hears `reason`.
  void cancel(DialError reason) { finish(tl::unexpected<DialError>(std::move(reason))); }
  const std::string& node() const { return node_; }

 private:
  using Endpoints = boost::asio::ip::tcp::resolver::results_type;

  void arm(std::string what);
  void resolve(const std::string& host);
  void ask_epmd();
  void read_epmd();
  void connect(std::uint16_t port);
  void secure();
  void shake_hands();
  void read_handshake();
  void step();
  void fail(cluster::LinkError error, std::string detail);
  void finish(tl::expected<Called, DialError> result);
  std::string where(std::uint16_t port) const;

  boost::asio::io_context& io_;
  MeshOptions options_;
  erldist::Identity self_;
  std::string node_;
  CallDone done_;
  boost::asio::ip::tcp::resolver resolver_;
  std::shared_ptr<Wire> wire_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::address address_;
  std::optional<erldist::Handshake> handshake_;
  std::string output_;
  std::string input_;
};

cluster::LinkError to_link_error(erldist::HandshakeError error);

}  // namespace meshmq::mesh
