#pragma once
// Joins the workers' forwarding links (net) to the mesh that opens them.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "mesh/mesh.hpp"
#include "net/forward_transport.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::server {

struct ForwardOptions {
  std::string node;
  Duration tick_time = std::chrono::seconds(8);
  std::size_t frame_bytes_max = 128 * 1024 * 1024;
};

/// Dials run on the control thread, open sockets move to their worker's loop.
class ForwardBridge final : public net::ForwardTransport {
 public:
  ForwardBridge(boost::asio::io_context& control, ForwardOptions options, Logger log);
  /// Before workers start.
  void attach(mesh::Mesh& mesh) { mesh_ = &mesh; }
  /// Any worker thread.
  void dial(net::WorkerThread& worker, cluster::Slot slot, const std::string& node) override;
  /// Control thread: another node's worker called; all its links go to the same worker here.
  void accepted(std::span<net::WorkerThread* const> workers, const std::string& origin,
                std::uint16_t origin_worker, mesh::AdoptedSocket socket);

 private:
  boost::asio::io_context& control_;
  ForwardOptions options_;
  Logger log_;
  mesh::Mesh* mesh_ = nullptr;
};

}  // namespace meshmq::server
