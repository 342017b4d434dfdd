#include "node/shared_routing.hpp"

#include <memory>
#include <utility>

namespace meshmq::node {

using broker::PickList;
using broker::SharedPick;
using broker::Token;
using cluster::Slot;

SharedRouting::SharedRouting(const Config& config, Slot self, const cluster::RouteReader& routes,
                             ParcelPort& port, std::uint64_t seed)
    : config_(config),
      self_(self),
      routes_(routes),
      port_(port),
      chooser_(config.broker.shared_strategy, config.workers, seed) {}

void SharedRouting::pick(const cluster::RouteMatch& match, const mqtt::Message& message) {
  choices_.clear();
  const auto usable = [this](Slot slot) { return port_.usable(slot); };
  for (std::size_t i = 0; i < match.group_count(); ++i) {
    if (auto choice = chooser_.choose(match.group(i), message, usable)) choices_.push_back(*choice);
  }
}

void SharedRouting::resolve(const Parcel& parcel, Now now) {
  choices_.clear();
  const auto own = [this](Slot slot) { return slot.value < config_.workers; };
  for (const SharedPick& pick : parcel.picks->picks()) {
    group_match_.clear();
    routes_.match_group(pick.group, group_match_);
    std::optional<SharedChoice> choice;
    if (group_match_.has_groups()) choice = chooser_.resolve(group_match_.group(0), pick, own);
    if (!choice) {
      pass_on(parcel.message, pick, false, now);
      continue;
    }
    // Only who has seen the whole cluster may say that nobody is there.
    choice->pick.last_resort = pick.last_resort;
    choice->pick.group = pick.group;
    choices_.push_back(*choice);
  }
}

void SharedRouting::add_slots(cluster::SlotSet& slots) const {
  for (const SharedChoice& choice : choices_) slots.insert(choice.slot);
}

std::span<const SharedPick> SharedRouting::picks_for(Slot slot) {
  picks_.clear();
  for (const SharedChoice& choice : choices_) {
    if (choice.slot == slot) picks_.push_back(choice.pick);
  }
  return picks_;
}

bool SharedRouting::send(const SharedChoice& choice, const mqtt::MessagePtr& message, Token token) {
  return port_.send(choice.slot,
                    {message, std::make_shared<const PickList>(false, std::span(&choice.pick, 1))}, token);
}

bool SharedRouting::pass_on(const mqtt::MessagePtr& message, const SharedPick& pick, bool has_members,
                            Now now) {
  const bool again = pick.attempts < attempts_at_once;
  if (has_members && !again) return false;
  SharedPick next = pick;
  ++next.attempts;
  next.last_resort = false;
  group_match_.clear();
  routes_.match_group(pick.group, group_match_);
  const auto others = [this](Slot slot) { return slot != self_ && port_.usable(slot); };
  std::optional<SharedChoice> choice;
  if (again && group_match_.has_groups()) choice = chooser_.any(group_match_.group(0), next, others);
  if (has_members && (!choice || choice->pick.last_resort)) return false;
  if (choice) {
    send(*choice, message, 0);
  } else {
    park(message, pick.group, now);
  }
  return true;
}

bool SharedRouting::redispatch(const mqtt::MessagePtr& message, std::string_view group, Token token,
                               Now now) {
  group_match_.clear();
  routes_.match_group(group, group_match_);
  const auto usable = [this](Slot slot) { return port_.usable(slot); };
  std::optional<SharedChoice> choice;
  if (group_match_.has_groups()) choice = chooser_.any(group_match_.group(0), {}, usable);
  if (choice) return send(*choice, message, token);
  park(message, group, now);
  return false;
}

void SharedRouting::park(const mqtt::MessagePtr& message, std::string_view group, Now now) {
  if (message->qos() == mqtt::QoS::at_most_once) {
    ++dropped_;
    return;
  }
  if (parked_.size() >= parked_max) {
    ++dropped_;
    parked_.pop_front();
  }
  parked_.push_back({message, std::string(group), now.mono});
}

void SharedRouting::tick(bool complete, Now now) {
  for (std::size_t left = parked_.size(); left > 0; --left) {
    Parked parked = std::move(parked_.front());
    parked_.pop_front();
    group_match_.clear();
    const bool wait = routes_.match_group(parked.group, group_match_) || !complete;
    const auto usable = [this](Slot slot) { return port_.usable(slot); };
    std::optional<SharedChoice> choice;
    if (group_match_.has_groups()) choice = chooser_.any(group_match_.group(0), {}, usable);
    if (choice) {
      send(*choice, parked.message, 0);
    } else if (parked.since + (wait ? config_.forward_keep : unknown_wait) <= now.mono) {
      ++dropped_;
    } else {
      parked_.push_back(std::move(parked));
    }
  }
}

}  // namespace meshmq::node
