#include "node/worker.hpp"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "broker/session_image.hpp"
#include "cluster/slot.hpp"
#include "node/fence.hpp"
#include "node/forward_links.hpp"
#include "node/settle.hpp"
#include "node/shared_routing.hpp"

namespace meshmq::node {

/// The broker's Router: match once, then one copy for each destination.
class Worker::Impl final : public broker::Router, private ParcelPort {
 public:
  Impl(const Config& config, WorkerIndex self, std::uint64_t incarnation, const cluster::RouteReader& routes,
       WorkerPorts& ports, broker::Output& output, Logger log, std::uint64_t seed)
      : config_(config),
        self_(self),
        routes_(routes),
        ports_(ports),
        log_(log),
        links_(config_, self, incarnation, ports, log),
        settling_(config.forward_ack_wait),
        shared_(config_, Slot(self.value), routes, *this, hash_mix(seed, 1)),
        broker_(broker_config(config_), self, output, *this, log, seed) {}

  // Hot path: no lock; the scratch sets are reused.
  broker::RouteResult route(const mqtt::MessagePtr& message, Token token) override {
    broker::RouteResult result;
    std::uint32_t confirmations = token != 0 && std::exchange(retaining_, 0) == token ? 1 : 0;
    const bool wait = config_.forward_ack && token != 0 && message->qos() != mqtt::QoS::at_most_once;
    match_.clear();
    routes_.match(message->topic(), match_);
    const bool shared = match_.has_groups();
    if (shared) shared_.pick(match_, *message);
    for_each_destination(shared, [&](Slot slot, bool ordinary) {
      result.matched = true;
      if (slot.value == self_.value) {
        result.local = ordinary;
      } else if (send(slot, parcel_for(slot, message, shared, ordinary), wait ? token : 0)) {
        ++confirmations;
      }
    });
    if (message->qos() != mqtt::QoS::at_most_once) {
      match_.away.for_each([&](Slot slot) {
        if (links_.keep(slot, {message}, now_)) result.matched = true;
      });
    }
    // Last, because it is borrowed until the next one.
    if (shared) result.groups = shared_.picks_for(Slot(self_.value));
    if (confirmations > 0) settling_.wait_for(token, confirmations, now_);
    result.settled = confirmations == 0;
    if (mailbox_congested_ || links_.congested()) congested_ = result.congested = true;
    return result;
  }

  void subscribe(Token token, std::vector<broker::SubscribeFilter> filters) override {
    ports_.to_control(SubscribeRequest{self_, token, std::move(filters)});
  }
  void unroute(std::string_view filter) override {
    ports_.to_control(UnrouteRequest{self_, std::string(filter)});
  }
  void share(std::string_view group, broker::GroupWeight weight) override {
    ports_.to_control(GroupRequest{self_, std::string(group), weight});
  }
  void hold_exclusive(std::string_view client_id, std::string_view name) override {
    ports_.to_control(ExclusiveHeld{self_, std::string(name), std::string(client_id)});
  }
  void release_exclusive(std::string_view client_id, std::string_view name) override {
    ports_.to_control(ExclusiveReleased{std::string(name), std::string(client_id)});
  }
  void subscribed_for(Token operation, mqtt::ReasonCode result) override {
    QueryReply reply;
    reply.query = QueryId(operation);
    reply.worker = self_;
    reply.done = true;
    reply.reason = result;
    ports_.to_control(std::move(reply));
  }
  bool pass_on(const mqtt::MessagePtr& message, const broker::SharedPick& pick, bool has_members) override {
    return shared_.pass_on(message, pick, has_members, now_);
  }
  void redispatch(const mqtt::MessagePtr& message, std::string_view group) override {
    shared_.redispatch(message, group, 0, now_);
  }
  void retain(const mqtt::MessagePtr& message, Token token) override {
    retaining_ = config_.retained_durable ? token : 0;
    ports_.to_control(RetainRequest{message, self_, retaining_});
  }

  void delay(const mqtt::MessagePtr& message, WallMillis due, Token token) override {
    ports_.to_control(DelayRequest{self_, token, message, due});
  }

  void admit(Token token, broker::AdmissionRequest request) override {
    ports_.to_control(AdmitRequest{self_, token, std::move(request)});
  }
  void admit_more(Token token, std::string data) override {
    ports_.to_control(AdmitMore{self_, token, std::move(data)});
  }
  void admit_no_more(Token token) override { ports_.to_control(AdmitNoMore{self_, token}); }
  void flapping(broker::FlappingClient client) override {
    ports_.to_control(ClientFlapping{std::move(client)});
  }

  bool claim(Token token, std::string_view client_id, bool clean_start) override {
    // Alone, nobody else can have it.
    if (members_.alone) return true;
    ports_.to_control(SessionClaim{self_, token, std::string(client_id), clean_start});
    return false;
  }
  void unclaim(Token token) override { ports_.to_control(SessionUnclaimed{self_, token}); }
  bool hold(std::string_view client_id, bool clean_start, Token token) override {
    ports_.to_control(SessionHeld{self_, token, std::string(client_id), clean_start, !members_.alone});
    return members_.alone;
  }
  void release(std::string_view client_id) override {
    ports_.to_control(SessionReleased{std::string(client_id)});
  }
  void relay(std::string_view client_id, const broker::Outgoing& outgoing) override {
    SessionRelay relayed{std::string(client_id), {}};
    ByteWriter w(relayed.bytes);
    broker::write_outgoing(w, outgoing);
    ports_.to_control(std::move(relayed));
  }
  void adopted(std::string_view client_id) override {
    ports_.to_control(SessionAdopted{std::string(client_id)});
  }
  void leave_will(std::string_view client_id, const mqtt::MessagePtr& will, std::uint32_t delay_s,
                  WallMillis detached_at) override {
    ports_.to_control(WillLeft{std::string(client_id), will, delay_s, detached_at});
  }
  void drop_will(std::string_view client_id) override {
    ports_.to_control(WillDropped{std::string(client_id)});
  }

  void handle(ToWorker message, Now now) {
    now_ = now;
    std::visit([&](auto& m) { handle_one(m); }, message);
  }

  void deliver(std::span<const Parcel> parcels, Now now) {
    now_ = now;
    if (at_rest_) return;
    for (const Parcel& parcel : parcels) deliver_own(parcel);
  }

  void link_frame(LinkId link, std::string_view frame, Now now) {
    now_ = now;
    // Not acknowledged: whoever sent it keeps it.
    if (at_rest_) return;
    received_.clear();
    confirmed_.clear();
    links_.link_frame(link, frame, received_, confirmed_, now);
    for (const Parcel& parcel : received_) distribute(parcel);
    received_.clear();
    settle(confirmed_);
    resume_if_uncongested();
  }

  void uncongested() {
    mailbox_congested_ = false;
    resume_if_uncongested();
  }

  void link_drained(LinkId link) {
    links_.link_drained(link);
    resume_if_uncongested();
  }

  void tick(Now now) {
    now_ = now;
    if (at_rest_) return;
    confirmed_.clear();
    handed_back_.clear();
    links_.tick(now, confirmed_, handed_back_);
    take_back();
    settle(confirmed_);
    shared_.tick(members_.complete, now);
    for (const Token token : settling_.expire(now)) broker_.publish_settled(token, now_);
    broker_.tick(now);
    resume_if_uncongested();
  }

  void end_of_turn() {
    // What was passed on to this worker itself. Each round has fewer attempts left.
    while (!own_parcels_.empty()) {
      const std::vector<Parcel> parcels = std::exchange(own_parcels_, {});
      for (const Parcel& parcel : parcels) deliver_own(parcel);
    }
    links_.end_of_turn(now_);
    // The wills of those who were here are on their way: this node must not end before they have arrived.
    if (says_goodbye_ && links_.settled()) {
      says_goodbye_ = false;
      ports_.to_control(ClientsGone{self_});
    }
  }

  void set_now(Now now) { now_ = now; }
  ForwardLinks& links() { return links_; }
  broker::Broker& broker() { return broker_; }

 private:
  static broker::Config broker_config(const Config& config) {
    broker::Config result = config.broker;
    result.node_name = config.name;
    result.server_reference = config.server_reference;
    return result;
  }

  // --- ParcelPort
  bool send(Slot slot, Parcel parcel, Token token) override {
    if (slot.value == self_.value) {
      own_parcels_.push_back(std::move(parcel));
    } else if (slot.value < config_.workers) {
      if (ports_.to_worker(WorkerIndex(static_cast<std::uint16_t>(slot.value)), std::move(parcel)))
        mailbox_congested_ = true;
    } else {
      return links_.forward(slot, parcel, token, now_) == Forwarded::tracked;
    }
    return false;
  }
  bool usable(Slot slot) const override { return slot.value < config_.workers || links_.usable(slot); }

  /// visit(slot, ordinary) for every destination of match_, and of shared_ if wanted.
  template <class Visit>
  void for_each_destination(bool shared, Visit&& visit) {
    if (!shared) return match_.slots.for_each([&](Slot slot) { visit(slot, true); });
    destinations_ = match_.slots;
    shared_.add_slots(destinations_);
    destinations_.for_each([&](Slot slot) { visit(slot, match_.slots.contains(slot)); });
  }

  Parcel parcel_for(Slot slot, const mqtt::MessagePtr& message, bool shared, bool ordinary) {
    if (!shared) return {message};
    const auto picks = shared_.picks_for(slot);
    if (picks.empty()) return {message};
    return {message, std::make_shared<const broker::PickList>(ordinary, picks)};
  }

  void deliver_own(const Parcel& parcel) {
    if (is_fence(parcel)) {
      const mqtt::Message& fence = *parcel.message;
      if (fences_.add(fence)) ports_.to_control(FencePassed{std::string(fence.publisher()), fence.id()});
      return;
    }
    if (parcel.ordinary()) broker_.deliver(parcel.message, now_);
    if (parcel.picks) broker_.deliver_shared(parcel.message, parcel.picks->picks(), now_);
  }

  /// From another node: for this node's workers only, so that nothing travels in circles. Messages for groups
  /// that have lost their members here are the exception.
  void distribute(const Parcel& parcel) {
    if (is_fence(parcel)) return to_workers(parcel);
    match_.clear();
    if (parcel.ordinary()) routes_.match(parcel.message->topic(), match_);
    const bool shared = parcel.picks != nullptr;
    if (shared) shared_.resolve(parcel, now_);
    bool own = false;
    bool own_ordinary = false;
    for_each_destination(shared, [&](Slot slot, bool ordinary) {
      if (slot.value == self_.value) {
        own = true;
        own_ordinary = ordinary;
      } else if (slot.value < config_.workers) {
        send(slot, parcel_for(slot, parcel.message, shared, ordinary), 0);
      }
    });
    if (own) deliver_own(parcel_for(Slot(self_.value), parcel.message, shared, own_ordinary));
    // Its subscriber has unsubscribed, or was here when it was kept for this node and is not any more.
    if (parcel.ordinary() && match_.slots.empty()) ++unclaimed_;
  }

  void to_workers(const Parcel& fence) {
    for (std::uint16_t i = 0; i < config_.workers; ++i) {
      if (i != self_.value) send(Slot(i), fence, 0);
    }
    deliver_own(fence);
  }

  /// Other members get what a node did not acknowledge.
  void take_back() {
    for (const HandedBack& back : handed_back_) {
      const auto picks = back.parcel.picks->picks();
      std::uint32_t confirmations = 0;
      for (const broker::SharedPick& pick : picks) {
        if (shared_.redispatch(back.parcel.message, pick.group, back.token, now_)) ++confirmations;
      }
      if (back.token == 0) continue;
      if (confirmations > 0) settling_.add(back.token, confirmations);
      confirmed_.push_back(back.token);
    }
    handed_back_.clear();
  }

  void settle(const std::vector<Token>& tokens) {
    for (const Token token : tokens) {
      if (settling_.confirm(token)) broker_.publish_settled(token, now_);
    }
  }

  void resume_if_uncongested() {
    if (!congested_ || mailbox_congested_ || links_.congested()) return;
    congested_ = false;
    broker_.resume_publishers(now_);
  }

  void handle_one(SubscribeDone& m) {
    broker_.subscribe_done(m.token, std::move(m.retained), now_, m.refused);
  }
  void handle_one(ExclusiveLost& m) { broker_.lose_exclusive(m.name, m.client_id, m.winner, now_); }
  void handle_one(DelayDone& m) {
    m.kept ? broker_.publish_settled(m.token, now_) : broker_.publish_refused(m.token, now_);
  }
  void handle_one(Retained& m) { settle({m.token}); }
  void handle_one(MembersChanged& m) { members_ = m; }
  void handle_one(ConfigChanged& m) {
    config_ = *m.config;
    settling_.set_wait(config_.forward_ack_wait);
    broker_.reconfigure(broker_config(config_));
  }
  void handle_one(AccessChanged& m) { broker_.set_access(std::move(m.policy)); }
  void handle_one(RulesChanged& m) {
    for (auto& [whom, name, rules] : m.changes) broker_.set_rules(whom, name, std::move(rules));
  }
  void handle_one(Admitted& m) { broker_.admission_done(m.token, std::move(m.admission), now_); }
  void handle_one(PeerUp& m) { links_.peer_up(m, now_); }
  void handle_one(PeerDown& m) {
    confirmed_.clear();
    links_.peer_down(m.slot, handed_back_);
    take_back();
    settle(confirmed_);
  }
  void handle_one(PeerGone& m) {
    confirmed_ = links_.peer_gone(m.slot, handed_back_);
    take_back();
    settle(confirmed_);
  }
  void handle_one(PublishRequest& m) {
    m.system ? broker_.publish_system(m.message, now_) : broker_.publish(m.message, now_);
  }
  void handle_one(SendAway& m) {
    broker_.turn_away(m.turn_away);
    const std::size_t sent = broker_.send_away(m.count, now_);
    const broker::Stats stats = broker_.stats();
    ports_.to_control(SentAway{self_, sent, stats.connections, stats.sessions});
  }
  void handle_one(ShutDown&) {
    broker_.shut_down(now_);
    says_goodbye_ = true;
  }
  void handle_one(SessionsRest& m) {
    at_rest_ = true;
    ports_.to_control(SessionsRested{self_, broker_.rest_sessions(m.count, now_)});
  }
  void handle_one(SessionRestore& m) {
    if (const auto restored = broker_.restore_session(m.image, m.grace, now_); !restored) {
      log_.error("The session of client '{}' on disk is of no use: {}", m.client_id,
                 restored.error().message);
      release(m.client_id);
    }
  }
  void handle_one(RestoreEnd&) { ports_.to_control(SessionsRestored{self_}); }
  void handle_one(ClaimDone& m) { broker_.claim_done(m.token, m.superseded, m.left_behind, now_); }
  void handle_one(SessionKnown& m) { broker_.session_known(m.token); }
  void handle_one(SessionExport& m) {
    std::optional<std::string> image;
    if (m.discard) {
      broker_.discard_session(m.client_id, now_);
    } else {
      image = broker_.export_session(m.client_id, now_, m.departure);
    }
    ports_.to_control(SessionExported{std::move(m.client_id), std::move(image)});
  }
  void handle_one(SessionImport& m) {
    const auto imported = broker_.import_session(m.image, now_, m.newer);
    if (imported) return ports_.to_control(SessionImported{std::move(m.client_id), *imported});
    log_.error("Session of client '{}' is lost on its way here: {}", m.client_id, imported.error().message);
    release(m.client_id);
  }
  void handle_one(SessionRelayed& m) { broker_.relayed(m.client_id, m.bytes, m.how, now_); }
  void handle_one(SessionCaughtUp& m) { broker_.caught_up(m.client_id, now_); }
  void handle_one(SessionArrivalOver& m) { broker_.arrival_over(m.client_id, now_); }
  void handle_one(SessionLeavingOver& m) { broker_.end_leaving(m.client_id, now_); }
  void handle_one(SessionTakeBack& m) { broker_.take_back_session(m.client_id, m.arriving, now_); }
  void handle_one(SendFence& m) {
    const Parcel fence = make_fence(m.round, config_.name, config_.workers);
    m.slot.value < config_.workers ? to_workers(fence) : links_.fence(m.slot, fence);
  }
  void handle_one(WatchesChanged& m) { broker_.watch(std::move(m.traces), *m.topics); }
  void handle_one(Query& m) {
    QueryReply reply{
        .query = m.query, .worker = self_, .clients = {}, .subscriptions = {}, .stats = {}, .metrics = {}};
    const broker::ExplainQuestion explain{m.client_id, m.filter, m.qos, m.publisher};
    switch (m.kind) {
      case QueryKind::slow_subscribers:
        reply.slow = broker_.slow_subscribers();
        break;
      case QueryKind::clear_slow_subscribers:
        broker_.clear_slow_subscribers();
        break;
      case QueryKind::topic_counts:
        reply.topics = broker_.topic_counts();
        break;
      case QueryKind::explain_publish:
        reply.steps = broker_.explain_publish(explain, now_);
        reply.done = broker_.has_session(m.publisher);
        break;
      case QueryKind::explain_link:
        if (auto link = links_.explain(m.node)) reply.steps.push_back(*std::move(link));
        break;
      case QueryKind::explain_delivery:
        reply.steps = broker_.explain_delivery(explain, now_);
        break;
      case QueryKind::clients:
        reply.clients = broker_.clients(m.client_id);
        break;
      case QueryKind::subscriptions:
        reply.subscriptions = broker_.subscriptions();
        break;
      case QueryKind::kick:
        reply.done = broker_.kick(m.client_id, now_);
        break;
      case QueryKind::subscribe:
        // subscribed_for() answers.
        if (broker_.subscribe(m.client_id, m.filter, m.qos, m.query.value)) return;
        break;
      case QueryKind::unsubscribe: {
        const auto reason = broker_.unsubscribe(m.client_id, m.filter);
        reply.done = reason.has_value();
        reply.reason = reason.value_or(mqtt::ReasonCode::success);
        break;
      }
      case QueryKind::stats:
        reply.stats = broker_.stats();
        reply.metrics = broker_.metrics();
        reply.metrics.messages_dropped += shared_.dropped() + unclaimed_;
        reply.metrics.messages_dropped_no_subscribers += shared_.dropped() + unclaimed_;
        reply.metrics.messages_forward = links_.counters().sent;
        reply.metrics.messages_forward_received = links_.counters().received;
        reply.metrics.messages_forward_dropped = links_.counters().dropped;
        reply.times = std::make_shared<const WorkerTimes>(times());
        reply.forwarded = links_.traffic();
        break;
    }
    ports_.to_control(std::move(reply));
  }

  WorkerTimes times() const {
    const Histogram* turns = ports_.turn_times();
    return {broker_.delivery_times(), links_.acknowledgement_times(),
            turns == nullptr ? Histogram() : *turns};
  }

  Config config_;
  WorkerIndex self_;
  const cluster::RouteReader& routes_;
  WorkerPorts& ports_;
  Logger log_;
  ForwardLinks links_;
  Settling settling_;
  SharedRouting shared_;
  broker::Broker broker_;
  Now now_;
  cluster::RouteMatch match_;      ///< scratch
  cluster::SlotSet destinations_;  ///< scratch
  std::vector<Parcel> own_parcels_;
  std::vector<Parcel> received_;
  std::vector<HandedBack> handed_back_;
  std::vector<Token> confirmed_;
  MembersChanged members_;
  FenceCount fences_;
  std::uint64_t unclaimed_ = 0;     ///< messages of other nodes for which nobody is here
  Token retaining_ = 0;             ///< of the message that route() comes for next, if it waits for the disk
  bool says_goodbye_ = false;       ///< no client is left; ClientsGone is due
  bool at_rest_ = false;            ///< the sessions are being written down: nothing changes them any more
  bool congested_ = false;          ///< publishers were told to pause
  bool mailbox_congested_ = false;  ///< some worker of this node is behind
};

Worker::Worker(const Config& config, WorkerIndex self, std::uint64_t incarnation,
               const cluster::RouteReader& routes, WorkerPorts& ports, broker::Output& output, Logger log,
               std::uint64_t seed)
    : impl_(std::make_unique<Impl>(config, self, incarnation, routes, ports, output, log, seed)) {}
Worker::~Worker() = default;

broker::Broker& Worker::broker() {
  return impl_->broker();
}
void Worker::begin_turn(Now now) {
  impl_->set_now(now);
}
void Worker::handle(ToWorker message, Now now) {
  impl_->handle(std::move(message), now);
}
void Worker::deliver(std::span<const Parcel> parcels, Now now) {
  impl_->deliver(parcels, now);
}
void Worker::uncongested(Now now) {
  impl_->set_now(now);
  impl_->uncongested();
}
void Worker::link_up(LinkId link, Slot slot, Now now) {
  impl_->links().link_up(link, slot, now);
}
void Worker::dial_failed(Slot slot, Now now) {
  impl_->links().dial_failed(slot, now);
}
void Worker::link_accepted(LinkId link, const std::string& origin, std::uint16_t origin_worker, Now) {
  impl_->links().link_accepted(link, origin, origin_worker);
}
void Worker::link_frame(LinkId link, std::string_view frame, Now now) {
  impl_->link_frame(link, frame, now);
}
void Worker::link_drained(LinkId link, Now now) {
  impl_->set_now(now);
  impl_->link_drained(link);
}
void Worker::link_down(LinkId link, Now now) {
  impl_->links().link_down(link, now);
}
void Worker::end_of_turn(Now now) {
  impl_->set_now(now);
  impl_->end_of_turn();
}
void Worker::tick(Now now) {
  impl_->tick(now);
}

}  // namespace meshmq::node
