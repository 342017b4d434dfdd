#include "server/forward_bridge.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "mesh/forward_socket.hpp"
#include "net/worker_thread.hpp"

namespace meshmq::server {

namespace asio = boost::asio;

namespace {

/// net's view of a mesh socket.
class BridgedLink final : public net::ForwardLink, private mesh::ForwardSocketEvents {
 public:
  explicit BridgedLink(std::unique_ptr<mesh::ForwardSocket> socket) : socket_(std::move(socket)) {}

  void start(net::ForwardLinkEvents& events) override {
    events_ = &events;
    socket_->start(*this);
  }
  std::size_t send(std::string_view frame) override { return socket_->send(frame); }
  void close() override { socket_->close(); }

 private:
  void frame(std::string_view payload) override { events_->link_frame(payload); }
  void written(std::size_t queued) override { events_->link_written(queued); }
  void down() override { events_->link_down(); }

  std::unique_ptr<mesh::ForwardSocket> socket_;
  net::ForwardLinkEvents* events_ = nullptr;
};

/// Makes the link on the worker's loop.
class LinkMaker {
 public:
  LinkMaker(ForwardOptions options, Logger log, mesh::AdoptedSocket socket)
      : options_(std::move(options)),
        log_(log),
        socket_(std::make_shared<mesh::AdoptedSocket>(std::move(socket))) {}

  std::unique_ptr<net::ForwardLink> operator()(asio::io_context& io) {
    auto made = mesh::ForwardSocket::make(io, std::move(*socket_), options_.node, options_.tick_time,
                                          options_.frame_bytes_max);
    if (made) return std::make_unique<BridgedLink>(std::move(*made));
    log_.error("Cannot take over a forwarding connection: {}", made.error().message);
    return nullptr;
  }

 private:
  ForwardOptions options_;
  Logger log_;
  std::shared_ptr<mesh::AdoptedSocket> socket_;
};

}  // namespace

ForwardBridge::ForwardBridge(asio::io_context& control, ForwardOptions options, Logger log)
    : control_(control), options_(std::move(options)), log_(log) {}

void ForwardBridge::dial(net::WorkerThread& worker, cluster::Slot slot, const std::string& node) {
  asio::post(control_, [this, &worker, slot, node] {
    const auto done = [this, &worker, slot, node](tl::expected<mesh::AdoptedSocket, mesh::DialError> socket) {
      if (socket) return worker.forward_connected(slot, LinkMaker(options_, log_, std::move(*socket)));
      log_.warning("No forwarding link to {}: {} ({})", node, to_string(socket.error().error),
                   socket.error().detail);
      worker.forward_failed(slot);
    };
    mesh_->dial_forward(worker.index().value, node, done);
  });
}

void ForwardBridge::accepted(std::span<net::WorkerThread* const> workers, const std::string& origin,
                             std::uint16_t origin_worker, mesh::AdoptedSocket socket) {
  net::WorkerThread& worker = *workers[origin_worker % workers.size()];
  worker.forward_accepted(origin, origin_worker, LinkMaker(options_, log_, std::move(socket)));
}

}  // namespace meshmq::server
