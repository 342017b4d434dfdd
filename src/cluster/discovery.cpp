#include "cluster/discovery.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace meshmq::cluster {

namespace {

/// A provider that says nothing for so long is asked again.
constexpr Duration answer_wait = std::chrono::seconds(60);
/// What a node said of itself is believed for so long: longer than a stranger stays linked, so that all can
/// be met.
constexpr Duration meeting_fresh = std::chrono::seconds(6);
/// A lone node that knows of others looks for them so often.
constexpr Duration lonely_pause = std::chrono::seconds(1);
/// A node may not be listed yet when it starts (Kubernetes lists what is ready).
constexpr Duration self_wait = std::chrono::seconds(60);

/// The order of clusters that all nodes agree on, best first.
auto rank(std::size_t members, ClusterId id) {
  return std::tuple(-static_cast<std::int64_t>(members), id.value);
}

}  // namespace

Discovery::Discovery(DiscoverySettings settings, const Membership& membership, DiscoveryPorts& ports,
                     Logger log, std::uint64_t seed)
    : settings_(std::move(settings)), membership_(membership), ports_(ports), log_(log), random_(seed) {}

// ---------------------------------------------------------------- what is heard

void Discovery::answer(const Result<Discovered>& found, Now now) {
  asking_ = false;
  answered_ = now.wall;
  next_ask_ = now.mono + settings_.interval;
  if (!found) {
    error_ = found.error().message;
    settle();
    if (std::exchange(told_error_, true)) return;
    return log_.warning(
        "Discovery by {} has no answer: {}. {}; trying again", settings_.provider, error_,
        membership_.others().empty() ? "This node serves alone" : "The cluster stays as it is");
  }
  error_.clear();
  if (std::exchange(told_error_, false)) log_.info("Discovery by {} answers again", settings_.provider);
  if (found->valid > Duration(0)) next_ask_ = now.mono + found->valid;
  std::map<std::string, Candidate> fresh;
  for (const std::string& node : found->nodes) {
    if (node == membership_.self()) continue;
    if (fresh.size() >= settings_.candidates_max && !fresh.contains(node)) {
      log_.warning("Discovery by {} found {} nodes, only {} are looked at", settings_.provider,
                   found->nodes.size(), settings_.candidates_max);
      break;
    }
    const auto known = candidates_.find(node);
    fresh[node] = known == candidates_.end() ? Candidate() : known->second;
  }
  candidates_ = std::move(fresh);
  look_for_self(*found, now);
  if (!in_round_) next_round_ = now.mono;
}

void Discovery::look_for_self(const Discovered& found, Now now) {
  first_answer_ = std::min(first_answer_, now.mono);
  if (!found.complete || found.nodes.empty() || told_self_) return;
  if (std::find(found.nodes.begin(), found.nodes.end(), membership_.self()) != found.nodes.end()) {
    first_answer_ = now.mono;
    return;
  }
  if (now.mono - first_answer_ < self_wait) return;
  told_self_ = true;
  log_.warning(
      "Discovery by {} found {} and others, but not this node: is node.name = {} what the others "
      "make of its address?",
      settings_.provider, found.nodes.front(), membership_.self());
}

void Discovery::met(const std::string& node, const Meeting& meeting, Now now) {
  const auto it = candidates_.find(node);
  if (it != candidates_.end()) it->second = {meeting, now.mono};
}

void Discovery::joined(const Result<void>& result, Now now) {
  const std::string node = std::exchange(joining_, {});
  // Two that ask each other at the same time are both refused: chance decides who is first the next time.
  next_round_ = now.mono + std::chrono::milliseconds(300 + random_.below(1200));
  if (result) {
    settle();
    return acted("joined " + node, now);
  }
  acted("could not join " + node + ": " + result.error().message, now);
  log_.info("Discovery by {}: {}", settings_.provider, action_);
}

// ---------------------------------------------------------------- what is done

void Discovery::tick(Now now) {
  if (!settings_.enabled()) return;
  if (membership_.stays_out()) {
    if (std::exchange(out_, true)) return;
    candidates_.clear();
    in_round_ = false;
    ports_.withdraw();
    acted("stays out: an operator removed this node; `cluster join` brings it back", now);
    return log_.warning("Discovery by {}: this node {}", settings_.provider, action_);
  }
  if (std::exchange(out_, false)) {
    asking_ = false;
    next_ask_ = now.mono;
  }
  if (next_ask_ <= now.mono) ask(now);
  if (!joining_.empty()) return;
  if (!in_round_ && next_round_ <= now.mono) begin_round(now);
  if (!in_round_) return;
  probe_strangers(now);
  if (all_met(now) || round_end_ <= now.mono) decide(now);
}

void Discovery::ask(Now now) {
  asking_ = true;
  asked_ = now.wall;
  next_ask_ = now.mono + answer_wait;
  ports_.ask_provider();
}

void Discovery::begin_round(Now now) {
  in_round_ = true;
  next_round_ = TimePoint::max();
  round_end_ = now.mono + settings_.meet_wait;
}

bool Discovery::is_fresh(const Candidate& candidate, Now now) const {
  return candidate.meeting && now.mono - candidate.met < meeting_fresh;
}

void Discovery::probe_strangers(Now now) {
  for (const auto& [node, candidate] : candidates_) {
    if (!membership_.is_member(node) && !is_fresh(candidate, now)) ports_.probe(node);
  }
}

bool Discovery::all_met(Now now) const {
  return std::all_of(candidates_.begin(), candidates_.end(), [&](const auto& entry) {
    return membership_.is_member(entry.first) || is_fresh(entry.second, now);
  });
}

bool Discovery::may_join(const std::string& node, const Meeting& meeting) const {
  if (meeting.error || !meeting.open || meeting.cluster == membership_.id()) return false;
  if (membership_.removed_from(meeting.cluster)) return false;
  // Removed here, and it has forgotten it: whoever is with it alone would bring it back.
  return meeting.members > 1 || !membership_.is_removed(node);
}

void Discovery::decide(Now now) {
  in_round_ = false;
  auto best = rank(membership_.others().size() + 1, membership_.id());
  std::string target;
  bool strangers = false;
  for (const auto& [node, candidate] : candidates_) {
    if (membership_.is_member(node)) continue;
    strangers = true;
    if (!is_fresh(candidate, now) || !may_join(node, *candidate.meeting)) continue;
    const Meeting& meeting = *candidate.meeting;
    if (meeting.removed_me && membership_.left(meeting.cluster) == nullptr) {
      if (membership_.others().empty()) return ports_.stay_out();
      continue;
    }
    if (const auto its = rank(meeting.members, meeting.cluster); its < best) {
      best = its;
      target = node;
    }
  }
  if (target.empty()) {
    settle();
    if (strangers && membership_.others().empty()) next_round_ = now.mono + lonely_pause;
    return;
  }
  joining_ = target;
  acted("joins " + target, now);
  log_.info("Discovery by {}: joining {}", settings_.provider, target);
  ports_.join(target);
}

void Discovery::settle() {
  if (!std::exchange(settled_, true)) ports_.settled();
}

void Discovery::acted(std::string what, Now now) {
  action_ = std::move(what);
  acted_ = now.wall;
}

// ---------------------------------------------------------------- what is seen

std::string Discovery::standing(const std::string& node, const Candidate& candidate) const {
  if (membership_.is_member(node)) return "member";
  if (membership_.is_cleaned(node)) return "cleaned away: a member again as soon as it answers";
  if (node == joining_) return "being joined";
  if (!candidate.meeting) return "not met yet";
  const Meeting& meeting = *candidate.meeting;
  if (meeting.error) return "cannot be reached: " + std::string(to_string(*meeting.error));
  if (!meeting.open) return "stays out: an operator removed it";
  if (membership_.removed_from(meeting.cluster))
    return "of a cluster that an operator removed this node from";
  if (!may_join(node, meeting)) return "removed by an operator";
  return "of another cluster, with " + std::to_string(meeting.members) +
         (meeting.members == 1 ? " member" : " members");
}

DiscoveryStatus Discovery::status() const {
  DiscoveryStatus result;
  result.provider = settings_.provider;
  result.asked = asked_;
  result.answered = answered_;
  result.error = error_;
  result.acted = acted_;
  result.action = action_;
  for (const auto& [node, candidate] : candidates_) {
    result.candidates.push_back({node, standing(node, candidate)});
  }
  return result;
}

}  // namespace meshmq::cluster
