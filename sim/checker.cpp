// What must hold in every run, whatever the weather.

#include <fmt/format.h>

#include <algorithm>

#include "sim/simulation.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::sim {

namespace {

/// After a disturbance: silence unnoticed (8 s), pause before dialling (5 s), failing dial (3 s),
/// resynchronisation.
constexpr Micros calm_before = 18_s;

}  // namespace

void Simulation::violated(const std::string& what) {
  outcome_.violations.push_back("at " + std::to_string(scheduler.now_us() / 1000) + " ms: " + what);
  note("VIOLATION: " + what);
}

void Simulation::received(SimClient& client, MessageId message, std::string_view topic, mqtt::QoS qos) {
  ++outcome_.delivered;
  note(client.id() + "@" + client.node() + " gets " + std::to_string(message) + " at QoS " +
       std::to_string(static_cast<int>(qos)));
  const auto it = published_.find(message);
  if (it == published_.end() || it->second.topic != topic) {
    return violated(client.id() + " got a message that nobody published: " + std::string(topic));
  }
  const std::string name = "message " + std::to_string(message) + " on " + it->second.topic;
  if (!client.ever_subscribed(topic)) violated(client.id() + " got " + name + " without a subscription");
  if (qos > it->second.qos) violated(client.id() + " got " + name + " at a higher QoS than published");
  if (is_member(client)) return received_by_member(client, message, qos);
  // Two sessions that become one may each have got it: by a subscription of another QoS, or by one that is
  // over.
  const bool excused = client.copies_at_qos2(message) < 2 || !client.subscribed(topic);
  const bool split = client.was_split(it->second.at, accepted_at(it->second)) && excused;
  if (qos != mqtt::QoS::at_least_once && client.copies(message) > 1 && !split) {
    violated(client.id() + " got " + name + " twice at QoS " + std::to_string(static_cast<int>(qos)));
  }
}

Micros Simulation::accepted_at(const Published& message) const {
  if (message.qos != mqtt::QoS::at_most_once)
    return message.acknowledged >= 0 ? message.acknowledged : scheduler.now_us();
  constexpr Micros on_its_way = 50'000;
  Micros accepted = message.at;
  const auto [first, last] = pauses_.equal_range(message.node);
  for (auto it = first; it != last; ++it) {
    const auto& [begin, end] = it->second;
    if (begin <= message.at + on_its_way) accepted = std::max(accepted, end);
  }
  return accepted;
}

void Simulation::lost_session(const SimClient& client, Micros since) {
  // Nodes take their sessions with them when they die, and none finds a session behind a cut.
  if (crashed_ || client.in_doubt() || disturbed_since(since - calm_before)) return;
  violated(client.id() + "@" + client.node() + " lost its session");
}

Micros Simulation::disturbed_at(const std::string& a, const std::string& b) const {
  const auto broken = [&](const std::string& node) {
    const auto it = broken_.find(node);
    return it == broken_.end() ? 0 : it->second;
  };
  const auto it = disturbed_.find(a < b ? std::pair(a, b) : std::pair(b, a));
  return std::max({broken(a), broken(b), it == disturbed_.end() ? 0 : it->second});
}

bool Simulation::calm(const std::string& a, const std::string& b) {
  const auto one = find(a);
  const auto other = find(b);
  if (one == nullptr || other == nullptr || one->paused() || other->paused()) return false;
  if (a == b) return true;
  if (network_.is_cut(a, b) || disturbed_at(a, b) + calm_before > scheduler.now_us()) return false;
  const auto running = one->control().status().running_nodes;
  return std::find(running.begin(), running.end(), b) != running.end();
}

void Simulation::promise(MessageId message) {
  const Published& p = published_.at(message);
  promise_to_groups(message);
  for (const auto& client : clients_) {
    if (is_member(*client) || !client->ready() || !client->subscribed(p.topic)) continue;
    const Promise promised{client, client->epoch(), message, client->node()};
    if (!calm(p.node, client->node())) {
      // Kept until the two meet again.
      if (p.qos != mqtt::QoS::at_most_once && knows_away(p.node, *client, p.topic)) kept_.push_back(promised);
      continue;
    }
    scheduler.after(delivery_time, [this, promised] { check_promise(promised); });
    if (p.qos == mqtt::QoS::at_most_once) continue;
    scheduler.after(arrival_time, [this, promised] {
      const Published& sent = published_.at(promised.message);
      if (disturbed_at(sent.node, promised.to) < sent.at) kept_.push_back(promised);
    });
  }
}

bool Simulation::knows_away(const std::string& node, const SimClient& client, const std::string& topic) {
  const auto process = find(node);
  if (process == nullptr || process->paused() || weather_.moves) return false;
  for (const node::Route& route : process->control().routes_away()) {
    if (route.node != client.node() || !client.confirmed().contains(route.filter)) continue;
    if (topic::matches(route.filter, topic)) return true;
  }
  return false;
}

void Simulation::check_promise(const Promise& promise) {
  const Published& p = published_.at(promise.message);
  if (promise.client->epoch() != promise.epoch || disturbed_at(p.node, promise.to) >= p.at) return;
  // A client that connects anew overtakes what its old connection still carries.
  if (p.qos == mqtt::QoS::at_most_once || p.acknowledged < 0) {
    if (p.publisher->epoch() != p.publisher_epoch) return;
  }
  ++outcome_.promises;
  if (promise.client->got(promise.message)) return;
  violated(promise.client->id() + "@" + promise.to + " missed message " + std::to_string(promise.message) +
           " on " + p.topic + " published at " + p.node + " at " + std::to_string(p.at / 1000) + " ms");
}

void Simulation::check_kept_forwards() {
  // Cuts do not excuse the loss of an acknowledged QoS 1 or 2 message: the hop between nodes resends.
  for (const Promise& promise : kept_) {
    const Published& p = published_.at(promise.message);
    // What was kept for a node that is cleaned away is dropped, and counted.
    if (weather_.cleaning) continue;
    const bool acknowledged = p.acknowledged >= 0 && p.acknowledged - p.at < prompt;
    const Micros broken = std::max(broken_[p.node], broken_[promise.to]);
    if (!acknowledged || promise.client->epoch() != promise.epoch || broken >= p.at) continue;
    ++outcome_.promises;
    if (promise.client->got(promise.message)) continue;
    violated(promise.client->id() + "@" + promise.to + " never got the acknowledged message " +
             std::to_string(promise.message) + " on " + p.topic + " published at " + p.node);
  }
}

void Simulation::check_gathered() {
  for (const std::string& node : names_) {
    const std::size_t running = find(node)->control().status().running_nodes.size();
    if (running != names_.size())
      violated(fmt::format("{} has found {} of {} nodes", node, running, names_.size()));
  }
}

void Simulation::verify() {
  for (const std::string& node : names_) {
    find(node)->with_control(
        [&](node::Control& control, Now now) { control.verify(node::OperationId(++last_operation_), now); });
  }
  scheduler.run_until(scheduler.now_us() + 10_s);
  for (const std::string& node : names_) {
    const auto& report = find(node)->verified();
    if (!report || report->nodes.size() != names_.size()) {
      violated(node + " has not verified all nodes");
      continue;
    }
    for (const std::string& difference : report->differences)
      violated(fmt::format("{} finds {}", node, difference));
  }
}

void Simulation::check_tables() {
  std::set<std::pair<std::string, std::string>> expected;
  for (const std::string& node : names_) {
    const auto process = find(node);
    for (std::size_t i = 0; i < process->workers(); ++i) {
      for (const auto& s : process->worker(i).broker().subscriptions()) {
        const auto shared = topic::parse_shared(s.filter);
        expected.emplace(shared ? shared->filter : s.filter, node);
      }
    }
  }
  std::vector<std::string> all = names_;
  std::sort(all.begin(), all.end());
  for (const std::string& node : names_) {
    const auto process = find(node);
    const auto status = process->control().status();
    if (status.running_nodes != all || !status.stopped_nodes.empty()) {
      violated(fmt::format("{} sees {} running and {} stopped nodes of {}", node, status.running_nodes.size(),
                           status.stopped_nodes.size(), all.size()));
    }
    if (!status.partitions.empty() || !process->alarm().empty()) {
      violated(node + " still sees a split: " + process->alarm());
    }
    std::set<std::pair<std::string, std::string>> actual;
    for (const auto& route : process->control().routes()) actual.emplace(route.filter, route.node);
    for (const auto& [filter, owner] : expected) {
      if (!actual.contains({filter, owner}))
        violated(fmt::format("{} lacks the route {} -> {}", node, filter, owner));
    }
    for (const auto& [filter, owner] : actual) {
      if (!expected.contains({filter, owner}))
        violated(fmt::format("{} has a ghost route {} -> {}", node, filter, owner));
    }
    if (process->control().digest() != find(names_[0])->control().digest())
      violated(node + " has another digest");
  }
}

}  // namespace meshmq::sim
