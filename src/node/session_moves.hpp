#pragma once
// One session per client id in the whole cluster: who has it, and how it comes to where its client is.

#include <algorithm>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/moving.hpp"
#include "broker/session_transfer.hpp"
#include "cluster/client_rows.hpp"
#include "node/client_table.hpp"
#include "node/messages.hpp"
#include "node/session_wire.hpp"

namespace meshmq::node {

/// What SessionMoves needs of its node. Never calls back from within a call.
class SessionMovesPorts {
 public:
  virtual ~SessionMovesPorts() = default;
  virtual void to_home(std::string_view client_id, ToWorker message) = 0;
  /// False: the node is not up.
  virtual bool send_to_peer(const std::string& node, std::string bytes) = 0;
  /// Empty for slots of no node.
  virtual std::string_view node_of(Slot slot) const = 0;
  virtual bool running(const std::string& node) const = 0;
  /// No member is out of reach.
  virtual bool everybody_runs() const = 0;
  virtual RowStamp next_stamp(Now now) = 0;
  /// A stamp of another node: later ones of ours must be greater.
  virtual void observe(RowStamp stamp) = 0;
  virtual void publish_row(ClientKey key, const ClientRow& row) = 0;
  virtual void withdraw_row(ClientKey key) = 0;
  /// The client of this session has no CONNACK yet: it waits until all know the session's row.
  virtual bool connack_waits(ClientKey key) const = 0;
  /// ... until they know the row that has been published last.
  virtual void wait_anew(ClientKey key, Now now) = 0;
  /// SessionMoves::fence_passed() is called with this number, or a later one, when everything has come that
  /// was sent here before now - if nobody hangs.
  virtual std::uint64_t ask_for_fence() = 0;
};

/// Every node knows by replicated rows who holds which client id. A CONNECT asks the holder for the session
/// (TakeOver) and goes on when it has arrived, or when there is none, or when nobody answered in time. The
/// session is in one place; where it was, a stub points to the next. Stamps decide between connects at the
/// same moment: the newest wins, and a loser gives way at once, so that nobody waits for somebody who waits.
/// Two sessions of one id that could not know of each other (connects at the same moment, a split) become one
/// when their rows meet: the newer one takes the older one in.
/// Stamps are as good as the clocks of nodes that do not hear of each other. Who hears of both helps: a row
/// that comes after a newer one of another node makes its sender stamp it anew (Behind), as long as its
/// client has no CONNACK and may have left that other node.
///
///     here                                     old home
///     SessionClaim -- TakeOver --------------> SessionExport to its worker
///     SessionImport <-- Image ... ------------ (the session has left: a stub relays)
///                   <-- Relay ... ------------
///     ClaimDone, routes known -- Adopted ----> waits for a fence, `settle_wait` at most
///     SessionCaughtUp <-- CaughtUp ----------- waits `tail_wait`
///     SessionArrivalOver <-- Over ------------ the stub ends
///
/// A session moves on when its old home has caught up, not before: what is still under way must come before
/// what it holds back (Phase::waiting).
///
/// Code of the new home: session_moves.cpp; of the old one: session_leaving.cpp. Pure. Thread rule: one owner
/// (the control thread).
class SessionMoves final : public cluster::ClientRows {
 public:
  /// For a holder's answer; then the client begins anew.
  static constexpr Duration answer_wait = std::chrono::seconds(5);
  static constexpr Duration adopt_wait = std::chrono::seconds(15);
  /// What has arrived moves on after this time, whatever its old home says.
  static constexpr Duration catch_up_wait = broker::SessionTransfer::hold_max;
  /// Sessions of other nodes that one tick() takes in.
  static constexpr std::size_t pulls_per_tick = 1000;
  /// What was matched before the new routes were known is on its way for no longer than this...
  static constexpr Duration settle_wait = Duration(200);
  /// ... but for the odd straggler.
  static constexpr Duration tail_wait = std::chrono::seconds(5);
  /// The same at the end of this node: its links are read to their end anyway.
  static constexpr Duration last_tail_wait = std::chrono::seconds(1);
  static constexpr std::size_t image_part_bytes = 256 * 1024;

  /// `key_seed` is secret and the same on all nodes of a cluster.
  SessionMoves(SessionMovesPorts& ports, std::uint64_t key_seed, Logger log)
      : ports_(ports), key_seed_(key_seed), log_(log) {}

  // --- from the workers
  void handle(SessionClaim& m, Now now);
  void handle(SessionUnclaimed& m, Now now);
  void handle(SessionHeld& m, Now now);
  void handle(SessionReleased& m, Now now);
  void handle(SessionExported& m, Now now);
  void handle(SessionImported& m, Now now);
  void handle(SessionRelay& m, Now now);
  void handle(SessionAdopted& m, Now now);
  /// See SessionMovesPorts::ask_for_fence().
  void fence_passed(std::uint64_t round);

  // --- from other nodes
  void message(const std::string& node, std::string_view bytes, Now now);
  void peer_down(const std::string& node, Now now);
  void tick(Now now);
  /// Before anything that has come is acknowledged.
  void end_of_turn();

  // --- the end of this node and its next beginning
  /// From now on nothing is taken in, and what leaves is not waited for long.
  void close() { closing_ = true; }
  /// Offers of other nodes are declined.
  void decline_offers(bool on) { declines_offers_ = on; }
  /// Asks a running node to take over a session whose client is away.
  void offer(const std::string& client_id, const std::string& node);
  /// Sessions on their way to a node that has not said that it has them are here again; all others that have
  /// left are gone. When no node can be reached any more.
  void take_back_all();
  /// A session that was on disk is here again.
  void restore(const std::string& client_id, const ClientRow& row);
  /// Of a session that is here.
  ClientRow row_of(std::string_view client_id) const;
  /// Client ids of all sessions that are here and not on their way, sorted.
  std::vector<std::string> held() const;
  /// Its image has left.
  bool is_leaving(const std::string& client_id) const;
  std::size_t leaving_count() const { return exports_.size(); }
  /// Another node has been asked for a session and has not answered: it may be on its way here.
  bool asking() const {
    return std::any_of(claims_.begin(), claims_.end(),
                       [](const auto& claim) { return !claim.second.asked.empty(); });
  }
  /// Called with each client id whose client has come, or whose session has ended or left: what was written
  /// down of it is old.
  std::function<void(std::string_view client_id)> on_change;

  /// Called with each key of which a node says that it has the session.
  std::function<void(ClientKey)> on_row;
  ClientKey key_of(std::string_view client_id) const { return hash_bytes(client_id, key_seed_); }

  // --- cluster::ClientRows
  std::optional<ClientRow> set(ClientKey key, Slot slot, const ClientRow& row) override;
  std::optional<ClientRow> erase(ClientKey key, Slot slot) override;
  void for_each(Slot slot, const Visit& visit) const override { table_.for_each(slot, visit); }
  void for_each_row(const std::function<void(ClientKey, Slot, const ClientRow&)>& visit) const override {
    table_.for_each_row(visit);
  }

  // --- inspection
  /// The running node that has the session; empty: none, or this one.
  std::string holder(std::string_view client_id) const;
  bool holds(std::string_view client_id) const {
    const auto own = own_.find(key_of(client_id));
    return own != own_.end() && !own->second.over;
  }
  void kick(const std::string& node, std::string_view client_id);
  /// Calls visit(client id) for each id that is asked to be kicked here.
  std::function<void(const std::string&)> on_kick;
  /// Older sessions of other nodes that have become one with those here.
  std::uint64_t taken_in() const { return taken_in_; }
  bool idle() const {
    return claims_.empty() && arrivals_.empty() && exports_.empty() && rivals_.empty() &&
           absent_rivals_.empty();
  }

 private:
  using RequestId = wire::RequestId;

  /// A client that connects: the worker's name for it.
  using Claimant = std::pair<WorkerIndex, Token>;
  struct Ask {
    std::string node;
    RowStamp stamp;  ///< of the CONNECT
    RowStamp row;    ///< of the session; the greatest if it is not known
    std::string image;
    /// Once the image has come: what followed it, and whether the node is lost since then.
    std::vector<std::string> relayed{};
    bool lost = false;
  };
  /// CONNECTs of one client id that wait for the session; none of them: we take in an older session.
  struct Claim {
    RowStamp stamp;  ///< of the newest CONNECT
    bool clean_start = false;
    /// The worker was about to export the session: it comes back first.
    bool returning = false;
    /// The session has come, but not everybody knows yet that it is here: what is published after CONNACK
    /// reaches it, whoever can still reach its old home.
    bool adopting = false;
    /// A node that may have the session cannot be asked, or did not answer.
    bool left_behind = false;
    std::vector<Claimant> waiters;
    /// Let go on, not seen as held yet.
    std::vector<Claimant> granted;
    std::map<RequestId, Ask> asked;
    /// Answered with an image. Taken in together, the newest first.
    std::vector<std::pair<RequestId, Ask>> came;
    TimePoint deadline{};
    /// Asked for by newer connects of other nodes; answered when this one is through.
    std::vector<std::pair<std::string, wire::TakeOver>> queue;

    /// False: nobody waits (any more); a session that has moved on is the business of its new home.
    bool wanted() const { return !waiters.empty() || !granted.empty(); }
    bool pending() const { return returning || (adopting && wanted()) || !asked.empty() || !came.empty(); }
    bool asks(const std::string& node) const {
      return std::any_of(asked.begin(), asked.end(),
                         [&](const auto& ask) { return ask.second.node == node; });
    }
  };
  /// Where a session came from and what is still relayed comes from. Several if it moved quickly.
  struct Source {
    std::string node;
    RequestId request = 0;

    auto operator<=>(const Source&) const = default;
  };
  struct Arrival {
    RowStamp stamp;
    std::vector<Source> sources;  ///< the newest last
    std::vector<Source> caught_up;
    /// The newest source has not caught up.
    bool behind = true;
    TimePoint since{};
  };
  enum class Phase : std::uint8_t { waiting, asked, returning, sent, adopted, caught_up };
  struct Export {
    std::string node;
    RequestId request = 0;
    broker::Departure departure = broker::Departure::to_client;
    Phase phase = Phase::asked;
    TimePoint since{};
    /// Came while the worker was asked; it may have to come back.
    std::vector<std::pair<std::string, wire::TakeOver>> queue{};

    bool has_left() const { return phase >= Phase::sent; }
  };
  struct Own {
    RowStamp stamp;
    /// A clean start: what was there before is not to come back. A time, as in the row.
    std::uint64_t void_before = 0;
    std::string client_id;
    /// The session has ended. Its row stays as long as another node, out of reach, has one that it made void.
    bool over = false;
  };
  using Claims = std::unordered_map<std::string, Claim>;
  using Arrivals = std::unordered_map<std::string, Arrival>;
  using Exports = std::unordered_map<std::string, Export>;

  Own& hold(const std::string& client_id, RowStamp stamp);
  void let_go(std::string_view client_id);
  /// The session has ended here, not moved.
  void end_own(std::string_view client_id);
  /// Another node has a session that this one made void.
  bool voids_others(ClientKey key, const Own& own) const;
  void forget_if_needless(ClientKey key);
  /// Sessions of before then are over, as far as the rows tell.
  std::uint64_t void_before(ClientKey key) const;
  /// Those that are older than this one: of two clean starts at the same time one is.
  std::uint64_t void_before(ClientKey key, RowStamp older) const;

  // --- new home
  void ask_around(const std::string& client_id, Claim& claim);
  void ask(const std::string& client_id, Claim& claim, const std::string& node, bool clean_start);
  /// `row`: what that node has.
  void ask_for_row(const std::string& client_id, Claim& claim, const std::string& node, const ClientRow& row);
  void send_ask(Claim& claim, const std::string& node, wire::TakeOver frame);
  void go_on(Claims::iterator it, Now now);
  void end_claim(Claims::iterator it, Now now);
  void tell(Claim& claim, const std::string& client_id, bool superseded);
  /// This one waits no more, and has not been seen as held.
  void forget(Claims::iterator it, const Claimant& claimant, Now now);
  Claims::iterator claim_of(const std::string& node, RequestId request);
  /// Of an image that waits for others; nullptr: there is none.
  Ask* came_from(const std::string& node, RequestId request);
  /// Another answer has come, or will not come.
  void advance(Claims::iterator it, Now now);
  void take_in_images(const std::string& client_id, Claim& claim, Now now);
  bool take_in_rivals(const std::string& client_id, Now now);
  void tick_claims(Now now);
  /// The client id; empty: none.
  std::string arrival_of(const std::string& node, RequestId request) const;
  void end_source(const std::string& client_id, const Source& source, Now now);
  /// What is older than what it holds back may still come.
  bool is_behind(const std::string& client_id, Now now) const;
  std::optional<RowStamp> row_at(const std::string& node, ClientKey key) const;

  // --- old home
  void answer(const std::string& node, RequestId request, wire::Outcome outcome, std::string other = {});
  /// A client is here again before the worker was asked.
  void call_off(Exports::iterator it);
  /// It need not wait any more, if it did.
  void move_on(const std::string& client_id, Now now);
  bool send_image(const Export& out, std::string_view image);
  Exports::iterator export_of(const std::string& node, RequestId request);
  void take_back(const std::string& client_id);
  void end_export(Exports::iterator it, bool tell_new_home);
  bool newer_elsewhere(const std::string& client_id) const;
  void lost_new_home(const std::string& node);
  void settle(Export& out);
  void tick_exports(Now now);

  void handle(const std::string& node, const wire::TakeOver& f, Now now);
  void handle(const std::string& node, const wire::Answer& f, Now now);
  void handle(const std::string& node, const wire::Image& f, Now now);
  void handle(const std::string& node, const wire::Relay& f, Now now);
  void handle(const std::string& node, const wire::Adopted& f, Now now);
  void handle(const std::string& node, const wire::CaughtUp& f, Now now);
  void handle(const std::string& node, const wire::Over& f, Now now);
  void handle(const std::string& node, const wire::Kick& f, Now now);
  void handle(const std::string& node, const wire::Refused& f, Now now);
  void handle(const std::string& node, const wire::Offer& f, Now now);
  void handle(const std::string& node, const wire::Behind& f, Now now);

  SessionMovesPorts& ports_;
  std::uint64_t key_seed_;
  Logger log_;
  ClientTable table_;
  std::unordered_map<ClientKey, Own> own_;
  Claims claims_;
  std::unordered_map<RequestId, std::string> claimed_by_;  ///< request -> client id
  Arrivals arrivals_;
  std::map<Source, std::string> arrived_from_;
  Exports exports_;
  std::map<Source, std::string> exported_to_;  ///< new home and its request
  /// The fences that adopted ones wait for, in order.
  std::deque<std::pair<std::uint64_t, Source>> unsettled_;
  std::map<Claimant, std::string> claimants_;  ///< those in claims_
  /// Client ids of which an older session may be elsewhere.
  std::set<std::string> rivals_;
  std::map<std::string, std::set<std::string>> absent_rivals_;  ///< by node, until it is back
  /// Keys of which another node has given up a row.
  std::set<ClientKey> over_;
  std::vector<std::pair<std::string, wire::Behind>> behind_;  ///< to be told to these nodes
  std::map<std::string, std::string> offered_;                ///< client id -> to which node
  bool closing_ = false;
  bool declines_offers_ = false;
  RequestId last_request_ = 0;
  std::uint64_t taken_in_ = 0;
};

}  // namespace meshmq::node
