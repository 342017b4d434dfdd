#include "cluster/healing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace meshmq::cluster {

namespace {

std::vector<std::string> list_of(const std::set<std::string>& nodes) {
  return {nodes.begin(), nodes.end()};
}

std::string text_of(const std::vector<std::vector<std::string>>& views) {
  std::string text;
  for (const auto& view : views) text += fmt::format("{}[{}]", text.empty() ? "" : " ", fmt::join(view, ","));
  return text;
}

}  // namespace

// ---------------------------------------------------------------- links come and go

bool Healing::may_establish(const std::string& node, const Peer& peer) {
  if (world_.settings.autoheal) return true;
  const auto it = lost_.find(node);
  return it == lost_.end() || !it->second.silent || it->second.incarnation != peer.incarnation;
}

void Healing::lost(const std::string& node, const Peer& peer, LinkError error, Now now) {
  sight_due_ = true;
  next_look_ = {};
  if (active_) {
    active_->changed = now.mono;
    active_->done.erase(node);
  }
  if (!world_.membership.is_member(node)) return;
  lost_[node] = {.incarnation = peer.incarnation,
                 .at = now.wall,
                 .silent = error == LinkError::timed_out,
                 .goodbye = peer.said_goodbye};
}

void Healing::established(const std::string& node, const Peer& peer, Now now) {
  sight_due_ = true;
  next_look_ = {};
  const auto it = lost_.find(node);
  // Who was restarted has nothing of its own to bring back: that is no split.
  const bool split = it != lost_.end() && it->second.incarnation == peer.incarnation && !it->second.goodbye;
  const WallMillis at = it == lost_.end() ? now.wall : it->second.at;
  if (it != lost_.end()) lost_.erase(it);
  if (!split && !active_) return;
  const bool begins = !active_;
  Active& a = active(at, now);
  if (begins) {
    std::set<std::string> view = members_running();
    view.erase(node);
    a.views[world_.settings.self] = list_of(view);
  }
  const wire::HealReport report{a.views[world_.settings.self], a.split_at};
  if (!split) return world_.send(node, report);
  // What was begun does not know of this one.
  a.begun.reset();
  world_.broadcast(report);
}

Healing::Active& Healing::active(WallMillis split_at, Now now) {
  if (!active_) {
    active_ = Active{.split_at = split_at, .met_at = now.wall, .met = now.mono};
    active_->before = merged_so_far();
  }
  active_->split_at = std::min(active_->split_at, split_at);
  active_->changed = now.mono;
  return *active_;
}

Merged Healing::merged_so_far() const {
  return {.rows = world_.replicator.rows_changed(),
          .shared_rows = world_.replicator.shared_rows_changed() + world_.shared_sync.rows_changed(),
          .sessions = world_.ports.merged_sessions()};
}

std::set<std::string> Healing::members_running() const {
  std::set<std::string> nodes = world_.running_nodes();
  std::erase_if(nodes, [this](const std::string& node) { return !world_.membership.is_member(node); });
  return nodes;
}

// ---------------------------------------------------------------- who tells whom what

void Healing::handle(const std::string& node, const wire::Sight& frame, Now) {
  Peer& p = world_.peer(node);
  p.sees = {frame.running.begin(), frame.running.end()};
  next_look_ = {};
}

void Healing::handle(const std::string& node, const wire::HealReport& frame, Now now) {
  if (!world_.running(node)) return;
  const bool begins = !active_;
  Active& a = active(frame.split_at, now);
  a.views[node] = frame.view;
  a.begun.reset();
  if (!begins) return;
  // This node has lost nobody: it saw both sides.
  a.views[world_.settings.self] = list_of(members_running());
  world_.broadcast(wire::HealReport{a.views[world_.settings.self], a.split_at});
}

bool Healing::older(const std::string& a, const std::string& b) const {
  const auto age = [this](const std::string& node) {
    const Peer* p = world_.find(node);
    const std::uint64_t began = node == world_.settings.self ? world_.settings.incarnation
                                : p == nullptr               ? UINT64_MAX
                                                             : p->incarnation;
    return std::pair<std::uint64_t, std::string_view>(began, node);
  };
  return age(a) < age(b);
}

std::string Healing::oldest(const std::vector<std::string>& nodes) const {
  const auto it = std::min_element(nodes.begin(), nodes.end(),
                                   [this](const auto& a, const auto& b) { return older(a, b); });
  return it == nodes.end() ? std::string() : *it;
}

std::vector<std::vector<std::string>> Healing::different_views() const {
  std::set<std::vector<std::string>> distinct;
  if (active_) {
    for (const auto& [node, view] : active_->views) distinct.insert(view);
  } else {
    distinct.insert(list_of(members_running()));
    for (const auto& [node, p] : world_.peers) {
      if (p.is_up() && !p.sees.empty()) distinct.insert(list_of(p.sees));
    }
  }
  std::vector<std::vector<std::string>> views(distinct.begin(), distinct.end());
  std::sort(views.begin(), views.end(), [this](const auto& a, const auto& b) {
    if (a.size() != b.size()) return a.size() > b.size();
    const std::string first = oldest(a);
    const std::string second = oldest(b);
    return first != second ? older(first, second) : a < b;
  });
  return views;
}

bool Healing::views_differ(Now now) {
  if (now.mono < next_look_) return views_differ_;
  next_look_ = now.mono + look_interval;
  const std::set<std::string> ours = members_running();
  views_differ_ = std::any_of(world_.peers.begin(), world_.peers.end(), [&](const auto& item) {
    return item.second.is_up() && item.second.sees != ours;
  });
  return views_differ_;
}

std::string Healing::oldest_running() const {
  return oldest(list_of(members_running()));
}

void Healing::lead(Now now) {
  Active& a = *active_;
  const bool meeting = views_differ(now) && now.mono - a.met < patience;
  const Duration pause = a.begun || meeting ? stalled : settle;
  if (now.mono - a.changed < pause || oldest_running() != world_.settings.self) return;
  HealRecord heal;
  heal.id = world_.stamp(now).time;
  heal.split_at = a.split_at;
  heal.met_at = a.met_at;
  heal.views = different_views();
  std::vector<std::string> best = heal.views.front();
  std::erase_if(best, [&](const std::string& node) { return !world_.running(node); });
  heal.coordinator = best.empty() ? world_.settings.self : oldest(best);
  world_.log.warning("A split of the cluster is healed: {}; {} coordinates", text_of(heal.views),
                     heal.coordinator);
  world_.broadcast(wire::HealBegin{heal});
  handle(world_.settings.self, wire::HealBegin{heal}, now);
}

void Healing::handle(const std::string&, const wire::HealBegin& frame, Now now) {
  Active& a = active(frame.heal.split_at, now);
  if (a.begun && a.begun->id >= frame.heal.id) return;
  world_.clock.observe({frame.heal.id, {}});
  a.begun = frame.heal;
  a.next_done = now.mono;
  a.done.clear();
}

bool Healing::is_in_sync() const {
  return std::all_of(world_.peers.begin(), world_.peers.end(), [this](const auto& item) {
    return !item.second.is_up() ||
           (world_.replicator.in_sync_with(item.first) && world_.shared_sync.in_sync_with(item.first));
  });
}

void Healing::check_done(Now now) {
  Active& a = *active_;
  if (!a.begun || now.mono < a.next_done || !is_in_sync()) return;
  a.next_done = now.mono + done_interval;
  const Merged total = merged_so_far();
  const Merged merged{total.rows - a.before.rows, total.shared_rows - a.before.shared_rows,
                      total.sessions - a.before.sessions};
  if (a.begun->coordinator == world_.settings.self) {
    a.done[world_.settings.self] = merged;
  } else {
    world_.send(a.begun->coordinator, wire::HealDone{a.begun->id, merged});
  }
}

void Healing::handle(const std::string& node, const wire::HealDone& frame, Now now) {
  if (!active_ || !active_->begun || active_->begun->id != frame.id) return;
  // Each says it every second, so that none can be lost: no news then.
  if (active_->done.insert_or_assign(node, frame.merged).second) active_->changed = now.mono;
}

void Healing::check_over(Now now) {
  Active& a = *active_;
  if (!a.begun || a.begun->coordinator != world_.settings.self) return;
  const std::set<std::string> running = members_running();
  const bool all = std::all_of(running.begin(), running.end(),
                               [&](const std::string& node) { return a.done.contains(node); });
  if (!all) return;
  HealRecord heal = *a.begun;
  heal.healed_at = now.wall;
  heal.merged = a.done;
  world_.broadcast(wire::HealOver{heal});
  finish(heal);
}

void Healing::handle(const std::string&, const wire::HealOver& frame, Now) {
  finish(frame.heal);
}

void Healing::finish(const HealRecord& heal) {
  const bool known =
      std::any_of(log_.begin(), log_.end(), [&](const HealRecord& old) { return old.id == heal.id; });
  if (!known) {
    log_.push_back(heal);
    if (log_.size() > log_max) log_.pop_front();
    world_.log.warning("Split healed in {} ms: {}", heal.healed_at - heal.met_at, text_of(heal.views));
  }
  if (active_ && active_->begun && active_->begun->id <= heal.id) active_.reset();
}

// ---------------------------------------------------------------- operators

std::vector<std::string> Healing::heal_now() {
  std::vector<std::string> nodes = status().apart;
  for (const std::string& node : nodes) {
    lost_.at(node).silent = false;
    world_.send(node, wire::HealNow{});
  }
  return nodes;
}

std::vector<std::string> Healing::handle(const std::string& node, const wire::HealNow&) {
  const auto it = lost_.find(node);
  if (it == lost_.end()) return {};
  it->second.silent = false;
  return {node};
}

PartitionStatus Healing::status() const {
  PartitionStatus result{.healing = active_.has_value()};
  if (active_ || split_seen_) result.views = different_views();
  if (result.views.size() < 2) result.views.clear();
  if (world_.settings.autoheal) return result;
  for (const auto& [node, lost] : lost_) {
    const Peer* p = world_.find(node);
    const bool apart = lost.silent && p != nullptr && p->link == LinkState::linked && !p->hanging_up &&
                       p->incarnation == lost.incarnation;
    if (apart) result.apart.push_back(node);
  }
  return result;
}

// ---------------------------------------------------------------- time

void Healing::end_of_turn() {
  if (!std::exchange(sight_due_, false)) return;
  world_.broadcast(wire::Sight{list_of(members_running())});
}

void Healing::tick(Now now) {
  std::erase_if(lost_, [this](const auto& item) { return !world_.membership.is_member(item.first); });
  const bool forlorn = active_ && !active_->begun && now.mono - active_->changed >= 3 * stalled;
  if (active_ && (forlorn || members_running().size() == 1)) active_.reset();
  if (active_) lead(now);
  if (active_) check_done(now);
  if (active_) check_over(now);
  if (active_ || !views_differ(now)) {
    views_differ_since_ = TimePoint::max();
  } else if (views_differ_since_ == TimePoint::max()) {
    views_differ_since_ = now.mono;
  }
  split_seen_ = views_differ_since_ != TimePoint::max() && now.mono - views_differ_since_ >= views_settle;
  check_alarm(now);
}

void Healing::check_alarm(Now) {
  std::string alarm;
  const auto add = [&alarm](const std::string& text) { alarm += (alarm.empty() ? "" : "; ") + text; };
  const PartitionStatus now = status();
  if (!now.apart.empty()) {
    add(fmt::format("kept apart because cluster.autoheal is off: {}", fmt::join(now.apart, ", ")));
  }
  if (now.healing) {
    add("healing");
  } else if (!now.views.empty()) {
    add("nodes see different members: " + text_of(now.views));
  }
  std::vector<std::string> silent;
  for (const auto& [node, lost] : lost_) {
    if (lost.silent) silent.push_back(node);
  }
  if (!silent.empty()) add(fmt::format("no word from {}", fmt::join(silent, ", ")));
  if (alarm == alarm_) return;
  alarm_ = alarm;
  world_.ports.partition_alarm(alarm_);
}

}  // namespace meshmq::cluster
