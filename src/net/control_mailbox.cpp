#include "net/control_mailbox.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/mailbox.hpp"

namespace meshmq::net {

/// Shared with the posted handler, which may outlive the mailbox.
struct ControlMailbox::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& control, Handler handler) : io(control), handle(std::move(handler)) {}

  void ring() {
    if (!posted.exchange(true)) boost::asio::post(io, [self = shared_from_this()] { self->drain(); });
  }
  void drain() {
    // Cleared first: what comes while this batch is handled posts again.
    posted.store(false);
    mailbox.take(taken);
    if (!taken.empty() && handle) handle(taken);
    taken.clear();
  }

  boost::asio::io_context& io;
  Handler handle;
  Mailbox<node::ToControl> mailbox;
  std::atomic<bool> posted{false};
  std::vector<node::ToControl> taken;
};

ControlMailbox::ControlMailbox(boost::asio::io_context& control, Handler handler)
    : state_(std::make_shared<State>(control, std::move(handler))) {}

ControlMailbox::~ControlMailbox() {
  close();
}

void ControlMailbox::put(node::ToControl message) {
  state_->mailbox.put(std::move(message));
  state_->ring();
}

void ControlMailbox::put(std::vector<node::ToControl>& batch) {
  if (batch.empty()) return;
  state_->mailbox.put(batch);
  state_->ring();
}

void ControlMailbox::close() {
  state_->handle = nullptr;
  state_->mailbox.close();
}

}  // namespace meshmq::net
