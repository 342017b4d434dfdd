#include "cluster/links.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::cluster {

void Links::say_hello(const std::string& node) {
  const Membership& membership = world_.membership;
  world_.send(node, wire::Hello{.version_max = world_.settings.wire_version_max,
                                .incarnation = world_.settings.incarnation,
                                .cluster = membership.id(),
                                .records = membership.records(),
                                .open = !membership.stays_out()});
}

void Links::say_hello_to_all() {
  for (const auto& [node, p] : world_.peers) {
    if (p.is_linked() && !p.hanging_up) say_hello(node);
  }
}

void Links::up(const std::string& node, Now now) {
  Peer& p = world_.peer(node);
  if (p.is_up()) lose(node, p, LinkError::closed, now);
  p.link = LinkState::linked;
  p.hanging_up = false;
  p.said_goodbye = false;
  p.early_sync.reset();
  p.early_messages.clear();
  p.stranger_until = now.mono + stranger_wait;
  if (world_.shutting_down) return hang_up(node, p);
  say_hello(node);
}

bool Links::down(const std::string& node, LinkError error, std::string_view detail, Now now) {
  Peer& p = world_.peer(node);
  const bool was_up = p.is_up();
  if (p.link == LinkState::dialing) world_.ports.met(node, {.error = error});
  if (was_up) {
    lose(node, p, error, now);
    if (p.said_goodbye) {
      world_.log.info("Node {} has stopped", node);
    } else {
      world_.log.warning("Node {} down: {} ({})", node, to_string(error), detail);
    }
    p.pause = Duration(0);
  }
  p.link = LinkState::none;
  p.hanging_up = false;
  // Members that are away are dialled for ever; the pause grows, and half of it is random so that two nodes
  // that dial each other do not collide for ever.
  const Settings& settings = world_.settings;
  p.pause = std::clamp(p.pause * 2, settings.redial_min, settings.redial_max);
  const auto half = static_cast<std::uint64_t>(p.pause.count() / 2);
  p.next_dial = now.mono + Duration(static_cast<Duration::rep>(half + world_.random.below(half + 1)));
  return was_up;
}

void Links::hang_up(const std::string& node, Peer& peer) {
  if (peer.hanging_up || !peer.is_linked()) return;
  peer.hanging_up = true;
  world_.ports.hang_up(node);
}

void Links::hang_up_all() {
  for (auto& [node, p] : world_.peers) hang_up(node, p);
}

void Links::dial(const std::string& node, Peer& p, Now now) {
  p.link = LinkState::dialing;
  p.next_dial = now.mono + world_.settings.redial_max;
  world_.ports.dial(node);
}

void Links::dial_members(Now now) {
  if (world_.shutting_down) return;
  for (const std::string& node : world_.membership.others()) {
    Peer& p = world_.peer(node);
    if (!p.is_up() && !p.away_since) p.away_since = now.mono;
    if (p.link == LinkState::none && p.next_dial <= now.mono) dial(node, p, now);
  }
  for (const std::string& node : world_.membership.cleaned()) {
    Peer& p = world_.peer(node);
    if (p.link != LinkState::none || p.next_dial > now.mono) continue;
    dial(node, p, now);
    p.pause = cleaned_pause;
  }
}

bool Links::establish(const std::string& node, Peer& p, Now now) {
  if (p.is_up()) return true;
  if (p.link != LinkState::linked || p.hanging_up || !observer_->may_establish(node, p)) return false;
  p.link = LinkState::established;
  p.pause = Duration(0);
  p.away_since.reset();
  p.sees.clear();
  world_.log.info("Node {} up", node);
  // It may have met us before the two became members of one cluster, and wait for our word.
  world_.send(node, world_.view());
  world_.replicator.peer_up(node, p.slot, now);
  world_.shared_sync.peer_up(node);
  world_.routes.set_live(p.slot, true);
  world_.routes.commit();
  world_.ports.peer_up(p.slot, node, p.incarnation);
  observer_->established(node, p, now);
  if (p.early_sync) world_.begin_log(node, *p.early_sync);
  p.early_sync.reset();
  for (std::string& bytes : std::exchange(p.early_messages, {})) world_.ports.message(node, std::move(bytes));
  return true;
}

void Links::lose(const std::string& node, Peer& p, LinkError error, Now now) {
  world_.routes.set_live(p.slot, false);
  world_.routes.commit();
  world_.replicator.peer_down(node);
  world_.shared_sync.peer_down(node);
  p.link = LinkState::linked;
  p.away_since = now.mono;
  p.sees.clear();
  world_.ports.peer_down(p.slot);
  observer_->lost(node, p, error, now);
}

}  // namespace meshmq::cluster
