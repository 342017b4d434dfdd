#pragma once
// What net needs from whoever speaks to other nodes: sockets of forwarding links. The server joins it to
// mesh.

#include <cstddef>
#include <string>
#include <string_view>

#include "cluster/slot.hpp"

namespace meshmq::net {

class WorkerThread;

/// What a link tells its worker. Called on the worker's thread from its event loop, never from within
/// start(), send() or close().
class ForwardLinkEvents {
 public:
  /// One frame, whole; borrowed for the call.
  virtual void link_frame(std::string_view frame) = 0;
  /// Something was written; `queued` bytes still wait.
  virtual void link_written(std::size_t queued) = 0;
  /// The link is gone, by either side's doing, close() included. Nothing may follow; the link is destroyed
  /// soon after this call has returned, not within it.
  virtual void link_down() = 0;

 protected:
  ~ForwardLinkEvents() = default;
};

/// One open forwarding connection (after its handshake) on one worker's loop. Made, used and destroyed on
/// that thread.
class ForwardLink {
 public:
  virtual ~ForwardLink() = default;
  /// Called once, before anything else: reading may begin.
  virtual void start(ForwardLinkEvents& events) = 0;
  /// Queues one frame; returns the bytes that now wait.
  virtual std::size_t send(std::string_view frame) = 0;
  /// Ends it, link_down() follows. What is queued need not be written.
  virtual void close() = 0;
};

/// The way to other nodes. Called on worker threads; must not block.
class ForwardTransport {
 public:
  virtual ~ForwardTransport() = default;
  /// Opens a forwarding connection for this worker. Answered, from any thread, by
  /// WorkerThread::forward_connected() or WorkerThread::forward_failed() with the same slot.
  virtual void dial(WorkerThread& worker, cluster::Slot slot, const std::string& node) = 0;
};

}  // namespace meshmq::net
