#pragma once
// Operators' commands on the membership: join, leave, force-leave.

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/links.hpp"
#include "cluster/members.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// Every command ends in ClusterPorts::operation_done(). Thread rule: one owner.
class Joining {
 public:
  Joining(World& world, Links& links, Members& members) : world_(world), links_(links), members_(members) {}

  void join(OperationId operation, const std::string& node, Now now);
  void leave(OperationId operation, Now now);
  void force_leave(OperationId operation, const std::string& node, Now now);

  /// The node that is to be joined is of this node's cluster already.
  void met_same_cluster(const std::string& node);
  /// True if the node is to be joined: it has been asked.
  bool met_other_cluster(const std::string& node);
  void refused_version(const std::string& node, const std::string& reason);
  void link_down(const std::string& node, LinkError error, std::string_view detail, Now now);
  bool is_joining(const std::string& node) const { return join_ && join_->node == node; }
  bool undecided() const { return join_ && !join_->accepted; }

  void handle(const std::string& node, const wire::JoinRequest& frame, Now now);
  void handle(const std::string& node, const wire::JoinAccept& frame, Now now);
  void handle(const std::string& node, const wire::JoinRefuse& frame, Now now);
  void tick(Now now);
  void check_join(Now now);

 private:
  /// `cluster join` under way.
  struct Join {
    OperationId operation;
    std::string node;
    TimePoint deadline;
    bool requested = false;
    bool accepted = false;
    std::vector<std::string> running{};
  };
  /// `cluster leave` / `force-leave`: done when these links are down, or at the deadline.
  struct Farewell {
    OperationId operation;
    std::vector<std::string> nodes;
    TimePoint deadline;
  };

  void request(const std::string& node);
  bool in_sync_with(const std::string& node) const;
  void fail_join(Error error);
  void check_farewells(Now now);

  World& world_;
  Links& links_;
  Members& members_;
  std::optional<Join> join_;
  std::vector<Farewell> farewells_;
};

}  // namespace meshmq::cluster
