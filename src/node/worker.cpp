#include "node/worker.hpp"

#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "broker/session_image.hpp"
#include "cluster/slot.hpp"
#include "node/forward_links.hpp"
#include "node/settle.hpp"

namespace meshmq::node {

/// The broker's Router: match once, then one copy for each destination.
class Worker::Impl final : public broker::Router {
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
        broker_(config_.broker, self, output, *this, log, seed) {}

  // Hot path: no lock; the scratch set is reused.
  broker::RouteResult route(const mqtt::MessagePtr& message, Token token) override {
    broker::RouteResult result;
    std::uint32_t confirmations = 0;
    const bool wait = config_.forward_ack && token != 0 && message->qos() != mqtt::QoS::at_most_once;
    destinations_.clear();
    routes_.match(message->topic(), destinations_);
    destinations_.for_each([&](Slot slot) {
      result.matched = true;
      if (slot.value == self_.value) {
        result.local = true;
      } else if (slot.value < config_.workers) {
        to_worker(slot, message);
      } else if (links_.forward(slot, message, wait ? token : 0, now_) == Forwarded::tracked) {
        ++confirmations;
      }
    });
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
  void retain(const mqtt::MessagePtr& message) override { ports_.to_control(RetainRequest{message}); }

  bool claim(Token token, std::string_view client_id, bool clean_start) override {
    // Alone, nobody else can have it.
    if (peers_up_ == 0) return true;
    ports_.to_control(SessionClaim{self_, token, std::string(client_id), clean_start});
    return false;
  }
  void hold(std::string_view client_id) override { ports_.to_control(SessionHeld{std::string(client_id)}); }
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

  void handle(ToWorker message, Now now) {
    now_ = now;
    std::visit([&](auto& m) { handle_one(m); }, message);
  }

  void deliver(std::span<const mqtt::MessagePtr> messages, Now now) {
    now_ = now;
    for (const mqtt::MessagePtr& message : messages) broker_.deliver(message, now);
  }

  void link_frame(LinkId link, std::string_view frame, Now now) {
    now_ = now;
    received_.clear();
    confirmed_.clear();
    links_.link_frame(link, frame, received_, confirmed_, now);
    for (const mqtt::MessagePtr& message : received_) distribute(message);
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
    confirmed_.clear();
    links_.tick(now, confirmed_);
    settle(confirmed_);
    for (const Token token : settling_.expire(now)) broker_.publish_settled(token, now_);
    broker_.tick(now);
    resume_if_uncongested();
  }

  void set_now(Now now) { now_ = now; }
  ForwardLinks& links() { return links_; }
  broker::Broker& broker() { return broker_; }

 private:
  void to_worker(Slot slot, const mqtt::MessagePtr& message) {
    if (ports_.to_worker(WorkerIndex(static_cast<std::uint16_t>(slot.value)), message))
      mailbox_congested_ = true;
  }

  /// A message from another node: for this node's workers only, so that nothing travels in circles.
  void distribute(const mqtt::MessagePtr& message) {
    destinations_.clear();
    routes_.match(message->topic(), destinations_);
    bool local = false;
    destinations_.for_each([&](Slot slot) {
      if (slot.value == self_.value) {
        local = true;
      } else if (slot.value < config_.workers) {
        to_worker(slot, message);
      }
    });
    if (local) broker_.deliver(message, now_);
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

  void handle_one(SubscribeDone& m) { broker_.subscribe_done(m.token, std::move(m.retained), now_); }
  void handle_one(PeerUp& m) {
    ++peers_up_;
    links_.peer_up(m, now_);
  }
  void handle_one(PeerDown& m) {
    --peers_up_;
    links_.peer_down(m.slot);
  }
  void handle_one(PeerGone& m) { settle(links_.peer_gone(m.slot)); }
  void handle_one(PublishRequest& m) {
    const mqtt::MessagePtr message = m.message->with_id(broker_.next_message_id());
    if (message->retain()) retain(message);
    if (route(message, 0).local) broker_.deliver(message, now_);
  }
  void handle_one(ShutDown&) { broker_.shut_down(now_); }
  void handle_one(ClaimDone& m) { broker_.claim_done(m.token, m.superseded, now_); }
  void handle_one(SessionExport& m) {
    std::optional<std::string> image;
    if (m.discard) {
      broker_.discard_session(m.client_id, now_);
    } else {
      image = broker_.export_session(m.client_id, now_);
    }
    ports_.to_control(SessionExported{std::move(m.client_id), std::move(image)});
  }
  void handle_one(SessionDiscard& m) { broker_.discard_session(m.client_id, now_); }
  void handle_one(SessionImport& m) {
    const auto imported = broker_.import_session(m.image, now_);
    if (imported) return;
    log_.error("Session of client '{}' is lost on its way here: {}", m.client_id, imported.error().message);
    release(m.client_id);
  }
  void handle_one(SessionRelayed& m) { broker_.relayed(m.client_id, m.bytes, now_); }
  void handle_one(SessionCaughtUp& m) { broker_.caught_up(m.client_id, now_); }
  void handle_one(SessionArrivalOver& m) { broker_.arrival_over(m.client_id, now_); }
  void handle_one(SessionLeavingOver& m) { broker_.end_leaving(m.client_id, now_); }
  void handle_one(SessionTakeBack& m) { broker_.take_back_session(m.client_id, now_); }
  void handle_one(Query& m) {
    QueryReply reply{
        .query = m.query, .worker = self_, .clients = {}, .subscriptions = {}, .stats = {}, .metrics = {}};
    switch (m.kind) {
      case QueryKind::clients:
        reply.clients = broker_.clients();
        break;
      case QueryKind::subscriptions:
        reply.subscriptions = broker_.subscriptions();
        break;
      case QueryKind::kick:
        reply.done = broker_.kick(m.client_id, now_);
        break;
      case QueryKind::stats:
        reply.stats = broker_.stats();
        reply.metrics = broker_.metrics();
        reply.metrics.messages_forward = links_.counters().sent;
        reply.metrics.messages_forward_received = links_.counters().received;
        reply.metrics.messages_forward_dropped = links_.counters().dropped;
        break;
    }
    ports_.to_control(std::move(reply));
  }

  Config config_;
  WorkerIndex self_;
  const cluster::RouteReader& routes_;
  WorkerPorts& ports_;
  Logger log_;
  ForwardLinks links_;
  Settling settling_;
  broker::Broker broker_;
  Now now_;
  cluster::SlotSet destinations_;
  std::vector<mqtt::MessagePtr> received_;
  std::vector<Token> confirmed_;
  std::size_t peers_up_ = 0;
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
void Worker::deliver(std::span<const mqtt::MessagePtr> messages, Now now) {
  impl_->deliver(messages, now);
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
  impl_->links().end_of_turn(now);
}
void Worker::tick(Now now) {
  impl_->tick(now);
}

}  // namespace meshmq::node
