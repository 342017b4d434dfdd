#pragma once
// One established connection on the control thread's loop. Includes Asio: for this folder's own files.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "erldist/frame.hpp"
#include "mesh/dial.hpp"
#include "mesh/mesh.hpp"
#include "mesh/wire.hpp"

namespace meshmq::mesh {

/// Reads frames, gathers writes, ticks. Ends exactly once, from the loop: `down(error, detail)`.
class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Events {
    /// One frame body, never empty.
    std::function<void(std::string_view body)> frame;
    std::function<void(cluster::LinkError, const std::string& detail)> down;
  };

  Link(std::shared_ptr<Wire> wire, erldist::RemoteIdentity peer, const MeshOptions& options,
       Duration tick_time);
  /// `rest`: bytes that came behind the handshake.
  void start(Events events, std::string rest);

  /// Queues whole frames; they leave together at the end of the loop's turn.
  void send(std::string_view frames);
  /// The queue itself, for encoders that append; call sent() afterwards.
  std::string& output() { return queued_; }
  void sent();
  /// Ends after what is queued has been written.
  void hang_up();
  void close(cluster::LinkError error, std::string detail);
  void tick(Now now);
  const erldist::RemoteIdentity& peer() const { return peer_; }
  bool lively(Now now) const { return !closed_ && timer_.lively(now); }

 private:
  void read();
  void write();

  std::shared_ptr<Wire> wire_;
  erldist::RemoteIdentity peer_;
  std::size_t queue_bytes_max_;
  erldist::FrameReader reader_;
  erldist::TickTimer timer_;
  Events events_;
  std::string queued_;
  std::string writing_;
  bool write_posted_ = false;
  bool hanging_up_ = false;
  TimePoint hang_up_until_{};
  bool closed_ = false;
};

}  // namespace meshmq::mesh
