#pragma once
// What workers say to the control thread.

#include <functional>
#include <memory>
#include <vector>

#include "node/messages.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::net {

/// Drains itself on the control thread's loop: one posted handler per batch, however many messages come
/// meanwhile. Thread rule: put() from any thread; made, closed and destroyed on the control thread (or while
/// its loop does not run).
class ControlMailbox {
 public:
  /// A batch, in order of each worker's sending; the handler may move from it.
  using Handler = std::function<void(std::vector<node::ToControl>& batch)>;

  ControlMailbox(boost::asio::io_context& control, Handler handler);
  ~ControlMailbox();

  void put(node::ToControl message);
  /// Leaves `batch` empty.
  void put(std::vector<node::ToControl>& batch);
  /// What comes from now on is forgotten.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshmq::net
