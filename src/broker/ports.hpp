#pragma once
// What one worker's broker needs from the outside: a way to its clients (Output) and a way to everybody else
// (Router). The shell implements both for real sockets and mailboxes, the simulator for virtual ones.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "broker/admission.hpp"
#include "broker/flapping.hpp"
#include "broker/frame.hpp"
#include "broker/outgoing.hpp"
#include "broker/shared_pick.hpp"
#include "broker/traffic.hpp"
#include "mqtt/message.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// Index of a connection in its worker's table; chosen by the shell, reused only after Broker::closed().
using ConnId = StrongId<struct ConnIdTag, std::uint32_t>;
/// Workers of a node are numbered from 0.
using WorkerIndex = StrongId<struct WorkerIndexTag, std::uint16_t>;
/// Names an answer that comes later; unique per broker, never reused.
using Token = std::uint64_t;

/// Why the broker ends a connection; for logs, counters and `listeners`' shutdown counts.
enum class CloseReason : std::uint8_t {
  normal,             ///< the client said DISCONNECT
  protocol_error,     ///< bytes that no client should send
  keepalive_timeout,  ///< [MQTT-3.1.2-22]
  idle_timeout,       ///< no CONNECT in time
  not_authorized,
  taken_over,  ///< the same client id connected again
  discarded,   ///< the same, with a clean start
  kicked,      ///< by an operator
  evacuated,   ///< other nodes are to serve it
  contested,   ///< another client has its exclusive subscription
  limit,       ///< a configured limit; the log line names the key
  shutting_down,
};
std::string_view to_string(CloseReason reason);

/// Bytes to one worker's clients. Never calls back into the broker.
/// Hot path: send() and send_small() take no lock and copy no payload; the shell gathers once per loop turn.
class Output {
 public:
  virtual ~Output() = default;
  /// Queues one packet; `packet_id` is patched into the copy when frame->packet_id_offset() is not 0.
  /// Returns the bytes that now wait for this connection, including these.
  virtual std::size_t send(ConnId conn, const FramePtr& frame, mqtt::PacketId packet_id) = 0;
  /// Queues a packet of at most `small_packet_bytes_max` bytes (acknowledgements, PINGRESP). Same result.
  virtual std::size_t send_small(ConnId conn, std::string_view packet) = 0;
  /// Ends the connection after what is queued has been written. The shell answers with Broker::closed().
  virtual void close(ConnId conn, CloseReason reason) = 0;
  /// Stops and restarts reading from a client that outruns what it feeds. Input that was left over when it
  /// was paused is handed in again after the restart, whether more has come or not.
  virtual void pause_reading(ConnId conn) = 0;
  virtual void resume_reading(ConnId conn) = 0;
  /// What is queued is not written until release_output() or close().
  virtual void hold_output(ConnId conn) = 0;
  virtual void release_output(ConnId conn) = 0;
  /// The CONNECT at the front of the input belongs to a session of another worker: the shell moves the socket
  /// with all unread bytes there and forgets this ConnId; no closed() follows.
  virtual void move(ConnId conn, WorkerIndex home) = 0;
  /// What went over its socket so far. For lists.
  virtual SocketTraffic traffic(ConnId conn) const = 0;
};
inline constexpr std::size_t small_packet_bytes_max = 12;

/// One filter of a SUBSCRIBE, as far as the rest of the node has to know.
struct SubscribeFilter {
  std::string filter;
  bool add_route = true;  ///< the worker has no other subscriber of this filter yet; not for shared ones
  bool retained = true;   ///< wants the retained messages that match
  /// Who asks to be the only one to have this exclusive subscription; empty: an ordinary one.
  std::string claimant{};
};

/// What became of a published message, known when route() returns.
struct RouteResult {
  bool local = false;    ///< this worker has subscribers: the broker delivers to them itself
  bool matched = false;  ///< somebody, anywhere, is subscribed
  bool settled =
      true;  ///< false: Broker::publish_settled(token) follows; hold the PUBACK / PUBREC until then
  /// Members of shared groups that this worker is to choose; borrowed until the next call of route().
  std::span<const SharedPick> groups{};
  bool congested = false;  ///< stop reading this publisher until Broker::resume_publishers()
};

/// The rest of the node and cluster, seen from one worker. Never calls back into the broker from within a
/// call.
class Router {
 public:
  virtual ~Router() = default;
  /// Sends the message to every other worker and node that needs it. `token` is what publish_settled() will
  /// name.
  virtual RouteResult route(const mqtt::MessagePtr& message, Token token) = 0;
  /// Makes filters known to the cluster and fetches retained messages. Answered by
  /// Broker::subscribe_done(token), when all live peers know these filters, and what unroute() and share()
  /// have said before. There may be no filters.
  virtual void subscribe(Token token, std::vector<SubscribeFilter> filters) = 0;
  /// The worker's last subscriber of this filter is gone.
  virtual void unroute(std::string_view filter) = 0;
  /// The members of a shared group on this worker have changed; total 0: there are none any more.
  virtual void share(std::string_view group, GroupWeight weight) = 0;
  /// The client's session has an exclusive subscription without having asked for it here: it has arrived with
  /// it. Broker::lose_exclusive() follows if another one goes before it.
  virtual void hold_exclusive(std::string_view client_id, std::string_view name) = 0;
  /// The client does not have it, or does not ask for it, any more.
  virtual void release_exclusive(std::string_view client_id, std::string_view name) = 0;
  /// What Broker::subscribe(operation) has come to.
  virtual void subscribed_for(Token operation, mqtt::ReasonCode result) = 0;
  /// This worker has no member for a message that came for a group, or only such as are away or full
  /// (`has_members`): somebody else is to take it. False if nobody else could: the worker does what it can.
  /// Without members the answer is always true; what cannot be placed is kept for a while.
  virtual bool pass_on(const mqtt::MessagePtr& message, const SharedPick& pick, bool has_members) = 0;
  /// [MQTT-4.8.2-6] A message that a member left behind unacknowledged: another one is to get it.
  virtual void redispatch(const mqtt::MessagePtr& message, std::string_view group) = 0;
  /// Stores a retained message; an empty payload deletes it. Called before route() of the same message, with
  /// the same token: the message is not settled before it is stored.
  virtual void retain(const mqtt::MessagePtr& message, Token token) = 0;

  /// Keeps a message and publishes it when it is time. Answered by Broker::publish_settled(token) or
  /// Broker::publish_refused(token); not if `token` is 0.
  virtual void delay(const mqtt::MessagePtr& message, WallMillis due, Token token) = 0;

  // --- who may come in
  /// Answered by Broker::admission_done(token).
  virtual void admit(Token token, AdmissionRequest request) = 0;
  /// The client's next message in the same exchange. Same answer.
  virtual void admit_more(Token token, std::string data) = 0;
  /// Who asked is gone: no answer is needed.
  virtual void admit_no_more(Token token) = 0;
  /// A client comes and goes more often than flapping_detect_policy bears.
  virtual void flapping(FlappingClient client) = 0;

  // --- sessions that live on one node of many
  /// Brings the session of this client id here if another node has it, or ends it there (`clean_start`).
  /// True: nobody else can have it. False: Broker::claim_done(token) follows, after Broker::import_session()
  /// if it came.
  virtual bool claim(Token token, std::string_view client_id, bool clean_start) = 0;
  /// Who asked is gone, before or after the answer.
  virtual void unclaim(Token token) = 0;
  /// A client connected: its session is here, newer than any other of this id. With `clean_start` what others
  /// still have of it is void. `token`: that of its claim(), if it had one. True: nobody else has to know.
  /// False: Broker::session_known(token) follows, when every live peer does (or the wait is over).
  virtual bool hold(std::string_view client_id, bool clean_start, Token token) = 0;
  /// The session is over.
  virtual void release(std::string_view client_id) = 0;
  /// A message for a session that has left: sent after it.
  virtual void relay(std::string_view client_id, const Outgoing& outgoing) = 0;
  /// The routes of a session that has arrived are known everywhere.
  virtual void adopted(std::string_view client_id) = 0;

  // --- wills, for the case that this node dies before it can publish them
  /// The client's will from now on: to be published so long after its connection has ended, which was at
  /// `detached_at` (0: it is there).
  virtual void leave_will(std::string_view client_id, const mqtt::MessagePtr& will, std::uint32_t delay_s,
                          WallMillis detached_at) = 0;
  /// It is published or void. Only after leave_will().
  virtual void drop_will(std::string_view client_id) = 0;
};

}  // namespace meshmq::broker
