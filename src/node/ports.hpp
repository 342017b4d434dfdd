#pragma once
// What the pure node needs from the shell (real sockets, mailboxes, files) or from the simulator.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "cluster/link_error.hpp"
#include "cluster/ports.hpp"
#include "cluster/verify_report.hpp"
#include "node/messages.hpp"
#include "node/parcel.hpp"
#include "node/store.hpp"

namespace meshmq::node {

/// One forwarding connection of one worker; chosen by the shell, never reused.
using LinkId = StrongId<struct LinkIdTag, std::uint64_t>;
/// Names one question about a password; chosen by Control.
using PasswordCheckId = StrongId<struct PasswordCheckIdTag, std::uint64_t>;
/// Names an operator's command until it is done; chosen by the caller.
using cluster::OperationId;

/// The ways out of one worker, besides its clients (broker::Output). Never calls back from within a call.
class WorkerPorts {
 public:
  virtual ~WorkerPorts() = default;
  /// One copy for another worker of this node. Returns true if that mailbox is above its high watermark; the
  /// shell calls Worker::uncongested() when it has room again.
  virtual bool to_worker(WorkerIndex worker, Parcel parcel) = 0;
  virtual void to_control(ToControl message) = 0;
  /// Opens this worker's forwarding link to a node. Answered by Worker::link_up() or Worker::link_down().
  virtual void dial(Slot slot, const std::string& node) = 0;
  /// Queues one forwarding frame; returns the bytes now waiting on that link.
  virtual std::size_t link_send(LinkId link, std::string_view frame) = 0;
  virtual void link_close(LinkId link) = 0;
  /// How long turns of this worker's loop have taken; nullptr: nobody measures.
  virtual const Histogram* turn_times() const { return nullptr; }
};

using cluster::LinkError;

/// A question of another node.
struct PeerCall {
  std::string node;
  std::uint64_t id = 0;
};

/// The ways out of the control core. Never calls back from within a call.
class ControlPorts : public StorePort {
 public:
  virtual void to_worker(WorkerIndex worker, ToWorker message) = 0;
  /// Opens the control link to a node. Answered by Control::link_up() or Control::link_down().
  virtual void dial(const std::string& node) = 0;
  /// Ends the control link after what was sent has been written; Control::link_down() follows.
  virtual void hang_up(const std::string& node) = 0;
  /// One frame, in order. Dropped silently if the link is gone (link_down() tells).
  virtual void send(const std::string& node, std::string frame) = 0;
  /// Replaces the durable image of what this node must remember (membership). Durable when it returns.
  virtual void save(std::string image) = 0;
  /// An operator's command is done; the error text is what he reads, e.g. `{node_down,'n@h'}` plus a reason.
  virtual void operation_done(OperationId operation, Result<void> result) = 0;
  /// The owner of another node's core wants to know something: Control::answer_peer().
  virtual void peer_asks(const PeerCall&, std::string /*question*/) {}
  /// The end of Control::ask_peer().
  virtual void peer_answered(OperationId, Result<std::string>) {}
  /// The end of Control::verify().
  virtual void verified(OperationId, const cluster::VerifyReport&) {}
  /// A split, as this node sees it, for operators; empty: it is over.
  virtual void partition_alarm(const std::string&) {}
  /// Control::shared_settings() has changes; said once for a turn, until they are taken.
  virtual void settings_changed() {}
  /// The traces that there are, by name, running or not: lines of others may go.
  virtual void traces_changed(const std::vector<std::string>&) {}
  // --- automatic discovery: cluster::DiscoveryPorts
  /// Answered by Control::discovered().
  virtual void ask_provider() {}
  virtual void discovery_settled() {}
  virtual void discovery_withdraw() {}
  /// Whether the password fits one of the hashes, which takes a while. Answered by
  /// Control::password_checked().
  virtual void check_password(PasswordCheckId, std::string /*password*/,
                              std::vector<std::string> /*hashes*/) {}
  /// All workers answered (or the wait is over: fewer replies).
  virtual void query_done(OperationId operation, std::vector<QueryReply> replies) = 0;
};

}  // namespace meshmq::node
