#pragma once
// Who belongs to the cluster: what peers tell of it, and what follows from a change.

#include <string>

#include "cluster/links.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// Thread rule: one owner.
class Members {
 public:
  Members(World& world, Links& links) : world_(world), links_(links) {}

  /// A peer's records, of this node's cluster.
  void handle(const std::string& node, const wire::View& frame, Now now);
  void handle(const std::string& node, const wire::Left& frame, Now now);
  /// The peer is of another cluster, and its records count this node as a member or as one cleaned away.
  void claimed_by_other(const std::string& node, const wire::Hello& hello, Now now);

  /// Saves and tells what has changed, and lets go of whoever is no member any more.
  void changed(const std::string& learned_from, Now now);
  void become_alone(Stamp when, bool sent_away, Now now);
  /// Members that have been away for cluster.autoclean, and that nobody sees.
  void clean(Now now);
  /// By a running peer.
  bool seen_by_somebody(const std::string& node) const;

 private:
  /// True if this node is a member still, or again.
  bool stand_up_for_self(Now now);
  void stand_up_for_others(Now now);

  World& world_;
  Links& links_;
};

}  // namespace meshmq::cluster
