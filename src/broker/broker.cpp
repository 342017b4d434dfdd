#include "broker/broker.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "broker/acknowledging.hpp"
#include "broker/authenticating.hpp"
#include "broker/client_listing.hpp"
#include "broker/closing.hpp"
#include "broker/connecting.hpp"
#include "broker/explaining.hpp"
#include "broker/presence.hpp"
#include "broker/publishing.hpp"
#include "broker/session_life.hpp"
#include "broker/session_transfer.hpp"
#include "broker/subscribing.hpp"
#include "broker/timekeeping.hpp"
#include "broker/world.hpp"
#include "mqtt/decoder.hpp"

namespace meshmq::broker {

using mqtt::PacketType;
using mqtt::ReasonCode;

/// Takes bytes apart and hands packets to those who know what they mean.
class Broker::Impl {
 public:
  Impl(const Config& config, WorkerIndex self, Output& output, Router& router, Logger log, std::uint64_t seed)
      : world_(config, self, output, router, log, seed),
        publishing_(world_),
        acknowledging_(world_),
        subscribing_(world_),
        presence_(world_, publishing_),
        life_(world_, publishing_, presence_),
        closing_(world_, life_),
        authenticating_(world_, closing_),
        connecting_(world_, subscribing_, life_, closing_, authenticating_, presence_),
        transfer_(world_, life_, closing_, subscribing_),
        timekeeping_(world_, closing_) {}

  void open(ConnId conn, Peer peer, Now now);
  std::size_t handle_bytes(ConnId conn, std::string_view bytes, Now now);
  void closed(ConnId conn, Now now);
  void drained(ConnId conn, Now now);
  bool kick(std::string_view client_id, Now now);
  void end_connection(ConnId conn, Now now);
  bool subscribe(std::string_view client_id, std::string_view filter, mqtt::QoS qos, Token operation);
  void lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner, Now now);
  std::optional<ReasonCode> unsubscribe(std::string_view client_id, std::string_view filter);
  std::vector<SubscriptionInfo> subscriptions() const;
  Stats stats() const {
    return {world_.connected_count, world_.sessions.size(),
            world_.subscriptions.size() + world_.groups.size(), world_.groups.size()};
  }
  void tick(Now now) {
    timekeeping_.tick(now);
    world_.flapping.tick(now.mono);
    life_.tick(now);
    transfer_.tick(now);
    world_.observation.tick(now);
  }
  std::size_t send_away(std::size_t count, Now now);
  void shut_down(Now now);
  void reconfigure(const Config& config);

  void admission_done(Token token, Admission admission, Now now) {
    Channel* channel = authenticating_.answered(token, std::move(admission), now);
    if (channel != nullptr) connect_again(*channel, now);
  }
  void publish_refused(Token token, Now now) {
    Channel* channel = publishing_.refused(token, ReasonCode::quota_exceeded);
    if (channel == nullptr) return;
    constexpr std::string_view text =
        "as many delayed messages as module.delayed.max_delayed_messages allows";
    closing_.fail(*channel, {ReasonCode::quota_exceeded, text, CloseReason::limit}, now);
  }
  void claim_done(Token token, bool superseded, bool left_behind, Now now) {
    Channel* channel = connecting_.claim_done(token, superseded, left_behind, now);
    if (channel != nullptr) connect_again(*channel, now);
  }
  void session_known(Token token) { connecting_.session_known(token); }

  World& world() { return world_; }
  Publishing& publishing() { return publishing_; }
  Subscribing& subscribing() { return subscribing_; }
  SessionTransfer& transfer() { return transfer_; }

 private:
  Channel* connected(std::string_view client_id);
  void handle_broken(Channel& channel, const mqtt::DecodeResult& result, Now now);
  void handle_first(Channel& channel, std::string_view bytes, Now now);
  void connect_again(Channel& channel, Now now);
  Verdict handle_packet(Channel& channel, PacketType type, Now now);
  Verdict handle_ack(Channel& channel, const mqtt::Ack& packet, Now now);

  World world_;
  Publishing publishing_;
  Acknowledging acknowledging_;
  Subscribing subscribing_;
  Presence presence_;
  SessionLife life_;
  Closing closing_;
  Authenticating authenticating_;
  Connecting connecting_;
  SessionTransfer transfer_;
  Timekeeping timekeeping_;
  mqtt::Decoder decoder_;
};

void Broker::Impl::open(ConnId conn, Peer peer, Now now) {
  Channel& channel = world_.channels.open(conn);
  channel.zone = &world_.zones.zone(peer.zone);
  channel.listener_port = peer.listener_port;
  channel.peer = std::make_unique<Peer>(std::move(peer));
  channel.last_received = now.mono;
  world_.timers.arm(conn, now.mono + channel.zone->idle_timeout, now.mono);
}

std::size_t Broker::Impl::handle_bytes(ConnId conn, std::string_view bytes, Now now) {
  Channel* channel = world_.channels.find(conn);
  if (channel == nullptr) return 0;
  std::size_t taken = 0;
  // Whom we stop reading gets no further in what was read already: resume_reading() hands it in again.
  while (is_open(channel->state) && channel->paused == 0 && taken < bytes.size()) {
    const mqtt::DecodeOptions options{mqtt::Role::server, channel->version, channel->zone->packet_bytes_max,
                                      channel->zone->strict};
    const mqtt::DecodeResult result = decoder_.decode(bytes.substr(taken), options);
    const bool wrong_start = channel->state == ChannelState::connecting && result.type != PacketType::connect;
    if (result.status == mqtt::DecodeStatus::error || wrong_start) {
      handle_broken(*channel, result, now);
      break;
    }
    if (result.status == mqtt::DecodeStatus::need_more) break;
    // A subscription to a topic finds what is published behind it; one to a group is not there before SUBACK.
    if (result.type == PacketType::publish && subscribing_.awaits_group(*channel)) {
      world_.sender.pause(*channel, PauseReason::group);
      break;
    }
    if (channel->state == ChannelState::connecting) {
      handle_first(*channel, bytes.substr(taken, result.size), now);
    } else if (const Verdict fatal = handle_packet(*channel, result.type, now)) {
      closing_.fail(*channel, *fatal, now);
    }
    if (channel->state == ChannelState::waiting) return 0;
    if (channel->state == ChannelState::moved) {
      world_.channels.erase(conn);
      return 0;
    }
    taken += result.size;
    ++world_.metrics.packets_received;
  }
  if (taken > 0) channel->last_received = now.mono;
  world_.metrics.bytes_received += taken;
  return taken;
}

void Broker::Impl::handle_broken(Channel& channel, const mqtt::DecodeResult& result, Now now) {
  if (channel.state == ChannelState::connecting) {
    connecting_.handle_broken(channel, result, now);
    return;
  }
  const bool too_large = result.reason == ReasonCode::packet_too_large;
  closing_.fail(channel,
                {result.reason, result.text, too_large ? CloseReason::limit : CloseReason::protocol_error},
                now);
}

void Broker::Impl::handle_first(Channel& channel, std::string_view bytes, Now now) {
  connecting_.handle(channel, *std::get_if<mqtt::Connect>(&decoder_.packet()), bytes, now);
  if (channel.state == ChannelState::connected) timekeeping_.watch(channel, now);
}

/// The node has answered: as if CONNECT came now.
void Broker::Impl::connect_again(Channel& channel, Now now) {
  const bool unread = !channel.auth || channel.auth->connect.empty();
  channel.state = ChannelState::connecting;
  if (!unread) {
    const std::string connect = channel.auth->connect;
    const mqtt::DecodeOptions options{mqtt::Role::server, channel.version, channel.zone->packet_bytes_max,
                                      channel.zone->strict};
    const mqtt::DecodeResult result = decoder_.decode(connect, options);
    MESHMQ_ASSERT(result.status == mqtt::DecodeStatus::packet, "it was decoded before");
    handle_first(channel, connect, now);
    if (!is_open(channel.state)) return;
  }
  world_.sender.resume(channel, PauseReason::connect);
}

Verdict Broker::Impl::handle_packet(Channel& channel, PacketType type, Now now) {
  Metrics& metrics = world_.metrics;
  const mqtt::Packet& packet = decoder_.packet();
  if (channel.state == ChannelState::connected) {
    ++channel.session->traffic.packets_received;
  } else if (type != PacketType::auth && type != PacketType::disconnect) {
    // [MQTT-3.1.2-30]
    return Fatal{ReasonCode::protocol_error, "a packet other than AUTH or DISCONNECT before CONNACK"};
  }
  switch (type) {
    case PacketType::publish:
      return publishing_.handle(channel, decoder_.publish(), now);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return handle_ack(channel, decoder_.ack(), now);
    case PacketType::subscribe:
      ++metrics.packets_subscribe_received;
      return subscribing_.handle(channel, *std::get_if<mqtt::Subscribe>(&packet));
    case PacketType::unsubscribe:
      ++metrics.packets_unsubscribe_received;
      return subscribing_.handle(channel, *std::get_if<mqtt::Unsubscribe>(&packet));
    case PacketType::pingreq:
      ++metrics.packets_pingreq_received;
      world_.sender.pingresp(channel);
      return std::nullopt;
    case PacketType::disconnect:
      return closing_.handle(channel, *std::get_if<mqtt::Disconnect>(&packet), now);
    case PacketType::connect:
      // [MQTT-3.1.0-2]
      return Fatal{ReasonCode::protocol_error, "a second CONNECT"};
    case PacketType::auth:
      return authenticating_.handle(channel, *std::get_if<mqtt::Auth>(&packet));
    default:
      return Fatal{ReasonCode::protocol_error, "a packet that only servers send"};
  }
}

Verdict Broker::Impl::handle_ack(Channel& channel, const mqtt::Ack& packet, Now now) {
  Metrics& metrics = world_.metrics;
  switch (packet.type) {
    case PacketType::puback:
      ++metrics.packets_puback_received;
      return acknowledging_.handle_puback(channel, packet, now);
    case PacketType::pubrec:
      ++metrics.packets_pubrec_received;
      return acknowledging_.handle_pubrec(channel, packet, now);
    case PacketType::pubcomp:
      ++metrics.packets_pubcomp_received;
      return acknowledging_.handle_pubcomp(channel, packet, now);
    default:
      ++metrics.packets_pubrel_received;
      publishing_.handle_pubrel(channel, packet);
      return std::nullopt;
  }
}

void Broker::Impl::closed(ConnId conn, Now now) {
  Channel* channel = world_.channels.find(conn);
  if (channel != nullptr) closing_.lost(*channel, now);
}

void Broker::Impl::drained(ConnId conn, Now now) {
  Channel* channel = world_.channels.find(conn);
  if (channel == nullptr || channel->state != ChannelState::connected) return;
  channel->session->congested = false;
  world_.sender.resume(*channel, PauseReason::output);
  world_.delivery.pump(*channel->session, now);
}

bool Broker::Impl::kick(std::string_view client_id, Now now) {
  Session* session = world_.sessions.find(client_id);
  if (session == nullptr) return false;
  if (session->online) {
    Channel& channel = *world_.channels.find(session->conn);
    closing_.close(channel, CloseReason::kicked, ReasonCode::administrative_action, now);
    session = world_.sessions.find(client_id);
  }
  if (session != nullptr) life_.end(*session, SessionEnd::terminated, now);
  return true;
}

void Broker::Impl::end_connection(ConnId conn, Now now) {
  Channel* channel = world_.channels.find(conn);
  if (channel == nullptr || !is_open(channel->state)) return;
  closing_.close(*channel, CloseReason::kicked, ReasonCode::administrative_action, now);
}

void Broker::Impl::reconfigure(const Config& config) {
  world_.config = config;
  world_.zones.add(config);
  world_.delivery.reconfigured();
  world_.observation.reconfigure(config.slow_subscribers);
  std::set<const Config*> used;
  world_.channels.for_each([&](Channel& channel) { used.insert(channel.zone); });
  world_.sessions.for_each([&](const Session& session) { used.insert(session.zone); });
  transfer_.add_zones_of_stubs(used);
  world_.zones.keep_only(used);
}

Channel* Broker::Impl::connected(std::string_view client_id) {
  const Session* session = world_.sessions.find(client_id);
  return session == nullptr || !session->online ? nullptr : world_.channels.find(session->conn);
}

bool Broker::Impl::subscribe(std::string_view client_id, std::string_view filter, mqtt::QoS qos,
                             Token operation) {
  Channel* channel = connected(client_id);
  if (channel == nullptr) return false;
  subscribing_.subscribe_for(*channel, {filter, qos, false, false, mqtt::RetainHandling::send}, operation);
  return true;
}

void Broker::Impl::lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner,
                                  Now now) {
  if (!subscribing_.lose_exclusive(name, client_id, winner)) return;
  if (Channel* channel = connected(client_id)) {
    closing_.close(*channel, CloseReason::contested, ReasonCode::quota_exceeded, now, Subscribing::taken);
  }
}

std::optional<ReasonCode> Broker::Impl::unsubscribe(std::string_view client_id, std::string_view filter) {
  Channel* channel = connected(client_id);
  if (channel == nullptr) return std::nullopt;
  return subscribing_.unsubscribe_for(*channel, filter);
}

std::vector<SubscriptionInfo> Broker::Impl::subscriptions() const {
  std::vector<SubscriptionInfo> result;
  for (const Session* session : world_.sessions.sorted()) {
    const std::size_t first = result.size();
    for (const SubscriptionRef& ref : session->subscriptions) {
      result.push_back({session->client_id, std::string(SubscriptionTable::filter_of(*ref.list)),
                        (*ref.list)[ref.index].options.qos()});
    }
    for (const SharedRef& ref : session->shared ? *session->shared : std::vector<SharedRef>()) {
      result.push_back({session->client_id, std::string(ref.group->name->text()),
                        ref.group->members[ref.index].options.qos()});
    }
    std::sort(result.begin() + static_cast<std::ptrdiff_t>(first), result.end(),
              [](const SubscriptionInfo& a, const SubscriptionInfo& b) { return a.filter < b.filter; });
  }
  return result;
}

std::size_t Broker::Impl::send_away(std::size_t count, Now now) {
  std::size_t sent = 0;
  if (count == 0) return sent;
  world_.channels.for_each([&](Channel& channel) {
    if (sent == count || channel.state != ChannelState::connected) return;
    closing_.close(channel, CloseReason::evacuated, ReasonCode::use_another_server, now);
    ++sent;
  });
  return sent;
}

void Broker::Impl::shut_down(Now now) {
  world_.channels.for_each([&](Channel& channel) {
    if (!is_open(channel.state) && channel.state != ChannelState::waiting) return;
    closing_.close(channel, CloseReason::shutting_down, ReasonCode::server_shutting_down, now);
  });
}

Broker::Broker(const Config& config, WorkerIndex self, Output& output, Router& router, Logger log,
               std::uint64_t seed)
    : impl_(std::make_unique<Impl>(config, self, output, router, log, seed)) {}
Broker::~Broker() = default;

void Broker::reconfigure(const Config& config) {
  impl_->reconfigure(config);
}

void Broker::open(ConnId conn, Peer peer, Now now) {
  impl_->open(conn, std::move(peer), now);
}
std::size_t Broker::handle_bytes(ConnId conn, std::string_view bytes, Now now) {
  return impl_->handle_bytes(conn, bytes, now);
}
void Broker::closed(ConnId conn, Now now) {
  impl_->closed(conn, now);
}
void Broker::drained(ConnId conn, Now now) {
  impl_->drained(conn, now);
}
std::size_t Broker::deliver(const mqtt::MessagePtr& message, Now now) {
  return impl_->world().dispatcher.deliver(message, now);
}
std::size_t Broker::deliver_shared(const mqtt::MessagePtr& message, std::span<const SharedPick> picks,
                                   Now now) {
  return impl_->world().shared.deliver(message, picks, now);
}
void Broker::subscribe_done(Token token, std::vector<std::vector<mqtt::MessagePtr>> retained, Now now,
                            std::span<const std::size_t> refused) {
  if (impl_->transfer().routes_done(token)) return;
  impl_->subscribing().done(token, std::move(retained), refused, now);
}
void Broker::lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner,
                            Now now) {
  impl_->lose_exclusive(name, client_id, winner, now);
}
void Broker::publish_refused(Token token, Now now) {
  impl_->publish_refused(token, now);
}
void Broker::publish_settled(Token token, Now) {
  impl_->publishing().settled(token);
}
void Broker::claim_done(Token token, bool superseded, bool left_behind, Now now) {
  impl_->claim_done(token, superseded, left_behind, now);
}
void Broker::session_known(Token token) {
  impl_->session_known(token);
}
void Broker::admission_done(Token token, Admission admission, Now now) {
  impl_->admission_done(token, std::move(admission), now);
}
std::optional<std::string> Broker::export_session(std::string_view client_id, Now now, Departure departure) {
  return impl_->transfer().export_image(client_id, departure, now);
}
std::vector<RestingSession> Broker::rest_sessions(std::size_t count, Now now) {
  return impl_->transfer().rest(count, now);
}
Result<void> Broker::restore_session(std::string_view image, Duration grace, Now now) {
  return impl_->transfer().restore(image, grace, now);
}
bool Broker::discard_session(std::string_view client_id, Now now) {
  return impl_->transfer().discard(client_id, now);
}
void Broker::end_leaving(std::string_view client_id, Now) {
  impl_->transfer().end_leaving(client_id);
}
void Broker::take_back_session(std::string_view client_id, bool arriving, Now now) {
  impl_->transfer().take_back(client_id, arriving, now);
}
Result<bool> Broker::import_session(std::string_view image, Now now, bool newer) {
  return impl_->transfer().import(image, newer, now);
}
void Broker::relayed(std::string_view client_id, std::string_view outgoing, Relayed how, Now now) {
  impl_->transfer().relayed(client_id, outgoing, how, now);
}
void Broker::caught_up(std::string_view client_id, Now now) {
  impl_->transfer().caught_up(client_id, now);
}
void Broker::arrival_over(std::string_view client_id, Now now) {
  impl_->transfer().arrival_over(client_id, now);
}
void Broker::publish(const mqtt::MessagePtr& message, Now now) {
  mqtt::MessageParts parts = message->parts();
  parts.id = impl_->world().next_message_id();
  impl_->publishing().submit(parts, now);
}
void Broker::publish_system(const mqtt::MessagePtr& message, Now now) {
  impl_->publishing().publish_system(message->with_id(impl_->world().next_message_id()), now);
}
void Broker::set_access(AccessPolicy policy) {
  impl_->world().access.set(std::move(policy));
}
void Broker::set_rules(RulesFor whom, std::string_view name, AclRulesPtr rules) {
  impl_->world().access.set_rules(whom, name, std::move(rules));
}
void Broker::resume_publishers(Now) {
  impl_->publishing().resume_publishers();
}
void Broker::tick(Now now) {
  impl_->tick(now);
}
bool Broker::kick(std::string_view client_id, Now now) {
  return impl_->kick(client_id, now);
}
void Broker::end_connection(ConnId conn, Now now) {
  impl_->end_connection(conn, now);
}
bool Broker::subscribe(std::string_view client_id, std::string_view filter, mqtt::QoS qos, Token operation) {
  return impl_->subscribe(client_id, filter, qos, operation);
}
std::optional<ReasonCode> Broker::unsubscribe(std::string_view client_id, std::string_view filter) {
  return impl_->unsubscribe(client_id, filter);
}
std::vector<ClientInfo> Broker::clients(std::string_view client_id) const {
  return list_clients(impl_->world(), client_id);
}
std::vector<SubscriptionInfo> Broker::subscriptions() const {
  return impl_->subscriptions();
}
Stats Broker::stats() const {
  return impl_->stats();
}
void Broker::watch(TracesPtr traces, const std::vector<std::string>& topics) {
  impl_->world().observation.watch(std::move(traces), topics);
}
const Histogram& Broker::delivery_times() const {
  return impl_->world().observation.delivery;
}
const std::vector<SlowSubscriber>& Broker::slow_subscribers() const {
  return impl_->world().observation.slow.list();
}
void Broker::clear_slow_subscribers() {
  impl_->world().observation.slow.clear();
}
std::vector<TopicCounts> Broker::topic_counts() const {
  return impl_->world().observation.topics.report();
}
std::vector<ExplainStep> Broker::explain_delivery(const ExplainQuestion& question, Now now) {
  return Explaining(impl_->world()).delivery(question, now);
}
bool Broker::has_session(std::string_view client_id) const {
  return impl_->world().sessions.find(client_id) != nullptr;
}
std::vector<ExplainStep> Broker::explain_publish(const ExplainQuestion& question, Now now) {
  return Explaining(impl_->world()).publish(question, now);
}
const Metrics& Broker::metrics() const {
  return impl_->world().metrics;
}
void Broker::turn_away(bool on) {
  impl_->world().turns_away = on;
}
std::size_t Broker::send_away(std::size_t count, Now now) {
  return impl_->send_away(count, now);
}
void Broker::shut_down(Now now) {
  impl_->shut_down(now);
}

}  // namespace meshmq::broker
