#pragma once
// What the cluster machine needs from its owner. Never calls back from within a call.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "cluster/link_error.hpp"
#include "cluster/membership.hpp"
#include "cluster/slot.hpp"
#include "cluster/verify_report.hpp"

namespace meshmq::cluster {

/// Names an operator's command until it is done; chosen by the caller.
using OperationId = StrongId<struct OperationIdTag, std::uint64_t>;

/// What a node that is no member said of itself, or why it could not be asked.
struct Meeting {
  std::optional<LinkError> error{};
  ClusterId cluster{};
  std::size_t members = 0;
  bool open = true;         ///< no operator has sent it away: others may join it unasked
  bool removed_me = false;  ///< its cluster remembers this node as one that is gone
};

class ClusterPorts {
 public:
  virtual ~ClusterPorts() = default;
  /// Opens the control link to a node. Answered by Cluster::link_up() or Cluster::link_down().
  virtual void dial(const std::string& node) = 0;
  /// Ends the control link after what was sent has been written; Cluster::link_down() follows.
  virtual void hang_up(const std::string& node) = 0;
  /// One frame, in order; dropped silently if the link is gone.
  virtual void send(const std::string& node, std::string frame) = 0;
  /// Replaces the durable image of the membership. Durable when it returns.
  virtual void save(std::string image) = 0;
  virtual void operation_done(OperationId operation, Result<void> result) = 0;
  /// A member can be reached: messages may be forwarded to its slot from now on.
  virtual void peer_up(Slot slot, const std::string& node, std::uint64_t incarnation) = 0;
  virtual void peer_down(Slot slot) = 0;
  /// What Cluster::send_message() of that node was given.
  virtual void message(const std::string& node, std::string bytes) = 0;
  /// The node is no member any more.
  virtual void peer_gone(Slot slot) = 0;
  /// A split, as this node sees it, for operators; empty: it is over.
  virtual void partition_alarm(const std::string&) {}
  /// Clients so far that had sessions on two nodes, which became one.
  virtual std::uint64_t merged_sessions() const { return 0; }
  /// The end of Cluster::verify().
  virtual void verified(OperationId, const VerifyReport&) {}
  /// Comes for whoever links up with this node, and for Cluster::probe().
  virtual void met(const std::string&, const Meeting&) {}
};

}  // namespace meshmq::cluster
