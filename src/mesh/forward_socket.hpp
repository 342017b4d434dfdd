#pragma once
// A forwarding connection on a worker's loop: the socket that dial_forward() or forward_accepted() handed
// over.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "mesh/mesh.hpp"

namespace meshmq::mesh {

/// What a link tells its worker, from the loop, never from within send() or close().
class ForwardSocketEvents {
 public:
  /// One frame, whole; borrowed for the call.
  virtual void frame(std::string_view payload) = 0;
  /// Something was written; `queued` bytes still wait.
  virtual void written(std::size_t queued) = 0;
  /// The connection is gone, by either side's doing. Nothing follows.
  virtual void down() = 0;

 protected:
  ~ForwardSocketEvents() = default;
};

/// Frames are REG_SENDs of one binary to `meshmq_forward`. A frame is written at once if the socket takes it;
/// the owner sends one frame per turn of its loop, so that is one system call. Thread rule: the loop's
/// thread.
class ForwardSocket {
 public:
  /// `self` is this node's name. A failure (the descriptor is no good) is an error of the system.
  static Result<std::unique_ptr<ForwardSocket>> make(boost::asio::io_context& io, AdoptedSocket socket,
                                                     const std::string& self, Duration tick_time,
                                                     std::size_t frame_bytes_max);
  ~ForwardSocket();
  void start(ForwardSocketEvents& events);
  /// Returns the bytes that now wait.
  std::size_t send(std::string_view payload);
  void close();

 private:
  class State;
  explicit ForwardSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace meshmq::mesh
