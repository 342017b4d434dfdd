#include "cluster/members.hpp"

#include <algorithm>
#include <chrono>

namespace meshmq::cluster {

void Members::handle(const std::string& node, const wire::View& frame, Now now) {
  World& w = world_;
  if (frame.cluster != w.membership.id()) return;
  for (const auto& [name, record] : frame.records) w.clock.observe(record.stamp);
  if (w.membership.merge(frame.records)) changed(node, now);
  if (frame.cluster != w.membership.id()) return;  // the news was that we are no member any more
  Peer& p = w.peer(node);
  if (w.membership.is_cleaned(node) && p.is_linked()) {
    w.log.warning("Node {} is back after it was cleaned away: it is a member again", node);
    w.membership.revive(node, w.stamp(now));
    changed({}, now);
  }
  if (!w.membership.is_member(node)) {
    // It may not know yet that it was removed. It may also have come to join again: a stranger has a moment.
    return w.send(node, w.view());
  }
  links_.establish(node, p, now);
}

void Members::handle(const std::string& node, const wire::Left& frame, Now now) {
  World& w = world_;
  w.clock.observe(frame.since);
  const auto record = w.membership.records().find(node);
  if (frame.cluster != w.membership.id() || record == w.membership.records().end()) return;
  if (record->second.standing == Standing::removed || record->second.term > frame.term) return;
  w.log.warning("Node {} left the cluster while this node was away", node);
  w.membership.remove(node, w.stamp(now));
  changed(node, now);
}

void Members::claimed_by_other(const std::string& node, const wire::Hello& hello, Now now) {
  World& w = world_;
  const Membership::LeftCluster* left = w.membership.left(hello.cluster);
  const std::uint32_t term = hello.records.at(w.settings.self).term;
  const bool gone_since = left != nullptr && term <= left->term;
  if (gone_since || !w.membership.alone()) {
    return w.send(node, wire::Left{hello.cluster, gone_since ? left->when : w.stamp(now), term});
  }
  // It remembers us, we do not remember it: our memory was lost. Its word is the better one.
  w.log.warning("Node {} knows this node as a member of its cluster; taking its word", node);
  w.membership.adopt(hello.cluster, hello.records);
  links_.say_hello_to_all();
  changed(node, now);
  links_.establish(node, w.peer(node), now);
}

bool Members::stand_up_for_self(Now now) {
  World& w = world_;
  const MemberRecord record = w.membership.records().at(w.settings.self);
  if (record.is_member()) return true;
  if (record.standing == Standing::cleaned) {
    w.log.warning("This node was cleaned away by {} while it was out of reach; it is back as a member",
                  record.stamp.writer);
    w.membership.revive(w.settings.self, w.stamp(now));
    return true;
  }
  // Who had been removed before had no right to remove anybody.
  const auto writer = w.membership.records().find(record.stamp.writer);
  const bool void_removal =
      record.stamp.writer != w.settings.self && writer != w.membership.records().end() &&
      writer->second.standing == Standing::removed && writer->second.stamp < record.stamp;
  if (!void_removal) return false;
  w.log.warning("{} removed this node after it had been removed itself: that does not count",
                record.stamp.writer);
  w.membership.join(w.settings.self, w.stamp(now));
  return true;
}

/// Whoever cleaned these away does not see them; we do.
void Members::stand_up_for_others(Now now) {
  for (const std::string& node : world_.membership.cleaned()) {
    const Peer* p = world_.find(node);
    if (p != nullptr && p->is_up()) world_.membership.revive(node, world_.stamp(now));
  }
}

void Members::changed(const std::string& learned_from, Now now) {
  World& w = world_;
  const MemberRecords heard = w.membership.records();
  if (!stand_up_for_self(now)) {
    const Stamp removed = w.membership.records().at(w.settings.self).stamp;
    w.log.warning("This node was removed from its cluster by {}; it goes on alone", removed.writer);
    return become_alone(removed, true, now);
  }
  stand_up_for_others(now);
  w.save();
  // News of our own are news to the one whom we have heard from, too.
  w.broadcast(w.view(), heard == w.membership.records() ? learned_from : std::string());
  for (auto& [node, p] : w.peers) {
    if (w.membership.is_member(node)) continue;
    if (p.is_up()) {
      w.send(node, w.view());
      links_.lose(node, p, LinkError::closed, now);
      links_.hang_up(node, p);
    }
    if (!w.membership.records().contains(node)) continue;
    p.away_since.reset();
    w.replicator.forget(node);
    w.ports.peer_gone(p.slot);
  }
  links_.dial_members(now);
}

void Members::become_alone(Stamp when, bool sent_away, Now now) {
  World& w = world_;
  w.membership.stand_alone(ClusterId(w.random.next()), std::move(when), sent_away);
  w.save();
  for (auto& [node, p] : w.peers) {
    if (p.is_up()) links_.lose(node, p, LinkError::closed, now);
    // Whoever still has to hear of it hangs up himself, when nothing comes from him any more.
    p.stranger_until = now.mono + Links::stranger_wait;
    p.away_since.reset();
    w.replicator.forget(node);
    w.ports.peer_gone(p.slot);
  }
}

bool Members::seen_by_somebody(const std::string& node) const {
  return std::any_of(world_.peers.begin(), world_.peers.end(), [&](const auto& item) {
    return item.second.is_up() && item.second.sees.contains(node);
  });
}

void Members::clean(Now now) {
  World& w = world_;
  if (w.settings.autoclean <= Duration(0) || w.shutting_down) return;
  bool any = false;
  for (const std::string& node : w.membership.others()) {
    const Peer& p = w.peer(node);
    const bool due = p.away_since && *p.away_since + w.settings.autoclean <= now.mono;
    if (!due || seen_by_somebody(node)) continue;
    w.log.warning(
        "Node {} is cleaned away: it has been out of reach for {} s (cluster.autoclean). It is a member "
        "again when it comes back",
        node, std::chrono::duration_cast<std::chrono::seconds>(w.settings.autoclean).count());
    w.membership.clean(node, w.stamp(now));
    any = true;
  }
  if (any) changed({}, now);
}

}  // namespace meshmq::cluster
