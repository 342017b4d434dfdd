#include "cluster/cluster.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"

namespace meshmq::cluster {

namespace {

/// How long a linked node that is no member may take to say why it came.
constexpr Duration stranger_wait = std::chrono::seconds(5);
constexpr std::size_t early_messages_max = 1000;

Membership restore_or_found(std::string_view image, const std::string& self, std::uint64_t seed,
                            const Logger& log) {
  if (!image.empty()) {
    auto restored = Membership::restore(image, self);
    if (restored) return std::move(*restored);
    log.error("Cannot restore the membership, starting as a node of its own: {}", restored.error().message);
  }
  return Membership(self, ClusterId(seed));
}

}  // namespace

Cluster::Cluster(const Settings& settings, std::string_view image, RouteWriter& routes, ClientRows& clients,
                 SharedRows& shared, ClusterPorts& ports, Logger log, std::uint64_t seed, Now now)
    : settings_(settings),
      ports_(ports),
      routes_(routes),
      log_(log),
      random_(seed),
      clock_(settings.self),
      membership_(restore_or_found(image, settings.self, random_.next(), log)),
      replicator_(settings.incarnation, settings.own_slots, settings.log_entries_max, routes, clients, shared,
                  ports, log),
      shared_sync_(shared, ports),
      names_by_slot_(settings.own_slots) {
  for (std::uint32_t slot = 0; slot < settings.own_slots; ++slot) routes_.set_live(Slot(slot), true);
  routes_.commit();
  for (const auto& [name, record] : membership_.records()) clock_.observe(record.stamp);
  if (image.empty()) save();
  dial_members(now);
}

// ---------------------------------------------------------------- small tools

Cluster::Peer& Cluster::peer(const std::string& node) {
  const auto [it, inserted] = peers_.try_emplace(node);
  if (inserted) {
    it->second.slot = Slot(static_cast<std::uint32_t>(names_by_slot_.size()));
    names_by_slot_.push_back(node);
  }
  return it->second;
}

std::string_view Cluster::node_of(Slot slot) const {
  return slot.value < names_by_slot_.size() ? std::string_view(names_by_slot_[slot.value])
                                            : std::string_view();
}

bool Cluster::running(const std::string& node) const {
  if (node == membership_.self()) return true;
  const auto it = peers_.find(node);
  return it != peers_.end() && it->second.link == LinkState::established;
}

bool Cluster::everybody_runs() const {
  const MemberRecords& records = membership_.records();
  return std::all_of(records.begin(), records.end(),
                     [this](const auto& item) { return !item.second.member || running(item.first); });
}

void Cluster::send(const std::string& node, const wire::Frame& frame) {
  ports_.send(node, wire::encode(frame));
}

void Cluster::save() {
  ports_.save(membership_.image());
}

void Cluster::hang_up(const std::string& node, Peer& peer) {
  if (peer.hanging_up || peer.link == LinkState::none || peer.link == LinkState::dialing) return;
  peer.hanging_up = true;
  ports_.hang_up(node);
}

void Cluster::broadcast_view(const std::string& except) {
  const wire::View view{membership_.id(), membership_.records()};
  for (auto& [node, p] : peers_) {
    if (node != except && p.link == LinkState::established) send(node, view);
  }
}

// ---------------------------------------------------------------- links

void Cluster::say_hello(const std::string& node) {
  send(node, wire::Hello{.incarnation = settings_.incarnation,
                         .cluster = membership_.id(),
                         .records = membership_.records(),
                         .open = !membership_.stays_out()});
}

void Cluster::say_hello_to_all() {
  // Members may have called while this node was still of another cluster.
  for (const auto& [node, p] : peers_) {
    if ((p.link == LinkState::linked || p.link == LinkState::established) && !p.hanging_up) say_hello(node);
  }
}

void Cluster::link_up(const std::string& node, Now now) {
  Peer& p = peer(node);
  if (p.link == LinkState::established) lose(node, p);
  p.link = LinkState::linked;
  p.hanging_up = false;
  p.early_sync.reset();
  p.early_messages.clear();
  p.stranger_until = now.mono + stranger_wait;
  say_hello(node);
}

void Cluster::link_down(const std::string& node, LinkError error, std::string_view detail, Now now) {
  Peer& p = peer(node);
  const bool was_established = p.link == LinkState::established;
  if (p.link == LinkState::dialing) ports_.met(node, {.error = error});
  if (was_established) lose(node, p);
  p.link = LinkState::none;
  p.hanging_up = false;
  if (was_established) {
    log_.warning("Node {} down: {} ({})", node, to_string(error), detail);
    p.pause = Duration(0);
  }
  // Members that are away are dialled for ever; the pause grows, and half of it is random so that two nodes
  // that dial each other do not collide for ever.
  p.pause = std::clamp(p.pause * 2, settings_.redial_min, settings_.redial_max);
  const auto half = static_cast<std::uint64_t>(p.pause.count() / 2);
  p.next_dial = now.mono + Duration(static_cast<Duration::rep>(half + random_.below(half + 1)));
  if (join_ && join_->node == node && !join_->accepted) {
    const Errc code = error == LinkError::cookie_refused ? Errc::refused : Errc::unreachable;
    fail_join({code, "{node_down,'" + node + "'}: " + std::string(to_string(error)) +
                         (detail.empty() ? "" : " (" + std::string(detail) + ")")});
  }
  check_farewells(now);
}

void Cluster::establish(const std::string& node, Peer& p, Now now) {
  if (p.link == LinkState::established) return;
  p.link = LinkState::established;
  p.pause = Duration(0);
  log_.info("Node {} up", node);
  // It may have met us before the two became members of one cluster, and wait for our word.
  send(node, wire::View{membership_.id(), membership_.records()});
  replicator_.peer_up(node, p.slot, now);
  shared_sync_.peer_up(node);
  routes_.set_live(p.slot, true);
  routes_.commit();
  ports_.peer_up(p.slot, node, p.incarnation);
  if (p.early_sync) replicator_.handle(node, *p.early_sync);
  p.early_sync.reset();
  for (std::string& bytes : std::exchange(p.early_messages, {})) ports_.message(node, std::move(bytes));
}

void Cluster::lose(const std::string& node, Peer& p) {
  routes_.set_live(p.slot, false);
  routes_.commit();
  replicator_.peer_down(node);
  shared_sync_.peer_down(node);
  p.link = LinkState::linked;
  ports_.peer_down(p.slot);
}

void Cluster::dial(const std::string& node, Peer& p, Now now) {
  p.link = LinkState::dialing;
  p.next_dial = now.mono + settings_.redial_max;
  ports_.dial(node);
}

void Cluster::dial_members(Now now) {
  if (shutting_down_) return;
  for (const std::string& node : membership_.others()) {
    Peer& p = peer(node);
    if (p.link == LinkState::none && p.next_dial <= now.mono) dial(node, p, now);
  }
}

// ---------------------------------------------------------------- frames

void Cluster::link_frame(const std::string& node, std::string_view bytes, Now now) {
  bytes_received_ += bytes.size();
  Peer& p = peer(node);
  if (p.link != LinkState::linked && p.link != LinkState::established) return;
  auto frame = wire::decode(bytes);
  if (!frame) {
    // A later version may say more than we understand; only nonsense ends the link.
    log_.warning("From {}: {}", node, frame.error().message);
    if (frame.error().code == Errc::malformed) hang_up(node, p);
    return;
  }
  std::visit([&](const auto& f) { handle(node, f, now); }, *frame);
}

void Cluster::handle(const std::string& node, const wire::Hello& frame, Now now) {
  Peer& p = peer(node);
  if (!frame.is_understood()) {
    const std::string reason = "it speaks control protocol versions " + std::to_string(frame.version_min) +
                               ".." + std::to_string(frame.version_max) + ", this node " +
                               std::to_string(wire::version_min) + ".." + std::to_string(wire::version_max);
    log_.error("Refusing node {}: {}", node, reason);
    if (join_ && join_->node == node) {
      fail_join({Errc::unsupported, "{node_down,'" + node + "'}: " +
                                        std::string(to_string(LinkError::version_mismatch)) + ": " + reason});
    }
    ports_.met(node, {.error = LinkError::version_mismatch});
    hang_up(node, p);
    return;
  }
  ports_.met(node, meeting(frame));
  p.incarnation = frame.incarnation;
  for (const auto& [name, record] : frame.records) clock_.observe(record.stamp);
  if (frame.cluster == membership_.id()) handle(node, wire::View{frame.cluster, frame.records}, now);
  if (frame.cluster != membership_.id()) return meet_other_cluster(node, frame, now);
  if (!join_ || join_->node != node || join_->accepted) return;
  if (membership_.is_member(node)) {
    // Only this node had not heard of the other one yet.
    join_->accepted = true;
    join_->running = {node};
  } else if (!std::exchange(join_->requested, true)) {
    // One of the two was removed by the other, and comes back.
    send(node, wire::JoinRequest{});
  }
}

void Cluster::meet_other_cluster(const std::string& node, const wire::Hello& hello, Now now) {
  if (join_ && join_->node == node && !join_->accepted) {
    if (!std::exchange(join_->requested, true)) send(node, wire::JoinRequest{});
    return;
  }
  const auto ours = hello.records.find(membership_.self());
  if (ours == hello.records.end() || !ours->second.member) {
    // It does not count on us. If we count on it, our Hello tells it so and it answers; a stranger may ask to
    // join.
    return;
  }
  // Perhaps a member of the cluster that this node is joining: the answer to the join decides.
  if (join_ && !join_->accepted) return;
  const Stamp* left = membership_.left(hello.cluster);
  const bool gone_since = left != nullptr && ours->second.stamp < *left;
  if (!gone_since && membership_.others().empty()) {
    // It remembers us, we do not remember it: our memory was lost. Its word is the better one.
    log_.warning("Node {} knows this node as a member of its cluster; taking its word", node);
    membership_.adopt(hello.cluster, hello.records);
    say_hello_to_all();
    membership_changed(node, now);
    establish(node, peer(node), now);
    return;
  }
  send(node, wire::Left{hello.cluster, gone_since ? *left : stamp(now)});
}

void Cluster::handle(const std::string& node, const wire::View& frame, Now now) {
  if (frame.cluster != membership_.id()) return;
  for (const auto& [name, record] : frame.records) clock_.observe(record.stamp);
  if (membership_.merge(frame.records)) membership_changed(node, now);
  Peer& p = peer(node);
  if (frame.cluster != membership_.id()) return;  // the news was that we are no member any more
  if (!membership_.is_member(node)) {
    // It may not know yet that it was removed. It may also have come to join again: a stranger has a moment.
    return send(node, wire::View{membership_.id(), membership_.records()});
  }
  if (p.link == LinkState::linked && !p.hanging_up) establish(node, p, now);
}

void Cluster::handle(const std::string& node, const wire::Left& frame, Now now) {
  clock_.observe(frame.since);
  if (frame.cluster != membership_.id() || !membership_.is_member(node)) return;
  if (frame.since < membership_.records().at(node).stamp) return;  // it has joined again since
  log_.warning("Node {} left the cluster while this node was away", node);
  membership_.set(node, false, stamp(now));
  membership_changed(node, now);
}

void Cluster::handle(const std::string& node, const wire::SyncRequest& frame, Now) {
  Peer& p = peer(node);
  if (p.link == LinkState::established) return replicator_.handle(node, frame);
  p.early_sync = frame;
}

bool Cluster::send_message(const std::string& node, std::string bytes) {
  const auto it = peers_.find(node);
  if (it == peers_.end() || it->second.link != LinkState::established) return false;
  send(node, wire::Message{std::move(bytes)});
  return true;
}

void Cluster::handle(const std::string& node, const wire::Message& frame, Now) {
  Peer& p = peer(node);
  if (p.link == LinkState::established) return ports_.message(node, frame.bytes);
  if (p.early_messages.size() < early_messages_max) p.early_messages.push_back(frame.bytes);
}

void Cluster::membership_changed(const std::string& learned_from, Now now) {
  const auto self = membership_.records().find(membership_.self());
  if (self == membership_.records().end() || !self->second.member) {
    log_.warning("This node was removed from its cluster by {}; it goes on alone", self->second.stamp.writer);
    return become_alone(self->second.stamp, true, now);
  }
  save();
  broadcast_view(learned_from);
  for (auto& [node, p] : peers_) {
    if (membership_.is_member(node)) continue;
    if (p.link == LinkState::established) {
      send(node, wire::View{membership_.id(), membership_.records()});
      lose(node, p);
      hang_up(node, p);
    }
    if (membership_.records().contains(node)) {
      replicator_.forget(node);
      ports_.peer_gone(p.slot);
    }
  }
  dial_members(now);
}

void Cluster::become_alone(Stamp when, bool sent_away, Now now) {
  membership_.stand_alone(ClusterId(random_.next()), std::move(when), sent_away);
  save();
  for (auto& [node, p] : peers_) {
    if (p.link == LinkState::established) lose(node, p);
    // Whoever still has to hear of it hangs up himself, when nothing comes from him any more.
    p.stranger_until = now.mono + stranger_wait;
    replicator_.forget(node);
    ports_.peer_gone(p.slot);
  }
}

// ---------------------------------------------------------------- join

void Cluster::join(OperationId operation, const std::string& node, Now now) {
  if (node == membership_.self()) {
    return ports_.operation_done(operation, fail(Errc::invalid_argument, "a node cannot join itself"));
  }
  if (membership_.is_member(node)) {
    return ports_.operation_done(operation,
                                 fail(Errc::already_exists, "{already_in_cluster,'" + node + "'}"));
  }
  if (join_) {
    return ports_.operation_done(operation, fail(Errc::refused, "another join is under way: " + join_->node));
  }
  join_ =
      Join{.operation = operation, .node = node, .deadline = now.mono + settings_.join_wait, .running = {}};
  Peer& p = peer(node);
  if (p.link == LinkState::none) {
    dial(node, p, now);
  } else if (p.link == LinkState::linked && !p.hanging_up) {
    join_->requested = true;
    send(node, wire::JoinRequest{});
  }
}

void Cluster::handle(const std::string& node, const wire::JoinRequest&, Now now) {
  if (shutting_down_) return send(node, wire::JoinRefuse{"it is shutting down"});
  if (join_ && !join_->accepted)
    return send(node, wire::JoinRefuse{"it is joining " + join_->node + " itself"});
  if (!membership_.is_member(node)) {
    log_.info("Node {} joins the cluster", node);
    membership_.set(node, true, stamp(now));
    membership_.set_stays_out(false);  // somebody was asked to join it
    membership_changed(node, now);
  }
  wire::JoinAccept accept{membership_.id(), membership_.records(), {membership_.self()}};
  for (const auto& [name, p] : peers_) {
    if (p.link == LinkState::established) accept.running.push_back(name);
  }
  send(node, accept);
}

void Cluster::handle(const std::string& node, const wire::JoinAccept& frame, Now now) {
  if (!join_ || join_->node != node || join_->accepted) return;
  for (const auto& [name, record] : frame.records) clock_.observe(record.stamp);
  if (frame.cluster == membership_.id()) {
    // Another member called first, and its word was taken.
    join_->accepted = true;
    join_->running = frame.running;
    return handle(node, wire::View{frame.cluster, frame.records}, now);
  }
  if (!membership_.others().empty()) {
    // One node, one cluster: the old one is told, not left with a ghost.
    const Stamp when = stamp(now);
    membership_.set(membership_.self(), false, when);
    broadcast_view(node);
    become_alone(when, false, now);
  }
  join_->accepted = true;
  join_->running = frame.running;
  membership_.adopt(frame.cluster, frame.records);
  log_.info("Joined the cluster of {}", node);
  say_hello_to_all();
  membership_changed(node, now);
  establish(node, peer(node), now);
}

void Cluster::handle(const std::string& node, const wire::JoinRefuse& frame, Now) {
  if (join_ && join_->node == node) fail_join({Errc::refused, "'" + node + "' refused: " + frame.reason});
}

void Cluster::fail_join(Error error) {
  const OperationId operation = join_->operation;
  const std::string node = join_->node;
  join_.reset();
  if (!membership_.is_member(node)) hang_up(node, peer(node));
  ports_.operation_done(operation, tl::unexpected<Error>(std::move(error)));
}

void Cluster::check_join(Now now) {
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
        return node == membership_.self() || !membership_.is_member(node) ||
               (replicator_.in_sync_with(node) && shared_sync_.in_sync_with(node));
      });
  if (!complete && !late) return;
  if (!complete) log_.warning("Joined, but not all members could be reached within cluster.join_wait");
  const OperationId operation = join_->operation;
  join_.reset();
  ports_.operation_done(operation, {});
}

// ---------------------------------------------------------------- leave

void Cluster::leave(OperationId operation, Now now) {
  const std::vector<std::string> others = membership_.others();
  if (others.empty()) return ports_.operation_done(operation, fail(Errc::not_found, "node_not_in_cluster"));
  const Stamp when = stamp(now);
  membership_.set(membership_.self(), false, when);
  broadcast_view({});
  // Members that are down now are told when they come back and dial: this node remembers that it left.
  farewells_.push_back({operation, others, now.mono + stranger_wait});
  become_alone(when, true, now);
  check_farewells(now);
}

void Cluster::force_leave(OperationId operation, const std::string& node, Now now) {
  if (node == membership_.self()) {
    return ports_.operation_done(
        operation, fail(Errc::invalid_argument, "a node leaves by `cluster leave`, not by force"));
  }
  if (!membership_.is_member(node)) {
    return ports_.operation_done(operation, fail(Errc::not_found, "node_not_in_cluster"));
  }
  membership_.set(node, false, stamp(now));
  farewells_.push_back({operation, {node}, now.mono + stranger_wait});
  membership_changed({}, now);
  check_farewells(now);
}

void Cluster::check_farewells(Now now) {
  for (auto it = farewells_.begin(); it != farewells_.end();) {
    const bool gone = std::all_of(it->nodes.begin(), it->nodes.end(), [&](const std::string& node) {
      const LinkState link = peer(node).link;
      return link == LinkState::none || link == LinkState::dialing;
    });
    if (!gone && now.mono < it->deadline) {
      ++it;
      continue;
    }
    const OperationId operation = it->operation;
    it = farewells_.erase(it);
    ports_.operation_done(operation, {});
  }
}

// ---------------------------------------------------------------- discovery

void Cluster::probe(const std::string& node, Now now) {
  if (shutting_down_ || node == membership_.self()) return;
  Peer& p = peer(node);
  if (p.link == LinkState::none && p.next_dial <= now.mono) dial(node, p, now);
}

void Cluster::stay_out() {
  membership_.set_stays_out(true);
  save();
}

Meeting Cluster::meeting(const wire::Hello& hello) const {
  Meeting result{.cluster = hello.cluster, .open = hello.open};
  for (const auto& [name, record] : hello.records) {
    if (record.member) ++result.members;
  }
  const auto self = hello.records.find(membership_.self());
  result.removed_me = self != hello.records.end() && !self->second.member;
  return result;
}

// ---------------------------------------------------------------- time

RowStamp Cluster::row_stamp(Now now) {
  return {stamp(now).time, hash_bytes(settings_.self)};
}

void Cluster::tick(Now now) {
  dial_members(now);
  for (auto& [node, p] : peers_) {
    const bool stranger = p.link == LinkState::linked && p.stranger_until <= now.mono;
    if (stranger && !(join_ && join_->node == node)) hang_up(node, p);
  }
  replicator_.tick(now);
  shared_sync_.tick(now);
  check_join(now);
  check_farewells(now);
}

bool Cluster::end_of_turn(Now now) {
  const bool again = replicator_.end_of_turn();
  check_join(now);
  return again;
}

void Cluster::shut_down() {
  shutting_down_ = true;
  for (auto& [node, p] : peers_) hang_up(node, p);
}

}  // namespace meshmq::cluster
