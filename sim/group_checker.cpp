// What must hold for shared groups: each message goes to one member. Members are clients of their own with
// that one subscription, so that a delivery says by which group it came.

#include <algorithm>

#include "sim/simulation.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::sim {

namespace {

/// An acknowledgement that was sent is with the broker by then.
constexpr Micros acknowledge_time = 1_s;
/// After a disturbance, a whole cluster is in order again by then (see checker.cpp).
constexpr Micros calm_before = 18_s;

bool matches(const std::string& group, std::string_view topic) {
  return topic::matches(topic::parse_shared(group)->filter, topic);
}

}  // namespace

void Simulation::received_by_member(SimClient& client, MessageId message, mqtt::QoS) {
  const Published& p = published_.at(message);
  const std::string& group = groups_.at(client.id());
  auto& deliveries = group_deliveries_[{message, group}];
  const Micros now = scheduler.now_us();
  for (const GroupDelivery& first : deliveries) {
    // Whoever is still connected as he was, or was for a while, has acknowledged it.
    const bool same = first.client.get() == &client;
    const bool stayed = first.client->epoch() == first.epoch;
    const bool acknowledged = stayed ? first.at + acknowledge_time < now || p.qos == mqtt::QoS::at_most_once
                                     : first.client->epoch_ended(first.epoch) > first.at + acknowledge_time;
    // What was cut off or died, or is so unnoticed, may have taken an acknowledgement with it.
    if (disturbed_since(p.at - calm_before) || (same && p.qos == mqtt::QoS::at_least_once)) continue;
    if (!acknowledged && p.qos != mqtt::QoS::at_most_once) continue;
    violated(client.id() + " got message " + std::to_string(message) + " of " + group + " after " +
             first.client->id() + " had it");
  }
  deliveries.push_back({client.shared_from_this(), client.epoch(), now});
}

void Simulation::promise_to_groups(MessageId message) {
  const Published& p = published_.at(message);
  std::map<std::string, GroupPromise> promises;
  for (const auto& client : clients_) {
    if (!is_member(*client) || !client->ready() || client->confirmed().empty()) continue;
    const std::string& group = groups_.at(client->id());
    // Whoever has left the cluster has not left its clients.
    if (!matches(group, p.topic) || !calm(p.node, client->node())) continue;
    GroupPromise& promise = promises[group];
    promise.message = message;
    promise.group = group;
    promise.members.emplace_back(client, client->epoch());
    if (p.qos == mqtt::QoS::at_most_once) continue;
    scheduler.after(arrival_time,
                    [this, message, to = client->node(), group, client, epoch = client->epoch()] {
                      const Published& sent = published_.at(message);
                      if (disturbed_at(sent.node, to) < sent.at)
                        kept_groups_.push_back({message, group, {{client, epoch}}});
                    });
  }
  for (const auto& [group, promise] : promises)
    scheduler.after(delivery_time, [this, promise = promise] { check_group(promise, false); });
}

void Simulation::check_group(const GroupPromise& promise, bool at_end) {
  const Published& p = published_.at(promise.message);
  const bool gentle = p.qos == mqtt::QoS::at_most_once || p.acknowledged < 0;
  if (gentle && p.publisher->epoch() != p.publisher_epoch) return;
  // At the end cuts are no excuse, because what was acknowledged is sent again.
  if (at_end && (p.acknowledged < 0 || p.acknowledged - p.at >= prompt || last_crash_ >= p.at)) return;
  if (!at_end && disturbed_since(p.at - calm_before)) return;
  const bool stayed = std::any_of(promise.members.begin(), promise.members.end(),
                                  [](const auto& member) { return member.first->epoch() == member.second; });
  if (!stayed) return;
  for (const auto& client : clients_) {
    if (!is_member(*client) || groups_.at(client->id()) != promise.group) continue;
    // A session without connection may keep what it was sent; a QoS 2 message that was sent goes to nobody
    // else, and one of QoS 0 may have been on its way.
    const bool keeps = persistent_.at(client->id()) || p.qos != mqtt::QoS::at_least_once;
    // Until the broker has heard of an end it counts on the client.
    if (client->epoch_began() + arrival_time >= p.at && keeps) return;
  }
  ++outcome_.promises;
  if (group_deliveries_.contains({promise.message, promise.group})) return;
  violated("no member of " + promise.group + " got message " + std::to_string(promise.message) + " on " +
           p.topic + " published at " + p.node + " at " + std::to_string(p.at / 1000) + " ms");
}

void Simulation::check_kept_groups() {
  for (const GroupPromise& promise : kept_groups_) check_group(promise, true);
}

}  // namespace meshmq::sim
