#include "node/control.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>
#include <variant>

#include "base/hash.hpp"
#include "cluster/cluster.hpp"
#include "node/admissions.hpp"
#include "node/cluster_settings.hpp"
#include "node/connack_gate.hpp"
#include "node/discovery_driver.hpp"
#include "node/durable_tables.hpp"
#include "node/farewell.hpp"
#include "node/fences.hpp"
#include "node/peer_calls.hpp"
#include "node/peer_event.hpp"
#include "node/publish_waits.hpp"
#include "node/retained_store.hpp"
#include "node/retainer.hpp"
#include "node/session_keeper.hpp"
#include "node/session_moves.hpp"
#include "node/shared_tables.hpp"
#include "node/shared_writer.hpp"
#include "node/subscribes.hpp"
#include "node/wills.hpp"
#include "node/worker_queries.hpp"

namespace meshmq::node {

namespace {

constexpr Duration expiry_sweep = std::chrono::seconds(5);
/// After a start the other members are met by then, and have said which sessions went on without this node.
constexpr Duration meeting_time = std::chrono::seconds(10);

}  // namespace

class Control::Impl final : public cluster::ClusterPorts, public SessionMovesPorts {
 public:
  Impl(const Config& config, std::string_view image, std::uint64_t incarnation, cluster::RouteWriter& routes,
       ControlPorts& ports, Logger log, std::uint64_t seed, Now now)
      : config_(config),
        ports_(ports),
        log_(log),
        retained_(config.retained_lifetime),
        moves_(*this, config.client_key_seed, log),
        cluster_(cluster_settings(config, incarnation), image, routes, moves_, tables_, *this, log, seed,
                 now),
        discovery_(config, ports, cluster_, log, ~seed),
        subscribes_(config_, routes, cluster_, moves_, retained_,
                    [this](WorkerIndex worker, ToWorker m) { ports_.to_worker(worker, std::move(m)); }),
        listing_(config_, routes, cluster_),
        queries_(config_, ports),
        calls_(ports, [this](const std::string& node,
                             std::string bytes) { return cluster_.send_message(node, std::move(bytes)); }),
        store_(ports, log),
        durable_(tables_, store_, config.retained_durable),
        writer_(cluster_, durable_),
        retainer_(config_, retained_, writer_, log),
        delayed_(
            config_,
            [this](std::string_view key, std::string_view value, Now at) {
              writer_.write(SharedTable::delayed, delayed_.rows(), key, value, at);
            },
            log, now),
        settings_(tables_, writer_),
        access_(config_, tables_, writer_, ports, hash_mix(seed, 3)),
        admissions_(config_, access_.tables(), ports, hash_mix(seed, 2)),
        alarms_(config.name, config.alarms, log,
                [this](const mqtt::MessagePtr& message, Now at) { publish_system(message, at); }),
        watches_(config_.watches, tables_, writer_),
        wills_(
            config_, incarnation, cluster_, moves_, [this](const mqtt::MessagePtr& will) { publish(will); },
            log),
        evacuation_(config_, ports, cluster_, moves_, log),
        keeper_(*this, moves_, store_),
        farewell_(config_, ports, cluster_, moves_, keeper_, store_, log),
        waits_(ports),
        fences_(config_, ports, cluster_) {
    tables_.add(SharedTable::retained, retained_);
    tables_.add(SharedTable::delayed, delayed_.rows());
    tables_.on_row = [this](std::string_view key, cluster::RowStamp stamp, std::string_view value) {
      cluster_.observe(stamp);
      durable_.save(key, stamp, value);
    };
    tell_members();
    moves_.on_change = [this](std::string_view client_id) { keeper_.changed(client_id); };
    fences_.on_passed = [this](std::uint64_t round) { moves_.fence_passed(round); };
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
    events_.push_back({node, PeerMessage{std::move(bytes)}});
  }
  void save(std::string image) override { ports_.save(std::move(image)); }
  void operation_done(OperationId operation, Result<void> result) override {
    if (operation == DiscoveryDriver::operation) return discovery_.joined(std::move(result));
    ports_.operation_done(operation, std::move(result));
  }
  void peer_up(Slot slot, const std::string& node, std::uint64_t incarnation) override {
    subscribes_.peer_up(slot);
    to_all_workers(PeerUp{slot, node, incarnation});
    events_.push_back({node, PeerCame{slot, incarnation}});
  }
  void peer_down(Slot slot) override {
    subscribes_.peer_down(slot);
    to_all_workers(PeerDown{slot});
    std::string node(cluster_.node_of(slot));
    const bool lost = cluster_.membership().is_member(node) && !cluster_.said_goodbye(node);
    events_.push_back({std::move(node), PeerWent{slot, lost}});
  }
  void peer_gone(Slot slot) override {
    subscribes_.peer_down(slot);
    to_all_workers(PeerGone{slot});
    events_.push_back({std::string(cluster_.node_of(slot)), PeerForgotten{}});
  }

  void verified(OperationId operation, const cluster::VerifyReport& report) override {
    ports_.verified(operation, report);
  }
  void partition_alarm(const std::string& text) override {
    split_ = text;
    ports_.partition_alarm(text);
  }
  std::uint64_t merged_sessions() const override { return moves_.taken_in(); }

  void met(const std::string& node, const cluster::Meeting& meeting) override {
    discovery_.met(node, meeting);
  }

  DiscoveryDriver& discovery() { return discovery_; }

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
  bool everybody_runs() const override { return cluster_.everybody_runs(); }
  cluster::RowStamp next_stamp(Now now) override { return cluster_.row_stamp(now); }
  void observe(cluster::RowStamp stamp) override { cluster_.observe(stamp); }
  void publish_row(cluster::ClientKey key, const cluster::ClientRow& row) override {
    cluster_.replicator().set_client(key, row);
  }
  void withdraw_row(cluster::ClientKey key) override { cluster_.replicator().erase_client(key); }
  bool connack_waits(cluster::ClientKey key) const override { return connack_gate_.waits(key); }
  void wait_anew(cluster::ClientKey key, Now now) override { connack_gate_.wait_anew(key, now); }

  std::uint64_t ask_for_fence() override { return fences_.ask(); }

  /// What the cluster machine had to say to the others while it was at work.
  void pass_on(Now now) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const PeerEvent event = std::move(events_[i]);
      std::visit([&](const auto& what) { pass_on(event.node, what, now); }, event.what);
    }
    events_.clear();
    if (const auto split = std::exchange(split_, std::nullopt)) alarms_.set("partition", *split, now);
  }

  // ---------------------------------------------------------------- disk

  void load(StoreArea area, std::string_view key, std::string_view value) {
    const auto loaded = area == StoreArea::rows ? load_row(key, value) : load_session(key, value);
    if (!loaded && unreadable_++ == 0) log_.error("{}", loaded.error().message);
  }
  void loaded(bool complete, Now now) {
    if (unreadable_ > 0) log_.error("{} rows on disk are of no use", unreadable_);
    if (!complete) durable_.save_all();
    durable_.expire(now.wall);
    if (keeper_.size() == 0) return;
    log_.info("{} sessions come back from disk", keeper_.size());
    for (std::uint16_t i = 0; i < config_.workers; ++i) restoring_.insert(i);
    to_all_workers(RestoreEnd{});
  }
  bool ready() const { return restoring_.empty() && !routes_due_; }
  void stored(StoreOutcome outcome, Now now) {
    store_.stored(std::move(outcome), now);
    waits_.durable(store_.durable());
  }

  // ---------------------------------------------------------------- workers

  void handle(ToControl message, Now now) {
    std::visit([&](auto& m) { handle_one(m, now); }, message);
  }

  bool end_of_turn(Now now) {
    if (farewell_.begun()) farewell_.advance(now);
    tell_members();
    access_.end_of_turn();
    if (settings_.any_changed()) ports_.settings_changed();
    tell_watches(now);
    subscribes_.before_end_of_turn();
    moves_.end_of_turn();
    fences_.end_of_turn(now);
    const bool again = cluster_.end_of_turn(now);
    routes_due_ = false;
    subscribes_.answer_ready(now);
    store_.end_of_turn(now);
    waits_.acknowledged(cluster_.replicator().acknowledged_by_all(), now);
    operator_writes_.end_of_turn(now);
    connack_gate_.end_of_turn(now);
    return subscribes_.end_of_turn(cluster_.replicator().acknowledged_by_all(), now) || again;
  }

  void link_down(const std::string& node, LinkError error, std::string_view detail, Now now) {
    cluster_.link_down(node, error, detail, now);
    pass_on(now);
    wills_.dead().link_down(node, error);
  }

  void tick(Now now) {
    cluster_.tick(now);
    wills_.dead().tick(now);
    evacuation_.tick(now);
    discovery_.tick(now);
    moves_.tick(now);
    queries_.tick(now);
    subscribes_.tick(now);
    calls_.tick(now);
    admissions_.tick(now);
    if (delayed_.any_due(now)) publish_delayed(now);
    if (next_expiry_ <= now.mono) {
      next_expiry_ = now.mono + expiry_sweep;
      durable_.expire(now.wall);
      alarms_.tick(now);
    }
  }

  void query(OperationId operation, Query query, Now now) {
    const bool is_here = moves_.holds(query.client_id) && !moves_.is_leaving(query.client_id);
    if (query.kind == QueryKind::kick && !is_here) {
      if (const std::string node = moves_.holder(query.client_id); !node.empty()) {
        moves_.kick(node, query.client_id);
        QueryReply reply;
        reply.done = true;
        return ports_.query_done(operation, {std::move(reply)});
      }
    }
    queries_.ask(operation, std::move(query), now);
  }

  void publish(const mqtt::MessagePtr& message) { ports_.to_worker(WorkerIndex(0), PublishRequest{message}); }
  void publish_system(const mqtt::MessagePtr& message, Now now) {
    if (message->retain()) {
      const mqtt::MessagePtr stored = retained_.find(message->topic());
      if (!stored || stored->payload() != message->payload()) retainer_.retain(message, now);
    }
    ports_.to_worker(WorkerIndex(0), PublishRequest{message, true});
  }

  void shut_down(Now now) { farewell_.begin(now); }
  void reconfigure(const Config& config) {
    config_ = config;
    cluster_.reconfigure(cluster_settings(config_, 0));
    alarms_.reconfigure(config_.alarms);
    to_all_workers(ConfigChanged{std::make_shared<const Config>(config_)});
  }
  bool stopped() const { return farewell_.over(); }

  // ---------------------------------------------------------------- inspection

  ClusterStatus status() const { return cluster_status(config_.name, cluster_); }
  PeerCalls& calls() { return calls_; }
  const RouteListing& listing() const { return listing_; }

  ControlStats stats() const {
    const RouteCounts counts = listing_.counts();
    return {.routes = counts.routes,
            .topics = counts.topics,
            .retained = retained_.size(),
            .delayed = delayed_.size(),
            .store_waiting = store_.waiting(),
            .store_failing = store_.failing(),
            .replicated_bytes_sent = cluster_.replicator().bytes_sent(),
            .replicated_bytes_received = cluster_.bytes_received()};
  }

  SharedSettings& settings() { return settings_; }
  OperatorWrites& operator_writes() { return operator_writes_; }
  AccessAdmin& access() { return access_; }
  Evacuation& evacuation() { return evacuation_; }
  Admissions& admissions() { return admissions_; }
  Retainer& retainer() { return retainer_; }
  Delayed& delayed() { return delayed_; }
  Alarms& alarms() { return alarms_; }
  Watches& watches() { return watches_; }
  const Histogram& route_lag() const { return subscribes_.lag(); }
  const RetainedStore& retained() const { return retained_; }

 private:
  Result<void> load_row(std::string_view key, std::string_view value) {
    const auto stamp = durable_.load(key, value);
    if (!stamp) return tl::unexpected<Error>(stamp.error());
    cluster_.observe(*stamp);
    return {};
  }
  Result<void> load_session(std::string_view client_id, std::string_view record) {
    return keeper_.load(client_id, record, cluster_.membership().alone() ? Duration(0) : meeting_time);
  }

  void pass_on(const std::string& node, const PeerMessage& m, Now now) {
    if (PeerCalls::is_call(m.bytes)) {
      calls_.message(node, m.bytes);
    } else if (DeadWills::is_about_wills(m.bytes)) {
      wills_.dead().message(node, m.bytes);
    } else if (Evacuation::is_about_load(m.bytes)) {
      evacuation_.message(node, m.bytes, now);
    } else if (Fences::is_about_fences(m.bytes)) {
      fences_.message(node, m.bytes);
    } else {
      moves_.message(node, m.bytes, now);
    }
  }
  void pass_on(const std::string& node, const PeerCame& m, Now now) {
    wills_.dead().peer_up(m.slot, node, m.incarnation, now);
  }
  void pass_on(const std::string& node, const PeerWent& m, Now now) {
    moves_.peer_down(node, now);
    calls_.peer_down(node);
    fences_.peer_down(node);
    m.lost ? wills_.dead().peer_lost(m.slot, node, now) : wills_.dead().peer_left(node);
  }
  void pass_on(const std::string& node, const PeerForgotten&, Now now) { wills_.dead().peer_gone(node, now); }
  void publish_delayed(Now now) {
    delayed_.tick(
        status().running_nodes, cluster_.membership().alone(),
        [this](const mqtt::MessagePtr& message) { publish(message); }, now);
  }
  void tell_watches(Now now) {
    if (!watches_.changed(now)) return;
    to_all_workers(WatchesChanged{watches_.running(now), watches_.topics()});
    ports_.traces_changed(watches_.names());
  }
  void tell_members() {
    const MembersChanged now{cluster_.membership().alone(), cluster_.everybody_runs()};
    if (now != std::exchange(told_members_, now)) to_all_workers(now);
  }

  void to_all_workers(const ToWorker& message) {
    for (std::uint16_t i = 0; i < config_.workers; ++i) ports_.to_worker(WorkerIndex(i), message);
  }

  template <class Subscribing>
  requires requires(Subscribes& s, Subscribing& m, Now now) { s.handle(m, now); }
  void handle_one(Subscribing& m, Now now) { subscribes_.handle(m, now); }
  void handle_one(DelayRequest& m, Now now) {
    const bool kept = delayed_.add(m.message, m.due, now);
    if (m.token == 0) return;
    if (!kept) return ports_.to_worker(m.worker, DelayDone{m.token, false});
    const Duration wait = config_.forward_ack ? config_.forward_ack_wait : Duration(0);
    waits_.wait_for_peers(m.worker, m.token, cluster_.replicator().last(), now.mono + wait);
  }
  void handle_one(RetainRequest& m, Now now) {
    const std::uint64_t change = retainer_.retain(m.message, now);
    if (m.token == 0) return;
    if (change == 0) return ports_.to_worker(m.worker, Retained{m.token});
    waits_.wait_for_disk(m.worker, m.token, change);
  }
  void handle_one(AdmitRequest& m, Now now) { admissions_.handle(m, now); }
  void handle_one(AdmitMore& m, Now) { admissions_.handle(m); }
  void handle_one(AdmitNoMore& m, Now) { admissions_.handle(m); }
  void handle_one(ClientFlapping& m, Now now) { access_.handle(m, log_, now); }
  void handle_one(SentAway& m, Now) { evacuation_.handle(m); }
  void handle_one(ClientsGone& m, Now) { farewell_.handle(m); }
  void handle_one(SessionsRested& m, Now) { farewell_.handle(m); }
  void handle_one(SessionsRestored& m, Now) {
    restoring_.erase(m.worker.value);
    routes_due_ = true;
  }
  void handle_one(FencePassed& m, Now) { fences_.handle(m); }
  void handle_one(WillLeft& m, Now) { wills_.handle(m); }
  void handle_one(WillDropped& m, Now) { wills_.handle(m); }
  void handle_one(QueryReply& m, Now) { queries_.handle(std::move(m)); }
  void handle_one(SessionHeld& m, Now now) {
    moves_.handle(m, now);
    if (m.waits) connack_gate_.wait({m.worker, m.token, moves_.key_of(m.client_id)}, now);
  }
  template <class Moving>
  void handle_one(Moving& m, Now now) {
    moves_.handle(m, now);
  }

  Config config_;
  ControlPorts& ports_;
  Logger log_;
  RetainedStore retained_;
  SharedTables tables_;
  SessionMoves moves_;
  std::vector<PeerEvent> events_;
  std::optional<std::string> split_;  ///< what the cluster machine has to say of it
  cluster::Cluster cluster_;
  DiscoveryDriver discovery_;
  Subscribes subscribes_;
  RouteListing listing_;
  WorkerQueries queries_;
  PeerCalls calls_;
  StoreWriter store_;
  DurableTables durable_;
  SharedWriter writer_;
  Retainer retainer_;
  Delayed delayed_;
  SharedSettings settings_;
  AccessAdmin access_;
  Admissions admissions_;
  Alarms alarms_;
  Watches watches_;
  Wills wills_;
  Evacuation evacuation_;
  SessionKeeper keeper_;
  Farewell farewell_;
  PublishWaits waits_;
  Fences fences_;
  OperatorWrites operator_writes_{config_, writer_, cluster_.replicator(), ports_};
  ConnackGate connack_gate_{config_, cluster_.replicator(), ports_};
  std::size_t unreadable_ = 0;         ///< rows on disk
  std::set<std::uint16_t> restoring_;  ///< workers that do not have all sessions yet
  bool routes_due_ = false;            ///< those of restored sessions are not committed yet
  TimePoint next_expiry_{};
  MembersChanged told_members_;  ///< what the workers know
};

Control::Control(const Config& config, std::string_view image, std::uint64_t incarnation,
                 cluster::RouteWriter& routes, ControlPorts& ports, Logger log, std::uint64_t seed, Now now)
    : impl_(std::make_unique<Impl>(config, image, incarnation, routes, ports, log, seed, now)) {}
Control::~Control() = default;

void Control::load(StoreArea area, std::string_view key, std::string_view value) {
  impl_->load(area, key, value);
}
void Control::loaded(bool complete, Now now) {
  impl_->loaded(complete, now);
}
void Control::stored(StoreOutcome outcome, Now now) {
  impl_->stored(std::move(outcome), now);
}
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
  impl_->link_down(node, error, detail, now);
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
std::vector<std::string> Control::heal(Now now) {
  auto nodes = impl_->cluster().heal(now);
  impl_->pass_on(now);
  return nodes;
}
void Control::ask_peer(OperationId operation, const std::string& node, std::string_view question, Now now) {
  impl_->calls().ask(operation, node, question, now);
}
void Control::answer_peer(const PeerCall& call, std::string_view answer) {
  impl_->calls().answer(call, answer);
}
void Control::verify(OperationId operation, Now now) {
  impl_->cluster().verify(operation, now);
  impl_->pass_on(now);
}
const std::deque<cluster::HealRecord>& Control::heal_log() const {
  return impl_->cluster().heal_log();
}
void Control::query(OperationId operation, Query query, Now now) {
  impl_->query(operation, std::move(query), now);
}
void Control::publish(const mqtt::MessagePtr& message, Now) {
  impl_->publish(message);
}
void Control::publish_system(const mqtt::MessagePtr& message, Now now) {
  impl_->publish_system(message, now);
}
void Control::discovered(const Result<cluster::Discovered>& found, Now now) {
  impl_->discovery().answer(found, now);
}
void Control::shut_down(Now now) {
  impl_->shut_down(now);
}
bool Control::stopped() const {
  return impl_->stopped();
}
bool Control::ready() const {
  return impl_->ready();
}
std::vector<DelayedMessage> Control::delayed() const {
  return impl_->delayed().list();
}
bool Control::erase_delayed(std::string_view id, Now now) {
  return impl_->delayed().erase(id, now);
}
void Control::password_checked(PasswordCheckId id, bool fits) {
  impl_->admissions().password_checked(id, fits);
}
void Control::reconfigure(const Config& config) {
  impl_->reconfigure(config);
}
SharedSettings& Control::shared_settings() {
  return impl_->settings();
}
OperatorWrites& Control::operator_writes() {
  return impl_->operator_writes();
}
AccessAdmin& Control::access() {
  return impl_->access();
}
Evacuation& Control::evacuation() {
  return impl_->evacuation();
}
Alarms& Control::alarms() {
  return impl_->alarms();
}
Watches& Control::watches() {
  return impl_->watches();
}
const Histogram& Control::route_lag() const {
  return impl_->route_lag();
}
ClusterStatus Control::status() const {
  return impl_->status();
}
cluster::DiscoveryStatus Control::discovery() const {
  return impl_->discovery().status();
}
std::vector<Route> Control::routes() const {
  return impl_->listing().routes();
}
std::vector<Route> Control::routes_away() const {
  return impl_->listing().away();
}
MatchedRoutes Control::match(std::string_view topic) const {
  return impl_->listing().match(topic);
}
std::vector<std::string> Control::trie() const {
  return impl_->listing().trie();
}
std::vector<mqtt::MessagePtr> Control::retained(std::string_view filter) const {
  return impl_->retained().match(filter, 0);
}
std::size_t Control::clean_retained(std::string_view filter, Now now) {
  return impl_->retainer().clean(filter, now);
}
ControlStats Control::stats() const {
  return impl_->stats();
}
std::uint64_t Control::digest() const {
  return impl_->listing().digest();
}

}  // namespace meshmq::node
