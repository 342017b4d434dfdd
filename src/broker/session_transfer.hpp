#pragma once
// Sessions that move between nodes, as one worker sees them.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "broker/closing.hpp"
#include "broker/session_image.hpp"
#include "broker/session_life.hpp"
#include "broker/subscribing.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

/// A session is found in one place at a time. At its old home it stays as a stub: its subscriptions still
/// catch what was sent there, and every message follows it. At its new home it takes what comes from the
/// stub first and what comes directly behind that, each message once.
///
///     old home:  export_image() -> leaving ----------------------------------> end_leaving()
///     new home:             import() -> arriving, holding -> caught_up() -> arrival_over()
///
/// Which node has it, and when the stages begin, is decided by node::SessionMoves. Thread rule: one owner.
class SessionTransfer final : public Diversion {
 public:
  /// Held messages of one arriving session; what would be more is let through.
  static constexpr std::size_t held_max = 100'000;
  /// How long what comes directly waits for an old home that has stopped to answer. Order is worth so much
  /// and no more.
  static constexpr Duration hold_max = std::chrono::seconds(3);
  /// How long a straggler waits for what it would overtake.
  static constexpr Duration straggler_wait = Duration(200);
  /// QoS 2 messages that a session with an older one out of reach remembers; later ones may come twice.
  static constexpr std::size_t remembered_max = 10'000;

  SessionTransfer(World& world, SessionLife& life, Closing& closing, Subscribing& subscribing)
      : world_(world), life_(life), closing_(closing), subscribing_(subscribing) {
    world_.delivery.set_diversion(*this);
  }

  // --- old home
  /// Ends the client's connection ([MQTT-3.1.4-3]); nothing if there is no session that outlives it.
  std::optional<std::string> export_image(std::string_view client_id, Departure departure, Now now);
  /// Ends connection and session: another node has begun anew. False: there was none.
  bool discard(std::string_view client_id, Now now);
  /// The new home is on its own from now on.
  void end_leaving(std::string_view client_id);
  /// The new home is lost: the session waits here again.
  /// `arriving`: its own old home still relays.
  void take_back(std::string_view client_id, bool arriving, Now now);

  // --- new home
  /// The session waits for its client, and its routes to be known: Router::adopted(). If there is one here
  /// already (the cluster was split), the newer one of the two takes the other one in: it is the one that its
  /// client knows, with the packet ids of what is under way. True: its old home may have something to relay.
  Result<bool> import(std::string_view image, bool newer, Now now);
  /// A message from the old home.
  void relayed(std::string_view client_id, std::string_view outgoing, Relayed how, Now now);
  void caught_up(std::string_view client_id, Now now);
  void arrival_over(std::string_view client_id, Now now);
  void tick(Now now);

  // --- disk
  /// Up to `count` more sessions that outlive their connection, by client id; none: these were all. The
  /// worker must be at rest from the first call on: no event changes a session any more.
  std::vector<RestingSession> rest(std::size_t count, Now now);
  /// One of those, in a new process: it waits for its client as if nothing had happened. A will or an end
  /// that was due meanwhile comes after `grace`: by then other nodes have said if the client was there.
  Result<void> restore(std::string_view image, Duration grace, Now now);

  /// True if the token was one of ours.
  bool routes_done(Token token);

  bool divert(Session& session, const Outgoing& outgoing, Now now) override;
  /// For ZoneHistory::keep_only().
  void add_zones_of_stubs(std::set<const Config*>& used) const {
    for (const auto& [client_id, leaving] : leaving_) used.insert(leaving.stub->zone);
  }

 private:
  void subscribe(Session& session, std::string_view filter, SubscriptionOptions options, Token token,
                 std::vector<SubscribeFilter>& filters);
  Session& settle_in(const std::string& client_id, std::unique_ptr<Session> arriving, Now now);
  /// Its filters have a subscriber now; Router::adopted() when everybody knows.
  void subscribe_all(Session& session, const std::vector<ImagedSubscription>& subscriptions);
  void take_in(Session& session, Session& other, const std::vector<ImagedSubscription>& theirs, Now now);
  static void forget_got_there(Session& session);
  static bool got_directly(const Arrival& arrival, const Outgoing& outgoing);
  static bool got_there(const Arrival& arrival, const Outgoing& outgoing);
  static bool has_got(const Arrival& arrival, const Outgoing& outgoing);
  static bool note(Arrival& arrival, const Outgoing& outgoing);
  void relayed(std::string_view client_id, Outgoing outgoing, Relayed how, Now now);
  bool is_known(std::string_view client_id, const Outgoing& outgoing) const;
  void keep(Session& stub, const Outgoing& outgoing);
  void linger(Session& session, Now now);
  void drain(Session& session, Now now);
  void forget_subscriptions(Session& session);
  void join_group(Session& session, const ImagedSubscription& wanted);

  struct Leaving {
    std::unique_ptr<Session> stub;
    std::vector<ImagedSubscription> groups;  ///< which it was a member of
    Departure departure = Departure::to_client;
  };
  void end_departure(std::string_view client_id, const std::vector<ImagedSubscription>& groups);

  World& world_;
  SessionLife& life_;
  Closing& closing_;
  Subscribing& subscribing_;
  std::map<std::string, Leaving, std::less<>> leaving_;
  std::map<Token, std::string> adopting_;
  struct Straggler {
    TimePoint due;
    std::string client_id;
    Outgoing outgoing;
  };
  std::deque<Straggler> stragglers_;
  /// When arrivals stop to hold back, if they have not come anew since.
  std::deque<std::pair<TimePoint, std::string>> holding_;
  /// The same of arrivals that are over, until no late copy can come any more.
  std::deque<std::pair<TimePoint, std::string>> lingering_;
  /// Client ids that rest() has not reached yet, the last one first.
  std::optional<std::vector<std::string>> to_rest_;
  Token next_token_ = Token{1} << 63;  ///< far from Subscribing's
};

}  // namespace meshmq::broker
