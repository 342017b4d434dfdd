#include "node/control.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "base/hash.hpp"
#include "cluster/cluster.hpp"
#include "cluster/discovery.hpp"
#include "node/retained_store.hpp"
#include "node/session_moves.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::node {

namespace {

constexpr Duration query_wait = std::chrono::seconds(3);
constexpr Duration expiry_sweep = std::chrono::seconds(5);
/// Joins that no operator asked for; operators' commands count from 1.
constexpr OperationId discovery_join(UINT64_MAX);

cluster::Settings cluster_settings(const Config& config, std::uint64_t incarnation) {
  return {.self = config.name,
          .incarnation = incarnation,
          .own_slots = config.workers,
          .log_entries_max = config.log_entries_max,
          .redial_min = config.redial_min,
          .redial_max = config.redial_max,
          .join_wait = config.join_wait};
}

}  // namespace

class Control::Impl final : public cluster::ClusterPorts,
                            public cluster::DiscoveryPorts,
                            public SessionMovesPorts {
 public:
  Impl(const Config& config, std::string_view image, std::uint64_t incarnation, cluster::RouteWriter& routes,
       ControlPorts& ports, Logger log, std::uint64_t seed, Now now)
      : config_(config),
        routes_(routes),
        ports_(ports),
        log_(log),
        moves_(*this, config.client_key_seed, log),
        cluster_(cluster_settings(config, incarnation), image, routes, moves_, retained_, *this, log, seed,
                 now),
        discovery_(config.discovery, cluster_.membership(), *this, log, ~seed) {
    moves_.on_kick = [this](const std::string& client_id) {
      to_all_workers(Query{QueryId(), QueryKind::kick, client_id});
    };
  }

  cluster::Cluster& cluster() { return cluster_; }
  const cluster::Cluster& cluster() const { return cluster_; }

  // ---------------------------------------------------------------- cluster::ClusterPorts

  void dial(const std::string& node) override { ports_.dial(node); }
  void hang_up(const std::string& node) override { ports_.hang_up(node); }
  void send(const std::string& node, std::string frame) override { ports_.send(node, std::move(frame)); }
  void message(const std::string& node, std::string bytes) override {
    events_.push_back({node, std::move(bytes)});
  }
  void save(std::string image) override { ports_.save(std::move(image)); }
  void operation_done(OperationId operation, Result<void> result) override {
    if (operation == discovery_join) {
      join_result_ = std::move(result);
      return;
    }
    ports_.operation_done(operation, std::move(result));
  }
  void peer_up(Slot slot, const std::string& node, std::uint64_t incarnation) override {
    to_all_workers(PeerUp{slot, node, incarnation});
  }
  void peer_down(Slot slot) override {
    to_all_workers(PeerDown{slot});
    events_.push_back({std::string(cluster_.node_of(slot)), std::nullopt});
  }
  void peer_gone(Slot slot) override { to_all_workers(PeerGone{slot}); }

  void met(const std::string& node, const cluster::Meeting& meeting) override {
    meetings_.emplace_back(node, meeting);
  }

  // ---------------------------------------------------------------- cluster::DiscoveryPorts: from tick()

  void ask_provider() override { ports_.ask_provider(); }
  void settled() override { ports_.discovery_settled(); }
  void withdraw() override { ports_.discovery_withdraw(); }
  void probe(const std::string& node) override { cluster_.probe(node, tick_); }
  void join(const std::string& node) override { cluster_.join(discovery_join, node, tick_); }
  void stay_out() override { cluster_.stay_out(); }

  void discovered(const Result<cluster::Discovered>& found, Now now) { discovery_.answer(found, now); }
  cluster::DiscoveryStatus discovery() const { return discovery_.status(); }

  // ---------------------------------------------------------------- SessionMovesPorts

  void to_home(std::string_view client_id, ToWorker message) override {
    const std::uint64_t workers = std::max<std::uint16_t>(config_.workers, 1);
    ports_.to_worker(WorkerIndex(static_cast<std::uint16_t>(hash_bytes(client_id) % workers)),
                     std::move(message));
  }
  bool send_to_peer(const std::string& node, std::string bytes) override {
    return cluster_.send_message(node, std::move(bytes));
  }
  std::string_view node_of(Slot slot) const override { return cluster_.node_of(slot); }
  bool running(const std::string& node) const override { return cluster_.running(node); }
  cluster::RowStamp next_stamp(Now now) override { return cluster_.row_stamp(now); }
  void observe(cluster::RowStamp stamp) override { cluster_.observe(stamp); }
  void publish_row(cluster::ClientKey key, cluster::RowStamp stamp) override {
    cluster_.replicator().set_client(key, stamp);
  }
  void withdraw_row(cluster::ClientKey key) override { cluster_.replicator().erase_client(key); }

  /// What the cluster machine had to say to SessionMoves while it was at work.
  void pass_on(Now now) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const PeerEvent event = std::move(events_[i]);
      if (event.message) {
        moves_.message(event.node, *event.message, now);
      } else {
        moves_.peer_down(event.node, now);
      }
    }
    events_.clear();
  }

  // ---------------------------------------------------------------- workers

  void handle(ToControl message, Now now) {
    std::visit([&](auto& m) { handle_one(m, now); }, message);
  }

  bool end_of_turn(Now now) {
    tell_groups();
    const bool again = cluster_.end_of_turn(now);
    // Whoever published a retained message before these routes were committed has told us by now: the lookup
    // sees it.
    for (Subscribe& subscribe : ready_) answer(subscribe, now);
    ready_.clear();
    const std::uint64_t acknowledged = cluster_.replicator().acknowledged_by_all();
    while (!subscribes_.empty()) {
      Subscribe& front = subscribes_.front();
      if (front.entry > acknowledged && front.deadline > now.mono) break;
      ready_.push_back(std::move(front));
      subscribes_.pop_front();
    }
    return again || !ready_.empty();
  }

  void tick(Now now) {
    tick_ = now;
    cluster_.tick(now);
    tick_discovery();
    moves_.tick(now);
    for (auto it = queries_.begin(); it != queries_.end();) {
      const auto current = it++;
      if (current->second.deadline <= now.mono) finish(current);
    }
    if (next_expiry_ <= now.mono) {
      next_expiry_ = now.mono + expiry_sweep;
      retained_.expire(now.wall);
    }
  }

  void query(OperationId operation, QueryKind kind, const std::string& client_id, Now now) {
    if (kind == QueryKind::kick && !moves_.holds(client_id)) {
      if (const std::string node = moves_.holder(client_id); !node.empty()) {
        moves_.kick(node, client_id);
        QueryReply reply;
        reply.done = true;
        return ports_.query_done(operation, {std::move(reply)});
      }
    }
    const QueryId id(++last_query_);
    queries_[id] = {operation, now.mono + query_wait, {}};
    to_all_workers(Query{id, kind, client_id});
  }

  void publish(const mqtt::MessagePtr& message) { ports_.to_worker(WorkerIndex(0), PublishRequest{message}); }

  void shut_down() {
    to_all_workers(ShutDown{});
    cluster_.shut_down();
  }

  // ---------------------------------------------------------------- inspection

  ClusterStatus status() const {
    ClusterStatus result;
    result.running_nodes.push_back(config_.name);
    for (const std::string& node : cluster_.membership().others()) {
      (cluster_.running(node) ? result.running_nodes : result.stopped_nodes).push_back(node);
    }
    std::sort(result.running_nodes.begin(), result.running_nodes.end());
    return result;
  }

  /// Calls visit(filter or group, node) once for every live pair of it, in no order.
  template <class Visit>
  void for_each_route(Visit&& visit) const {
    routes_.for_each([&](std::string_view filter, const cluster::SlotSet& slots) {
      bool own = false;
      slots.for_each([&](Slot slot) {
        if (slot.value < config_.workers && std::exchange(own, true)) return;
        if (const std::string_view node = live_node(slot); !node.empty()) visit(filter, node);
      });
    });
    // All destinations of a group follow each other, own ones together.
    std::string_view own_group;
    routes_.for_each_group([&](std::string_view group, const cluster::GroupSlot& member) {
      if (member.slot.value < config_.workers && std::exchange(own_group, group) == group) return;
      if (const std::string_view node = live_node(member.slot); !node.empty()) visit(group, node);
    });
  }

  std::string_view live_node(Slot slot) const {
    if (slot.value < config_.workers) return config_.name;
    const std::string_view node = cluster_.node_of(slot);
    return cluster_.running(std::string(node)) ? node : std::string_view();
  }

  static std::string_view filter_of(std::string_view key) {
    const auto shared = topic::parse_shared(key);
    return shared ? shared->filter : key;
  }

  std::vector<Route> routes() const {
    std::vector<Route> result;
    for_each_route([&](std::string_view key, std::string_view node) {
      result.push_back({std::string(filter_of(key)), std::string(node)});
    });
    std::sort(result.begin(), result.end(), [](const Route& a, const Route& b) {
      return std::tie(a.filter, a.node) < std::tie(b.filter, b.node);
    });
    // Several groups of a filter on one node, or a group and ordinary subscribers, are one route.
    const auto same = [](const Route& a, const Route& b) { return a.filter == b.filter && a.node == b.node; };
    result.erase(std::unique(result.begin(), result.end(), same), result.end());
    return result;
  }

  std::vector<std::string> trie() const {
    std::set<std::string> filters;
    for_each_route([&](std::string_view key, std::string_view) {
      if (topic::has_wildcard(filter_of(key))) filters.emplace(filter_of(key));
    });
    return {filters.begin(), filters.end()};
  }

  ControlStats stats() const {
    ControlStats result;
    std::size_t last_size = 0;
    std::string_view last;
    for_each_route([&](std::string_view filter, std::string_view) {
      ++result.routes;
      if (last_size == 0 || filter != last) ++result.topics;
      last = filter;
      last_size = 1;
    });
    result.retained = retained_.size();
    result.replicated_bytes_sent = cluster_.replicator().bytes_sent();
    result.replicated_bytes_received = cluster_.bytes_received();
    return result;
  }

  std::uint64_t digest() const {
    std::uint64_t result = 0;
    const auto add = [&](std::string_view key, std::string_view node, std::uint64_t value) {
      result ^= hash_mix(hash_mix(hash_bytes(key), hash_bytes(node)), value);
    };
    for_each_route([&](std::string_view key, std::string_view node) { add(key, node, 0); });
    std::map<std::pair<std::string_view, std::string_view>, topic::GroupWeight> weights;
    routes_.for_each_group([&](std::string_view group, const cluster::GroupSlot& member) {
      topic::GroupWeight& sum = weights[{group, live_node(member.slot)}];
      sum.online += member.weight.online;
      sum.total += member.weight.total;
    });
    for (const auto& [key, sum] : weights) {
      add(key.first, key.second, std::uint64_t{sum.online} << 32 | sum.total);
    }
    return result;
  }

  /// Deletes cluster-wide.
  std::size_t clean_retained(std::string_view filter, Now now) {
    const auto found = retained_.match(filter, now.wall);
    for (const mqtt::MessagePtr& message : found) {
      retain(mqtt::Message::make({.topic = message->topic(), .retain = true}), now);
    }
    return found.size();
  }
  const RetainedStore& retained() const { return retained_; }

 private:
  void tick_discovery() {
    for (const auto& [node, meeting] : std::exchange(meetings_, {})) discovery_.met(node, meeting, tick_);
    if (const auto result = std::exchange(join_result_, std::nullopt)) discovery_.joined(*result, tick_);
    discovery_.tick(tick_);
  }

  /// A SUBSCRIBE whose SUBACK waits until every live peer has its routes.
  struct Subscribe {
    SubscribeRequest request;
    std::uint64_t entry = 0;
    TimePoint deadline;
  };
  struct PeerEvent {
    std::string node;
    std::optional<std::string> message;  ///< absent: the peer is down
  };
  struct RunningQuery {
    OperationId operation;
    TimePoint deadline;
    std::vector<QueryReply> replies;
  };

  void to_all_workers(const ToWorker& message) {
    for (std::uint16_t i = 0; i < config_.workers; ++i) ports_.to_worker(WorkerIndex(i), message);
  }

  bool ours(std::string_view filter) const {
    bool result = false;
    routes_.slots_of(filter).for_each([&](Slot slot) { result = result || slot.value < config_.workers; });
    return result;
  }

  void handle_one(SubscribeRequest& m, Now now) {
    for (const broker::SubscribeFilter& filter : m.filters) {
      if (!filter.add_route) continue;
      const bool first = !ours(filter.filter);
      if (!routes_.add(filter.filter, Slot(m.worker.value))) continue;
      if (first) {
        cluster_.replicator().append_route(filter.filter, true);
      } else {
        cluster_.replicator().note_local_change();
      }
    }
    // Another worker's SUBSCRIBE of the same filter may still be on its way to the peers: wait for everything
    // so far.
    subscribes_.push_back({std::move(m), cluster_.replicator().last(), now.mono + config_.suback_wait});
  }

  void handle_one(UnrouteRequest& m, Now) {
    if (!routes_.remove(m.filter, Slot(m.worker.value))) return;
    if (ours(m.filter)) {
      cluster_.replicator().note_local_change();
    } else {
      cluster_.replicator().append_route(m.filter, false);
    }
  }

  void handle_one(GroupRequest& m, Now) {
    const topic::GroupWeight before = own_weight(m.group);
    const std::uint64_t rank = hash_bytes(config_.name);
    if (!routes_.set_group(m.group, {Slot(m.worker.value), m.weight, rank})) return;
    cluster_.replicator().note_local_change();
    // Those who come and go within a turn are told of once, but the first and the last at once: a SUBACK
    // waits for the row.
    const topic::GroupWeight now = own_weight(m.group);
    const auto known = told_groups_.try_emplace(m.group, before).first;
    if ((known->second.total == 0) != (now.total == 0)) {
      cluster_.replicator().append_group(m.group, known->second, now);
      told_groups_.erase(known);
    }
  }

  topic::GroupWeight own_weight(std::string_view group) const {
    topic::GroupWeight sum;
    for (std::uint16_t i = 0; i < config_.workers; ++i) {
      const topic::GroupWeight weight = routes_.group_weight(group, Slot(i));
      sum.online += weight.online;
      sum.total += weight.total;
    }
    return sum;
  }

  void tell_groups() {
    for (const auto& [group, before] : told_groups_) {
      const topic::GroupWeight now = own_weight(group);
      if (now != before) cluster_.replicator().append_group(group, before, now);
    }
    told_groups_.clear();
  }

  void handle_one(RetainRequest& m, Now now) {
    const bool fresh = retained_.find(m.message->topic()) == nullptr;
    if (m.message->payload().size() > config_.retained_payload_bytes_max) {
      log_.warning("Retained message on '{}' not stored: {} bytes, retainer.max_payload_size is {}",
                   m.message->topic(), m.message->payload().size(), config_.retained_payload_bytes_max);
      return;
    }
    if (fresh && !m.message->payload().empty() && config_.retained_max != 0 &&
        retained_.size() >= config_.retained_max) {
      log_.warning("Retained message on '{}' not stored: there are {}, retainer.max_retained_messages is {}",
                   m.message->topic(), retained_.size(), config_.retained_max);
      return;
    }
    retain(m.message, now);
  }

  void retain(const mqtt::MessagePtr& message, Now now) {
    const cluster::RowStamp stamp = cluster_.row_stamp(now);
    if (!retained_.store(message, stamp)) return;
    std::string value;
    if (!message->payload().empty()) message->encode(value);
    cluster_.replicator().append_shared(message->topic(), stamp, value);
  }

  template <class Moving>
  void handle_one(Moving& m, Now now) {
    moves_.handle(m, now);
  }

  void handle_one(QueryReply& m, Now) {
    const auto it = queries_.find(m.query);
    if (it == queries_.end()) return;
    it->second.replies.push_back(std::move(m));
    if (it->second.replies.size() == config_.workers) finish(it);
  }

  void finish(std::map<QueryId, RunningQuery>::iterator it) {
    RunningQuery query = std::move(it->second);
    queries_.erase(it);
    std::sort(query.replies.begin(), query.replies.end(),
              [](const QueryReply& a, const QueryReply& b) { return a.worker < b.worker; });
    ports_.query_done(query.operation, std::move(query.replies));
  }

  void answer(Subscribe& subscribe, Now now) {
    SubscribeDone done{subscribe.request.token, {}};
    for (const broker::SubscribeFilter& filter : subscribe.request.filters) {
      done.retained.push_back(filter.retained ? retained_.match(filter.filter, now.wall)
                                              : std::vector<mqtt::MessagePtr>());
    }
    ports_.to_worker(subscribe.request.worker, std::move(done));
  }

  Config config_;
  cluster::RouteWriter& routes_;
  ControlPorts& ports_;
  Logger log_;
  RetainedStore retained_;
  SessionMoves moves_;
  std::vector<PeerEvent> events_;
  cluster::Cluster cluster_;
  cluster::Discovery discovery_;
  /// What discovery is told at the next tick.
  std::vector<std::pair<std::string, cluster::Meeting>> meetings_;
  std::optional<Result<void>> join_result_;
  Now tick_{};  ///< the tick that runs
  /// What the peers were told of groups that have changed in this turn.
  std::map<std::string, topic::GroupWeight, std::less<>> told_groups_;
  std::deque<Subscribe> subscribes_;  ///< ordered by entry and by deadline
  std::vector<Subscribe> ready_;
  std::map<QueryId, RunningQuery> queries_;
  std::uint64_t last_query_ = 0;
  TimePoint next_expiry_{};
};

Control::Control(const Config& config, std::string_view image, std::uint64_t incarnation,
                 cluster::RouteWriter& routes, ControlPorts& ports, Logger log, std::uint64_t seed, Now now)
    : impl_(std::make_unique<Impl>(config, image, incarnation, routes, ports, log, seed, now)) {}
Control::~Control() = default;

void Control::handle(ToControl message, Now now) {
  impl_->handle(std::move(message), now);
  impl_->pass_on(now);
}
void Control::link_up(const std::string& node, Now now) {
  impl_->cluster().link_up(node, now);
  impl_->pass_on(now);
}
void Control::link_frame(const std::string& node, std::string_view frame, Now now) {
  impl_->cluster().link_frame(node, frame, now);
  impl_->pass_on(now);
}
void Control::link_down(const std::string& node, LinkError error, std::string_view detail, Now now) {
  impl_->cluster().link_down(node, error, detail, now);
  impl_->pass_on(now);
}
void Control::tick(Now now) {
  impl_->tick(now);
  impl_->pass_on(now);
}
bool Control::end_of_turn(Now now) {
  return impl_->end_of_turn(now);
}
void Control::join(OperationId operation, const std::string& node, Now now) {
  impl_->cluster().join(operation, node, now);
  impl_->pass_on(now);
}
void Control::leave(OperationId operation, Now now) {
  impl_->cluster().leave(operation, now);
  impl_->pass_on(now);
}
void Control::force_leave(OperationId operation, const std::string& node, Now now) {
  impl_->cluster().force_leave(operation, node, now);
  impl_->pass_on(now);
}
void Control::query(OperationId operation, QueryKind kind, std::string client_id, Now now) {
  impl_->query(operation, kind, client_id, now);
}
void Control::publish(const mqtt::MessagePtr& message, Now) {
  impl_->publish(message);
}
void Control::discovered(const Result<cluster::Discovered>& found, Now now) {
  impl_->discovered(found, now);
}
void Control::shut_down(Now) {
  impl_->shut_down();
}
ClusterStatus Control::status() const {
  return impl_->status();
}
cluster::DiscoveryStatus Control::discovery() const {
  return impl_->discovery();
}
std::vector<Route> Control::routes() const {
  return impl_->routes();
}
std::vector<std::string> Control::trie() const {
  return impl_->trie();
}
std::vector<mqtt::MessagePtr> Control::retained(std::string_view filter) const {
  return impl_->retained().match(filter, 0);
}
std::size_t Control::clean_retained(std::string_view filter, Now now) {
  return impl_->clean_retained(filter, now);
}
ControlStats Control::stats() const {
  return impl_->stats();
}
std::uint64_t Control::digest() const {
  return impl_->digest();
}

}  // namespace meshmq::node
