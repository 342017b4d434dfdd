#pragma once
// One worker's world of clients: channels, sessions, subscriptions. Pure: driven by its owner, knows no
// peers.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "broker/access_policy.hpp"
#include "broker/client_info.hpp"
#include "broker/config.hpp"
#include "broker/explain.hpp"
#include "broker/metrics.hpp"
#include "broker/moving.hpp"
#include "broker/peer.hpp"
#include "broker/ports.hpp"
#include "broker/slow_subscribers.hpp"
#include "broker/topic_metrics.hpp"
#include "broker/tracing.hpp"
#include "mqtt/message.hpp"

namespace meshmq::broker {

struct SubscriptionInfo {
  std::string client_id;
  std::string filter;
  mqtt::QoS qos = mqtt::QoS::at_most_once;
};

/// Sizes of now, for `broker stats`.
struct Stats {
  std::size_t connections = 0;
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;  ///< of both kinds
  std::size_t shared_subscriptions = 0;
};

/// Drives every channel of one worker. Events come in by the methods below, effects leave through Output and
/// Router. Thread rule: one owner. No method may be called from within an Output or Router call.
class Broker {
 public:
  /// `output` and `router` must outlive the broker. `seed` makes assigned client ids unpredictable.
  Broker(const Config& config, WorkerIndex self, Output& output, Router& router, Logger log,
         std::uint64_t seed);
  ~Broker();

  // --- events from connections
  void open(ConnId conn, Peer peer, Now now);
  void open(ConnId conn, std::string peername, Now now) {
    open(conn, Peer{.name = std::move(peername)}, now);
  }
  /// Handles whole packets at the front of `bytes` and returns how many bytes they took; the shell keeps the
  /// rest and hands it in again with what follows. After Output::close() or move() of `conn` nothing more is
  /// taken.
  [[nodiscard]] std::size_t handle_bytes(ConnId conn, std::string_view bytes, Now now);
  /// The socket is gone, by either side's doing.
  void closed(ConnId conn, Now now);
  /// The connection's queued output fell below half of Config::output_bytes_max.
  void drained(ConnId conn, Now now);

  // --- events from the node
  /// A message for this worker's subscribers, from another worker or node. Returns how many sessions took it.
  std::size_t deliver(const mqtt::MessagePtr& message, Now now);
  /// A message for one member of each of these groups. Returns how many took it; for the rest the router was
  /// asked.
  std::size_t deliver_shared(const mqtt::MessagePtr& message, std::span<const SharedPick> picks, Now now);
  /// Answer to Router::subscribe(): every live peer has the routes (or the wait is over); one list of
  /// retained messages for each filter, in order. `refused`: filters, by number, that somebody else has for
  /// himself.
  void subscribe_done(Token token, std::vector<std::vector<mqtt::MessagePtr>> retained, Now now,
                      std::span<const std::size_t> refused = {});
  /// The client's exclusive subscription ends: `winner` has it as well, and for longer. If it is connected,
  /// its connection ends too, so that it hears of it.
  void lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner, Now now);
  /// Answer to an unsettled Router::route(): every node that needs the message has it (or the wait is over).
  void publish_settled(Token token, Now now);
  /// Answer to Router::delay(): there are as many as may be. A 3.x client that waits for an acknowledgement
  /// is disconnected, since none could say so: it keeps the message and sends it again.
  void publish_refused(Token token, Now now);
  /// As if a client without a name had published it; its id is replaced.
  void publish(const mqtt::MessagePtr& message, Now now);
  /// The same for what the broker says of itself ($SYS): not counted, and not retained here.
  void publish_system(const mqtt::MessagePtr& message, Now now);
  /// What congested route() has room again.
  void resume_publishers(Now now);

  // --- sessions that move between nodes: see SessionTransfer
  /// Answer to Router::claim(): go on, or give way to a newer connection elsewhere.
  void claim_done(Token token, bool superseded, bool left_behind, Now now);
  /// Answer to Router::hold(): wherever the client connects from now on, its session is found.
  void session_known(Token token);
  /// The session as bytes; from now on it leaves. Nothing if there is none that outlives its connection.
  std::optional<std::string> export_session(std::string_view client_id, Now now,
                                            Departure departure = Departure::to_client);
  bool discard_session(std::string_view client_id, Now now);
  void end_leaving(std::string_view client_id, Now now);
  void take_back_session(std::string_view client_id, bool arriving, Now now);
  Result<bool> import_session(std::string_view image, Now now, bool newer = false);
  void relayed(std::string_view client_id, std::string_view outgoing, Relayed how, Now now);
  void caught_up(std::string_view client_id, Now now);
  void arrival_over(std::string_view client_id, Now now);
  // --- sessions between two processes: see SessionTransfer
  std::vector<RestingSession> rest_sessions(std::size_t count, Now now);
  Result<void> restore_session(std::string_view image, Duration grace, Now now);

  // --- who may come in
  /// Answer to Router::admit() and admit_more().
  void admission_done(Token token, Admission admission, Now now);

  /// Who may do what, from now on.
  void set_access(AccessPolicy policy);
  /// Rules for one client id or user name, asked before those for everybody; nullptr: there are none.
  void set_rules(RulesFor whom, std::string_view name, AclRulesPtr rules);

  // --- time
  /// Keep-alive, session expiry, will delay, retries. Call at least every Config::tick_interval.
  void tick(Now now);

  /// Other settings, with as many zones. Connections keep the limits of their zone that they began with, and
  /// sessions those of their last connection; what Config marks "node" holds at once.
  void reconfigure(const Config& config);

  // --- operators
  bool kick(std::string_view client_id, Now now);
  /// As if a client that is connected here had asked; no SUBACK is sent. False: it is not connected here.
  /// What came of it is told by Router::subscribed_for(operation), if possible at once.
  bool subscribe(std::string_view client_id, std::string_view filter, mqtt::QoS qos, Token operation);
  /// Nothing: it is not connected here.
  std::optional<mqtt::ReasonCode> unsubscribe(std::string_view client_id, std::string_view filter);
  /// Ends one connection with a goodbye; its session lives on.
  void end_connection(ConnId conn, Now now);
  /// From now on CONNECTs are refused with 0x9C Use another server, or not any more.
  void turn_away(bool on);
  /// Ends up to `count` connections, v5 clients are told 0x9C. Returns how many; sessions live on.
  std::size_t send_away(std::size_t count, Now now);
  /// In the order of client ids; with a client id, that one alone or nothing.
  std::vector<ClientInfo> clients(std::string_view client_id = {}) const;
  std::vector<SubscriptionInfo> subscriptions() const;
  Stats stats() const;
  const Metrics& metrics() const;

  // --- what operators look at
  /// Traces, and topics that are counted one by one, from now on.
  void watch(TracesPtr traces, const std::vector<std::string>& topics);
  /// From the publish to the sending; see Observation.
  const Histogram& delivery_times() const;
  const std::vector<SlowSubscriber>& slow_subscribers() const;
  void clear_slow_subscribers();
  std::vector<TopicCounts> topic_counts() const;
  /// Why a message would reach a client, or not; see Explaining. Nothing if this worker has no session of it.
  std::vector<ExplainStep> explain_delivery(const ExplainQuestion& question, Now now);
  bool has_session(std::string_view client_id) const;
  /// What becomes of it where it is published, by a client of this worker or by nobody in particular.
  std::vector<ExplainStep> explain_publish(const ExplainQuestion& question, Now now);
  /// Says goodbye to everybody ([MQTT5 3.14.2.1] 0x8B to v5 clients) and closes.
  void shut_down(Now now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::broker
