#include "cluster/cluster_harness.hpp"

namespace meshmq::cluster {

void TestNode::start() {
  Settings settings;
  settings.self = name;
  settings.incarnation = ++incarnation;
  settings.own_slots = 1;
  settings.log_entries_max = 50;
  settings.autoclean = autoclean;
  settings.autoheal = autoheal;
  settings.wire_version_max = wire_version_max;
  routes = std::make_unique<RouteTable>();
  rows = std::make_unique<TestRows>();
  alarm.clear();
  clients = std::make_unique<TestClients>();
  machine = std::make_unique<Cluster>(settings, image, *routes, *clients, *rows, *this, Logger(),
                                      std::hash<std::string>{}(name) + incarnation, world.now);
}

void TestNode::crash() {
  machine.reset();
  up.clear();
  for (const auto& [other, node] : world.nodes_) {
    if (other != name) world.drop_link(name, other, LinkError::closed);
  }
}

void TestNode::write(const std::string& key, const std::string& value) {
  const RowStamp stamp = machine->row_stamp(world.now);
  rows->apply(key, stamp, value);
  machine->replicator().append_shared(key, stamp, value);
}

std::string TestNode::client_rows() const {
  std::set<std::string> sorted;
  for (const auto& [key, stamp] : clients->rows) {
    const std::string holder = key.first == Slot(0) ? name : std::string(machine->node_of(key.first));
    sorted.insert(holder + ":" + std::to_string(key.second));
  }
  std::string result;
  for (const std::string& row : sorted) result += row + " ";
  return result;
}

std::string TestNode::shared() const {
  std::string result;
  for (const auto& [key, row] : rows->rows) result += key + "=" + row.second + " ";
  return result;
}

void TestNode::dial(const std::string& node) {
  world.dials_.emplace_back(name, node);
}
void TestNode::hang_up(const std::string& node) {
  world.deliveries_.push_back({name, node, {}, true});
}
void TestNode::send(const std::string& node, std::string frame) {
  ++world.frames;
  world.bytes += frame.size();
  world.deliveries_.push_back({name, node, std::move(frame)});
}

std::string TestNode::table() const {
  std::map<std::string, std::set<std::string>> table;
  routes->for_each([&](std::string_view filter, const SlotSet& set) {
    set.for_each([&](Slot slot) {
      table[std::string(filter)].insert(slot.value == 0 ? name : std::string(machine->node_of(slot)));
    });
  });
  std::string result;
  for (const auto& [filter, owners] : table) {
    result += filter + " ->";
    for (const std::string& owner : owners) result += " " + owner;
    result += "; ";
  }
  return result;
}

std::string TestNode::running() const {
  std::set<std::string> all = up;
  all.insert(name);
  std::string result;
  for (const std::string& node : all) result += (result.empty() ? "" : ",") + node;
  return result;
}

std::string TestNode::members() const {
  std::string result;
  for (const auto& [node, record] : machine->membership().records()) {
    if (record.is_member()) result += (result.empty() ? "" : ",") + node;
  }
  return result;
}

void TestCluster::drop_link(const std::string& a, const std::string& b, LinkError error) {
  if (links_.erase(key(a, b)) == 0) return;
  std::erase_if(deliveries_, [&](const Delivery& d) { return key(d.from, d.to) == key(a, b); });
  if (nodes_.at(a)->machine) nodes_.at(a)->machine->link_down(b, error, "", now);
  if (nodes_.at(b)->machine) nodes_.at(b)->machine->link_down(a, error, "", now);
}

void TestCluster::cut(const std::string& a, const std::string& b) {
  cuts_.insert(key(a, b));
  drop_link(a, b, LinkError::timed_out);
}

bool TestCluster::step() {
  if (!dials_.empty()) {
    const auto [from, to] = dials_.front();
    dials_.pop_front();
    if (!nodes_.at(from)->machine) return true;
    if (!reachable(from, to)) {
      nodes_.at(from)->machine->link_down(to, LinkError::unreachable, "refused", now);
    } else if (links_.insert(key(from, to)).second) {
      nodes_.at(from)->machine->link_up(to, now);
      nodes_.at(to)->machine->link_up(from, now);
    }
    return true;
  }
  if (deliveries_.empty()) return false;
  const Delivery d = std::move(deliveries_.front());
  deliveries_.pop_front();
  if (!links_.contains(key(d.from, d.to))) return true;
  if (d.hang_up) {
    drop_link(d.from, d.to, LinkError::closed);
  } else if (nodes_.at(d.to)->machine) {
    nodes_.at(d.to)->machine->link_frame(d.from, d.frame, now);
  }
  return true;
}

void TestCluster::settle(Duration time) {
  const TimePoint until = now.mono + time;
  while (now.mono < until) {
    bool again = false;
    do {
      while (step()) {
      }
      again = false;
      for (auto& [name, node] : nodes_) {
        if (node->machine && node->machine->end_of_turn(now)) again = true;
      }
    } while (again || !deliveries_.empty() || !dials_.empty());
    now.mono += Duration(100);
    now.wall += 100;
    for (auto& [name, node] : nodes_) {
      if (node->machine) node->machine->tick(now);
    }
  }
}

std::string TestCluster::join(const std::string& node, const std::string& target) {
  nodes_.at(node)->results.erase(1);
  nodes_.at(node)->machine->join(OperationId(1), target, now);
  settle();
  return nodes_.at(node)->results[1];
}

std::string TestCluster::leave(const std::string& node) {
  nodes_.at(node)->results.erase(2);
  nodes_.at(node)->machine->leave(OperationId(2), now);
  settle();
  return nodes_.at(node)->results[2];
}

std::string TestCluster::force_leave(const std::string& node, const std::string& target) {
  nodes_.at(node)->results.erase(3);
  nodes_.at(node)->machine->force_leave(OperationId(3), target, now);
  settle();
  return nodes_.at(node)->results[3];
}

}  // namespace meshmq::cluster
