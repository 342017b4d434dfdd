#pragma once
// Several Cluster machines on a table: links that obey, time that stands still. For tests only.

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/client_rows.hpp"
#include "cluster/cluster.hpp"
#include "cluster/route_table.hpp"

namespace meshmq::cluster {

class TestCluster;

/// A shared table of strings.
class TestRows final : public SharedRows {
 public:
  bool apply(std::string_view key, RowStamp stamp, std::string_view value) override {
    auto& row = rows[std::string(key)];
    if (stamp <= row.first) return false;
    if (row.first != RowStamp()) sums[bucket_of(key)] ^= row_digest(key, row.first);
    sums[bucket_of(key)] ^= row_digest(key, stamp);
    row = {stamp, std::string(value)};
    return true;
  }
  const BucketDigests& digests() const override { return sums; }
  void for_each(
      const BucketSet& buckets,
      const std::function<void(std::string_view, RowStamp, std::string_view)>& visit) const override {
    for (const auto& [key, row] : rows) {
      if (buckets[bucket_of(key)]) visit(key, row.first, row.second);
    }
  }
  void expire(WallMillis, const Forgotten&) override {}
  std::map<std::string, std::pair<RowStamp, std::string>> rows;
  BucketDigests sums{};
};

/// Client rows in a map.
class TestClients final : public ClientRows {
 public:
  std::optional<ClientRow> set(ClientKey key, Slot slot, const ClientRow& row) override {
    const auto earlier = erase(key, slot);
    rows[{slot, key}] = row;
    return earlier;
  }
  std::optional<ClientRow> erase(ClientKey key, Slot slot) override {
    const auto it = rows.find({slot, key});
    if (it == rows.end()) return std::nullopt;
    const ClientRow row = it->second;
    rows.erase(it);
    return row;
  }
  void for_each(Slot slot, const Visit& visit) const override {
    for (const auto& [key, row] : rows) {
      if (key.first == slot) visit(key.second, row);
    }
  }
  void for_each_row(const std::function<void(ClientKey, Slot, const ClientRow&)>& visit) const override {
    for (const auto& [key, row] : rows) visit(key.second, key.first, row);
  }
  std::map<std::pair<Slot, ClientKey>, ClientRow> rows;
};

/// One node: its machine, its table, its durable image, and what it was told to do.
class TestNode final : public ClusterPorts {
 public:
  TestNode(TestCluster& test_world, std::string node_name) : world(test_world), name(std::move(node_name)) {}

  void start();
  /// Power off: the image stays, peers notice at once.
  void crash();

  void dial(const std::string& node) override;
  void hang_up(const std::string& node) override;
  void send(const std::string& node, std::string frame) override;
  void save(std::string new_image) override { image = std::move(new_image); }
  void operation_done(OperationId operation, Result<void> result) override {
    results[operation.value] = result ? "ok" : result.error().message;
  }
  void peer_up(Slot slot, const std::string& node, std::uint64_t) override {
    up.insert(node);
    slots[node] = slot;
    if (writes_when_up) write("up", node);
  }
  void peer_down(Slot slot) override { up.erase(std::string(machine->node_of(slot))); }
  void message(const std::string& node, std::string bytes) override {
    messages += node + ": " + bytes + "; ";
  }
  /// "node:key node:key" of all client rows, sorted.
  std::string client_rows() const;
  void partition_alarm(const std::string& text) override { alarm = text; }
  void verified(OperationId, const VerifyReport& found) override { report = found; }
  void peer_gone(Slot slot) override { gone.insert(std::string(machine->node_of(slot))); }

  void subscribe(const std::string& filter) {
    if (routes->add(filter, Slot(0))) machine->replicator().append_route(filter, true);
  }
  void write(const std::string& key, const std::string& value);
  /// "key=value key=value"
  std::string shared() const;
  /// Members of a shared group, all on worker 0.
  void share(const std::string& group, topic::GroupWeight weight) {
    const topic::GroupWeight before = routes->group_weight(group, Slot(0));
    routes->set_group(group, {Slot(0), weight, 0});
    machine->replicator().append_group(group, before, weight);
  }
  void unsubscribe(const std::string& filter) {
    if (routes->remove(filter, Slot(0))) machine->replicator().append_route(filter, false);
  }
  /// "filter -> node,node; ..." of all rows, live or not.
  std::string table() const;
  /// Running members, comma separated.
  std::string running() const;
  std::string members() const;

  TestCluster& world;
  std::string name;
  std::string image;
  std::unique_ptr<RouteTable> routes;
  std::unique_ptr<TestRows> rows;
  std::unique_ptr<TestClients> clients;
  std::unique_ptr<Cluster> machine;
  std::map<std::uint64_t, std::string> results;
  std::set<std::string> up;
  std::set<std::string> gone;
  std::map<std::string, Slot> slots;
  std::string messages;
  std::uint64_t incarnation = 0;
  std::string alarm;
  VerifyReport report;
  // Settings of the next start.
  Duration autoclean{0};
  bool autoheal = true;
  std::uint16_t wire_version_max = wire::version_max;
  bool writes_when_up = false;  ///< a shared row, the moment it meets a peer
};

class TestCluster {
 public:
  TestNode& add(const std::string& name) {
    nodes_[name] = std::make_unique<TestNode>(*this, name);
    nodes_[name]->start();
    return *nodes_[name];
  }
  TestNode& operator[](const std::string& name) { return *nodes_.at(name); }

  /// Delivers everything that is under way, letting time pass in small steps.
  void settle(Duration time = std::chrono::seconds(12));
  void cut(const std::string& a, const std::string& b);
  void mend(const std::string& a, const std::string& b) { cuts_.erase(key(a, b)); }
  /// Joins and settles; returns what the operator read.
  std::string join(const std::string& node, const std::string& target);
  std::string leave(const std::string& node);
  std::string force_leave(const std::string& node, const std::string& target);

  Now now{TimePoint(Duration(1'000'000)), 1'700'000'000'000};
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;

 private:
  friend class TestNode;
  using Key = std::pair<std::string, std::string>;
  struct Delivery {
    std::string from, to, frame;
    bool hang_up = false;
  };
  static Key key(const std::string& a, const std::string& b) { return a < b ? Key(a, b) : Key(b, a); }
  bool reachable(const std::string& a, const std::string& b) {
    return nodes_.contains(b) && nodes_.at(b)->machine && nodes_.at(a)->machine && !cuts_.contains(key(a, b));
  }
  void drop_link(const std::string& a, const std::string& b, LinkError error);
  bool step();

  std::map<std::string, std::unique_ptr<TestNode>> nodes_;
  std::set<Key> cuts_;
  std::set<Key> links_;
  std::deque<Key> dials_;
  std::deque<Delivery> deliveries_;
};

}  // namespace meshmq::cluster
