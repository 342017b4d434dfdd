#pragma once
// What a node's threads say to each other. Values only: they cross mailboxes by move.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/histogram.hpp"
#include "base/strong_id.hpp"
#include "broker/broker.hpp"
#include "broker/moving.hpp"
#include "broker/ports.hpp"
#include "cluster/shared_rows.hpp"
#include "cluster/slot.hpp"
#include "mqtt/message.hpp"

namespace meshmq::node {

struct Config;

using broker::Token;
using broker::WorkerIndex;
using cluster::Slot;
/// Names one question to all workers; chosen by Control.
using QueryId = StrongId<struct QueryIdTag, std::uint64_t>;

// ---------------------------------------------------------------- worker -> control

struct SubscribeRequest {
  WorkerIndex worker;
  Token token = 0;
  std::vector<broker::SubscribeFilter> filters;
  std::vector<std::size_t> refused{};  ///< by number, as far as is known
  /// What waits for a verdict of ExclusiveClaims: by number, and which claim.
  std::vector<std::pair<std::size_t, cluster::RowStamp>> claims{};
  TimePoint asked_at{};  ///< by the control core's clock
};
struct UnrouteRequest {
  WorkerIndex worker;
  std::string filter;
};
/// The members of a shared group on one worker.
struct GroupRequest {
  WorkerIndex worker;
  std::string group;
  broker::GroupWeight weight{};
};
/// A session has arrived with an exclusive subscription.
struct ExclusiveHeld {
  WorkerIndex worker;
  std::string name;
  std::string client_id;
};
/// The client has it no more, or does not ask for it any more.
struct ExclusiveReleased {
  std::string name;
  std::string client_id;
};
struct RetainRequest {
  mqtt::MessagePtr message;
  WorkerIndex worker{};
  Token token = 0;  ///< answered by Retained; 0: nobody waits
};
/// `$delayed/...`; answered by DelayDone if `token` is not 0.
struct DelayRequest {
  WorkerIndex worker;
  Token token = 0;
  mqtt::MessagePtr message;
  WallMillis due = 0;
};
/// How long things take on one worker.
struct WorkerTimes {
  Histogram delivery{};  ///< from a publish to its sending
  Histogram forward{};   ///< from a message's way to another node to its acknowledgement: the oldest of each
  Histogram turns{};     ///< turns of the event loop
};
/// Messages that were forwarded to a node since it came.
struct NodeTraffic {
  std::string node;
  std::uint64_t messages = 0;
};
/// One worker's answer to a Query; only the asked-for part is filled.
struct QueryReply {
  QueryId query;
  WorkerIndex worker;
  std::vector<broker::ClientInfo> clients{};
  std::vector<broker::SubscriptionInfo> subscriptions{};
  broker::Stats stats{};
  broker::Metrics metrics{};
  std::shared_ptr<const WorkerTimes> times{};  ///< with stats
  std::vector<NodeTraffic> forwarded{};        ///< with stats
  std::vector<broker::SlowSubscriber> slow{};
  std::vector<broker::TopicCounts> topics{};
  std::vector<broker::ExplainStep> steps{};
  bool done = false;                                    ///< a kick, subscribe or unsubscribe found its client
  mqtt::ReasonCode reason = mqtt::ReasonCode::success;  ///< what came of a subscribe or unsubscribe
};
// --- who may come in: Admissions
/// A client wants to come in, or proves itself anew; answered by Admitted.
struct AdmitRequest {
  WorkerIndex worker;
  Token token = 0;
  broker::AdmissionRequest request;
};
/// Its next message in the same exchange; answered by Admitted.
struct AdmitMore {
  WorkerIndex worker;
  Token token = 0;
  std::string data;
};
/// The client is gone, no answer is needed.
struct AdmitNoMore {
  WorkerIndex worker;
  Token token = 0;
};
struct ClientFlapping {
  broker::FlappingClient client;
};
// --- sessions that move between nodes: SessionMoves
/// A client wants to connect; answered by ClaimDone.
struct SessionClaim {
  WorkerIndex worker;
  Token token = 0;
  std::string client_id;
  bool clean_start = false;
};
/// The client of a SessionClaim is gone.
struct SessionUnclaimed {
  WorkerIndex worker;
  Token token = 0;
};
/// A client has connected; answered by SessionKnown if `waits`.
struct SessionHeld {
  WorkerIndex worker;
  Token token = 0;  ///< of its SessionClaim, if it had one
  std::string client_id;
  bool clean_start = false;
  bool waits = false;
};
struct SessionReleased {
  std::string client_id;
};
/// Answer to SessionExport; no image: there is no session any more.
struct SessionExported {
  std::string client_id;
  std::optional<std::string> image;
};
/// A session has arrived: what was released before was an older one.
struct SessionImported {
  std::string client_id;
  bool relays = false;  ///< its old home may have something to relay
};
struct SessionRelay {
  std::string client_id;
  std::string bytes;
};
struct SessionAdopted {
  std::string client_id;
};
// --- what is under way: Fences
/// All fences of a node have come to this worker.
struct FencePassed {
  std::string node;
  std::uint64_t round = 0;
};
// --- wills, for the case that this node dies: Wills
struct WillLeft {
  std::string client_id;
  mqtt::MessagePtr message;
  std::uint32_t delay_s = 0;
  WallMillis detached_at = 0;  ///< 0: the client is there
};
struct WillDropped {
  std::string client_id;
};
// --- clients that other nodes are to serve: Evacuation
/// Answer to SendAway.
struct SentAway {
  WorkerIndex worker;
  std::size_t sent = 0;
  std::size_t connections = 0;  ///< that are left
  std::size_t sessions = 0;
};
// --- the end of a node and its next beginning: Farewell, SessionKeeper
/// Answer to ShutDown: all connections are closed.
struct ClientsGone {
  WorkerIndex worker;
};
/// Answer to SessionsRest; none: there are no more.
struct SessionsRested {
  WorkerIndex worker;
  std::vector<broker::RestingSession> sessions;
};
/// Answer to RestoreEnd.
struct SessionsRestored {
  WorkerIndex worker;
};
using ToControl =
    std::variant<SubscribeRequest, UnrouteRequest, GroupRequest, ExclusiveHeld, ExclusiveReleased,
                 RetainRequest, DelayRequest, QueryReply, AdmitRequest, AdmitMore, AdmitNoMore,
                 ClientFlapping, SessionClaim, SessionUnclaimed, SessionHeld, SessionReleased,
                 SessionExported, SessionImported, SessionRelay, SessionAdopted, FencePassed, WillLeft,
                 WillDropped, SentAway, ClientsGone, SessionsRested, SessionsRestored>;

// ---------------------------------------------------------------- control -> worker

struct SubscribeDone {
  Token token = 0;
  std::vector<std::vector<mqtt::MessagePtr>> retained;
  std::vector<std::size_t> refused{};  ///< filters that somebody else has for himself
};
/// `winner` has it as well, and is to have it.
struct ExclusiveLost {
  std::string name;
  std::string client_id;
  std::string winner;
};
struct DelayDone {
  Token token = 0;
  bool kept = true;  ///< false: there are as many as may be
};
/// What a RetainRequest asked for is on disk, or was not to be.
struct Retained {
  Token token = 0;
};
/// A member is reachable: open a forwarding link to it. `incarnation` changes whenever that node's process
/// starts.
struct PeerUp {
  Slot slot;
  std::string node;
  std::uint64_t incarnation = 0;
};
/// A member is not reachable now. Unacknowledged forwards are kept for a bounded time.
struct PeerDown {
  Slot slot;
};
/// A node is no member any more: whatever waits for it is dropped, counted and settled.
struct PeerGone {
  Slot slot;
};
struct MembersChanged {
  bool alone = true;     ///< there are no others, reachable or not
  bool complete = true;  ///< all others are reachable

  friend bool operator==(const MembersChanged&, const MembersChanged&) = default;
};
/// Who may do what.
struct AccessChanged {
  broker::AccessPolicy policy;
};
/// Rules for single clients that have changed.
struct RulesChanged {
  struct Rules {
    broker::RulesFor whom = broker::RulesFor::client_id;
    std::string name;
    broker::AclRulesPtr rules;  ///< nullptr: there are none
  };
  std::vector<Rules> changes;
};
struct Admitted {
  Token token = 0;
  broker::Admission admission;
};
/// Publish as if a client of this node had (RPC, REST).
struct PublishRequest {
  mqtt::MessagePtr message;
  /// The broker speaks of itself ($SYS): no client's publish, and stored already if it is to be retained.
  bool system = false;
};
/// What operators watch: traces, and topics that are counted one by one.
struct WatchesChanged {
  broker::TracesPtr traces;
  broker::WatchedTopics topics;
};
enum class QueryKind : std::uint8_t {
  clients,
  subscriptions,
  stats,
  kick,
  subscribe,
  unsubscribe,
  slow_subscribers,
  clear_slow_subscribers,
  topic_counts,
  explain_publish,
  explain_link,
  explain_delivery,
};
struct Query {
  QueryId query;
  QueryKind kind = QueryKind::stats;
  std::string client_id;  ///< for kick, subscribe, unsubscribe and explain_delivery
  std::string filter{};   ///< for subscribe and unsubscribe; of explain_*: the topic
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  std::string publisher{};  ///< for explain_publish and explain_delivery: a client id
  std::string node{};       ///< for explain_link: where the message is to go
};
/// Other settings; see Worker.
struct ConfigChanged {
  std::shared_ptr<const Config> config;
};
struct ShutDown {};
/// Ends so many connections.
struct SendAway {
  std::size_t count = 0;
  bool turn_away = false;  ///< and no new ones
};
// --- sessions that move between nodes: SessionMoves
struct ClaimDone {
  Token token = 0;
  bool superseded = false;   ///< a newer connection of this id came in elsewhere
  bool left_behind = false;  ///< there is an older session, out of reach
};
struct SessionKnown {
  Token token = 0;
};
struct SessionExport {
  std::string client_id;
  bool discard = false;  ///< end it instead
  broker::Departure departure = broker::Departure::to_client;
};
struct SessionImport {
  std::string client_id;
  std::string image;
  bool newer = false;  ///< than what is here
};
struct SessionRelayed {
  std::string client_id;
  std::string bytes;
  broker::Relayed how = broker::Relayed::in_order;
};
struct SessionCaughtUp {
  std::string client_id;
};
struct SessionArrivalOver {
  std::string client_id;
};
struct SessionLeavingOver {
  std::string client_id;
};
struct SessionTakeBack {
  std::string client_id;
  bool arriving = false;  ///< its own old home still relays
};
// --- what is under way: Fences
/// Behind all messages for that node; a slot of this node's own workers: for all of them.
struct SendFence {
  Slot slot;
  std::uint64_t round = 0;
};
/// Give up to `count` more sessions for the disk; from the first time on nothing else is done.
struct SessionsRest {
  std::size_t count = 0;
};
/// A session that was on disk.
struct SessionRestore {
  std::string client_id;
  std::string image;
  Duration grace{0};  ///< what was over meanwhile ends no sooner than in this time
};
/// These were all.
struct RestoreEnd {};
using ToWorker =
    std::variant<SubscribeDone, ExclusiveLost, Retained, DelayDone, PeerUp, PeerDown, PeerGone,
                 MembersChanged, ConfigChanged, WatchesChanged, AccessChanged, RulesChanged, Admitted,
                 PublishRequest, Query, ShutDown, SendAway, ClaimDone, SessionKnown, SessionExport,
                 SessionImport, SessionRelayed, SessionCaughtUp, SessionArrivalOver, SessionLeavingOver,
                 SessionTakeBack, SendFence, SessionsRest, SessionRestore, RestoreEnd>;

}  // namespace meshmq::node
