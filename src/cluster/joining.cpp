#include "cluster/joining.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::cluster {

// ---------------------------------------------------------------- join: the node that joins

void Joining::join(OperationId operation, const std::string& node, Now now) {
  World& w = world_;
  if (node == w.settings.self) {
    return w.ports.operation_done(operation, fail(Errc::invalid_argument, "a node cannot join itself"));
  }
  if (w.membership.is_member(node)) {
    return w.ports.operation_done(operation,
                                  fail(Errc::already_exists, "{already_in_cluster,'" + node + "'}"));
  }
  if (join_) {
    return w.ports.operation_done(operation,
                                  fail(Errc::refused, "another join is under way: " + join_->node));
  }
  join_ = Join{.operation = operation, .node = node, .deadline = now.mono + w.settings.join_wait};
  Peer& p = w.peer(node);
  if (p.link == LinkState::none) {
    links_.dial(node, p, now);
  } else if (p.link == LinkState::linked && !p.hanging_up) {
    request(node);
  }
}

void Joining::request(const std::string& node) {
  if (!std::exchange(join_->requested, true)) world_.send(node, wire::JoinRequest{});
}

void Joining::met_same_cluster(const std::string& node) {
  if (!is_joining(node) || join_->accepted) return;
  if (world_.membership.is_member(node)) {
    // Only this node had not heard of the other one yet.
    join_->accepted = true;
    join_->running = {node};
  } else {
    // One of the two was removed by the other, and comes back.
    request(node);
  }
}

bool Joining::met_other_cluster(const std::string& node) {
  if (!is_joining(node) || join_->accepted) return false;
  request(node);
  return true;
}

void Joining::refused_version(const std::string& node, const std::string& reason) {
  if (!is_joining(node)) return;
  fail_join({Errc::unsupported, "{node_down,'" + node + "'}: " +
                                    std::string(to_string(LinkError::version_mismatch)) + ": " + reason});
}

void Joining::link_down(const std::string& node, LinkError error, std::string_view detail, Now now) {
  if (is_joining(node) && !join_->accepted) {
    const Errc code = error == LinkError::cookie_refused ? Errc::refused : Errc::unreachable;
    fail_join({code, "{node_down,'" + node + "'}: " + std::string(to_string(error)) +
                         (detail.empty() ? "" : " (" + std::string(detail) + ")")});
  }
  check_farewells(now);
}

void Joining::handle(const std::string& node, const wire::JoinAccept& frame, Now now) {
  World& w = world_;
  if (!is_joining(node) || join_->accepted) return;
  for (const auto& [name, record] : frame.records) w.clock.observe(record.stamp);
  join_->accepted = true;
  join_->running = frame.running;
  if (frame.cluster == w.membership.id()) {
    // Another member called first, and its word was taken.
    return members_.handle(node, wire::View{frame.cluster, frame.records}, now);
  }
  if (!w.membership.alone()) {
    // One node, one cluster: the old one is told, not left with a ghost.
    const Stamp when = w.stamp(now);
    w.membership.remove(w.settings.self, when);
    w.broadcast(w.view(), node);
    members_.become_alone(when, false, now);
  }
  w.membership.adopt(frame.cluster, frame.records);
  w.log.info("Joined the cluster of {}", node);
  links_.say_hello_to_all();
  members_.changed(node, now);
  links_.establish(node, w.peer(node), now);
}

void Joining::handle(const std::string& node, const wire::JoinRefuse& frame, Now) {
  if (is_joining(node)) fail_join({Errc::refused, "'" + node + "' refused: " + frame.reason});
}

void Joining::fail_join(Error error) {
  const OperationId operation = join_->operation;
  const std::string node = join_->node;
  join_.reset();
  if (!world_.membership.is_member(node)) links_.hang_up(node, world_.peer(node));
  world_.ports.operation_done(operation, tl::unexpected<Error>(std::move(error)));
}

bool Joining::in_sync_with(const std::string& node) const {
  return world_.replicator.in_sync_with(node) && world_.shared_sync.in_sync_with(node);
}

void Joining::check_join(Now now) {
  if (!join_) return;
  const bool late = join_->deadline <= now.mono;
  if (!join_->accepted) {
    if (late)
      fail_join({Errc::timed_out,
                 "{node_down,'" + join_->node + "'}: timed out (no answer within cluster.join_wait)"});
    return;
  }
  // Done when this node has everything that the running members have, and they have everything of ours.
  const bool complete =
      std::all_of(join_->running.begin(), join_->running.end(), [&](const std::string& node) {
        return node == world_.settings.self || !world_.membership.is_member(node) || in_sync_with(node);
      });
  if (!complete && !late) return;
  if (!complete) world_.log.warning("Joined, but not all members could be reached within cluster.join_wait");
  const OperationId operation = join_->operation;
  join_.reset();
  world_.ports.operation_done(operation, {});
}

// ---------------------------------------------------------------- join: the node that is asked

void Joining::handle(const std::string& node, const wire::JoinRequest&, Now now) {
  World& w = world_;
  if (w.shutting_down) return w.send(node, wire::JoinRefuse{"it is shutting down"});
  if (undecided()) return w.send(node, wire::JoinRefuse{"it is joining " + join_->node + " itself"});
  // A member of another cluster has left this one, whether we have heard of it or not.
  if (!w.membership.is_member(node) || w.peer(node).cluster != w.membership.id()) {
    w.log.info("Node {} joins the cluster", node);
    w.membership.join(node, w.stamp(now));
    w.membership.set_stays_out(false);  // somebody was asked to join it
    members_.changed(node, now);
  }
  wire::JoinAccept accept{w.membership.id(), w.membership.records(), {w.settings.self}};
  for (const auto& [name, p] : w.peers) {
    if (p.is_up()) accept.running.push_back(name);
  }
  w.send(node, accept);
}

// ---------------------------------------------------------------- leave

void Joining::leave(OperationId operation, Now now) {
  World& w = world_;
  const std::vector<std::string> others = w.membership.others();
  if (others.empty()) return w.ports.operation_done(operation, fail(Errc::not_found, "node_not_in_cluster"));
  const Stamp when = w.stamp(now);
  w.membership.remove(w.settings.self, when);
  w.broadcast(w.view());
  // Members that are down now are told when they come back and dial: this node remembers that it left.
  farewells_.push_back({operation, others, now.mono + Links::stranger_wait});
  members_.become_alone(when, true, now);
  check_farewells(now);
}

void Joining::force_leave(OperationId operation, const std::string& node, Now now) {
  World& w = world_;
  if (node == w.settings.self) {
    return w.ports.operation_done(
        operation, fail(Errc::invalid_argument, "a node leaves by `cluster leave`, not by force"));
  }
  if (!w.membership.is_member(node) && !w.membership.is_cleaned(node)) {
    return w.ports.operation_done(operation, fail(Errc::not_found, "node_not_in_cluster"));
  }
  w.membership.remove(node, w.stamp(now));
  farewells_.push_back({operation, {node}, now.mono + Links::stranger_wait});
  members_.changed({}, now);
  check_farewells(now);
}

void Joining::check_farewells(Now now) {
  for (auto it = farewells_.begin(); it != farewells_.end();) {
    const bool gone = std::none_of(it->nodes.begin(), it->nodes.end(),
                                   [&](const std::string& node) { return world_.peer(node).is_linked(); });
    if (!gone && now.mono < it->deadline) {
      ++it;
      continue;
    }
    const OperationId operation = it->operation;
    it = farewells_.erase(it);
    world_.ports.operation_done(operation, {});
  }
}

void Joining::tick(Now now) {
  check_join(now);
  check_farewells(now);
}

}  // namespace meshmq::cluster
