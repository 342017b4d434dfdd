// The new home of sessions: CONNECTs that ask for them, and their arrival.

#include "node/session_moves.hpp"

#include <utility>

namespace meshmq::node {

using wire::Outcome;

// ---------------------------------------------------------------- CONNECT here

void SessionMoves::handle(SessionClaim& m, Now now) {
  const auto it = claims_.try_emplace(m.client_id).first;
  Claim& claim = it->second;
  claim.stamp = ports_.next_stamp(now);
  claim.clean_start = claim.clean_start || m.clean_start;
  claim.waiters.emplace_back(m.worker, m.token);
  claimants_[{m.worker, m.token}] = m.client_id;
  // Whoever waits for us is older now. Who waits must never be waited for by somebody older.
  for (const auto& [node, take_over] : std::exchange(claim.queue, {})) {
    answer(node, take_over.request, Outcome::superseded);
  }
  // Also if others wait already: the session may be elsewhere since they asked.
  claim.deadline = now.mono + answer_wait;
  ask_around(m.client_id, claim);
  if (!claim.pending()) go_on(it, now);
}

void SessionMoves::ask_around(const std::string& client_id, Claim& claim) {
  // Where nobody can look there may be a session of which no row has come here.
  claim.left_behind = claim.left_behind || (!claim.clean_start && !ports_.everybody_runs());
  if (const auto it = exports_.find(client_id); it != exports_.end()) {
    Export& out = it->second;
    if (out.phase == Phase::returning) return;
    if (out.phase == Phase::waiting) {
      call_off(it);
    } else if (!out.has_left()) {
      answer(out.node, out.request, Outcome::superseded);
      for (const auto& [node, take_over] : std::exchange(out.queue, {})) {
        answer(node, take_over.request, Outcome::superseded);
      }
      out.phase = Phase::returning;
      claim.returning = true;
      return;
    } else {
      // It may be over there, and a newer one somewhere else: the rows tell.
      ask(client_id, claim, out.node, claim.clean_start);
    }
  }
  const ClientKey key = key_of(client_id);
  const auto own = own_.find(key);
  for (const ClientTable::Holder& holder : table_.holders(key)) {
    const std::string node(ports_.node_of(holder.slot));
    // What is older than ours is taken in later, without the client's having to wait.
    if (own != own_.end() && !own->second.over && holder.row.stamp < own->second.stamp) break;
    if (node.empty()) continue;
    if (ports_.running(node)) {
      ask_for_row(client_id, claim, node, holder.row);
    } else {
      claim.left_behind = true;
    }
  }
}

void SessionMoves::ask(const std::string& client_id, Claim& claim, const std::string& node,
                       bool clean_start) {
  send_ask(claim, node, {.stamp = claim.stamp, .clean_start = clean_start, .client_id = client_id});
}

void SessionMoves::ask_for_row(const std::string& client_id, Claim& claim, const std::string& node,
                               const ClientRow& row) {
  const std::uint64_t void_until = void_before(key_of(client_id), row.stamp);
  if (claim.clean_start || void_until <= row.stamp.time)
    return ask(client_id, claim, node, claim.clean_start);
  // It may have got a newer one meanwhile.
  send_ask(claim, node,
           {.stamp = claim.stamp, .clean_start = true, .client_id = client_id, .void_before = void_until});
}

void SessionMoves::send_ask(Claim& claim, const std::string& node, wire::TakeOver frame) {
  if (claim.asks(node)) return;
  frame.request = ++last_request_;
  const RowStamp unknown{UINT64_MAX, UINT64_MAX};
  const RowStamp row = row_at(node, key_of(frame.client_id)).value_or(unknown);
  if (!ports_.send_to_peer(node, encode(frame))) return;
  claim.asked[frame.request] = {node, claim.stamp, row, {}};
  claimed_by_[frame.request] = std::move(frame.client_id);
}

void SessionMoves::tell(Claim& claim, const std::string& client_id, bool superseded) {
  for (const Claimant& claimant : std::exchange(claim.waiters, {})) {
    if (superseded) {
      claimants_.erase(claimant);
    } else {
      claim.granted.push_back(claimant);
    }
    ports_.to_home(client_id, ClaimDone{claimant.second, superseded, claim.left_behind});
  }
}

void SessionMoves::forget(Claims::iterator it, const Claimant& claimant, Now now) {
  claimants_.erase(claimant);
  std::erase(it->second.waiters, claimant);
  std::erase(it->second.granted, claimant);
  if (!it->second.wanted() && !it->second.pending()) end_claim(it, now);
}

void SessionMoves::handle(SessionUnclaimed& m, Now now) {
  const Claimant claimant{m.worker, m.token};
  const auto client = claimants_.find(claimant);
  if (client != claimants_.end()) forget(claims_.find(client->second), claimant, now);
}

/// Nobody has to be waited for any more.
void SessionMoves::go_on(Claims::iterator it, Now now) {
  Claim& claim = it->second;
  if (!claim.wanted()) return end_claim(it, now);
  tell(claim, it->first, false);
}

void SessionMoves::end_claim(Claims::iterator it, Now now) {
  const Claim over = std::move(it->second);
  claims_.erase(it);
  for (const auto& [request, ask] : over.asked) claimed_by_.erase(request);
  for (const Claimant& claimant : over.granted) claimants_.erase(claimant);
  for (const auto& [node, take_over] : over.queue) handle(node, take_over, now);
}

SessionMoves::Claims::iterator SessionMoves::claim_of(const std::string& node, RequestId request) {
  const auto by = claimed_by_.find(request);
  if (by == claimed_by_.end()) return claims_.end();
  const auto it = claims_.find(by->second);
  if (it == claims_.end()) return it;
  const auto asked = it->second.asked.find(request);
  return asked != it->second.asked.end() && asked->second.node == node ? it : claims_.end();
}

void SessionMoves::handle(SessionHeld& m, Now now) {
  const auto it = claims_.find(m.client_id);
  // A new one has begun without that which has left.
  if (const auto out = exports_.find(m.client_id); out != exports_.end() && out->second.has_left())
    end_export(out, true);
  if (on_change) on_change(m.client_id);
  const Claimant claimant{m.worker, m.token};
  const bool granted = it != claims_.end() && claimants_.contains(claimant);
  Own& own = hold(m.client_id, granted ? it->second.stamp : ports_.next_stamp(now));
  if (m.clean_start && own.void_before < own.stamp.time) {
    own.void_before = own.stamp.time;
    ports_.publish_row(key_of(m.client_id), {own.stamp, own.void_before});
  }
  if (granted) forget(it, claimant, now);
}

void SessionMoves::handle(SessionReleased& m, Now) {
  end_own(m.client_id);
}

void SessionMoves::handle(const std::string& node, const wire::Answer& f, Now now) {
  const auto it = claim_of(node, f.request);
  if (it == claims_.end()) return;
  const std::string client_id = it->first;
  Claim& claim = it->second;
  const Ask asked = std::move(claim.asked.extract(f.request).mapped());
  claimed_by_.erase(f.request);
  if (f.outcome == Outcome::superseded) {
    // Unless a still newer client came in here since we asked.
    if (asked.stamp < claim.stamp) {
      ask(client_id, claim, node, claim.clean_start);
    } else {
      tell(claim, client_id, true);
    }
  } else if (f.outcome == Outcome::moved && claim.wanted() && ports_.running(f.node)) {
    ask(client_id, claim, f.node, claim.clean_start);
  }
  advance(it, now);
}

void SessionMoves::handle(const std::string& node, const wire::Image& f, Now now) {
  const auto it = claim_of(node, f.request);
  if (it == claims_.end()) {
    if (f.last) (void)ports_.send_to_peer(node, encode(wire::Refused{f.request}));
    return;
  }
  Claim& claim = it->second;
  claim.asked.at(f.request).image += f.bytes;
  if (!f.last) return;
  claim.came.emplace_back(f.request, std::move(claim.asked.extract(f.request).mapped()));
  advance(it, now);
}

void SessionMoves::advance(Claims::iterator it, Now now) {
  if (it->second.asked.empty() && !it->second.came.empty()) take_in_images(it->first, it->second, now);
  if (!it->second.pending()) go_on(it, now);
}

/// The first one is that which the client knows.
void SessionMoves::take_in_images(const std::string& client_id, Claim& claim, Now now) {
  // It was here before and is back: the worker puts it in the stub's place.
  if (const auto old = exports_.find(client_id); old != exports_.end()) {
    (void)ports_.send_to_peer(old->second.node, encode(wire::Over{old->second.request}));
    exported_to_.erase({old->second.node, old->second.request});
    exports_.erase(old);
  }
  std::stable_sort(claim.came.begin(), claim.came.end(),
                   [](const auto& x, const auto& y) { return y.second.row < x.second.row; });
  const auto own = own_.find(key_of(client_id));
  bool newer = own != own_.end() && own->second.stamp < claim.came.front().second.row;
  Arrival& arrival = arrivals_[client_id];
  arrival.stamp = claim.stamp;
  arrival.behind = true;
  arrival.since = now.mono;
  hold(client_id, claim.stamp);
  claim.adopting = true;
  auto came = std::exchange(claim.came, {});
  for (auto& [request, asked] : came) {
    claimed_by_.erase(request);
    arrival.sources.push_back({asked.node, request});
    arrived_from_[arrival.sources.back()] = client_id;
    ports_.to_home(client_id, SessionImport{client_id, std::move(asked.image), std::exchange(newer, false)});
    for (std::string& bytes : asked.relayed) {
      ports_.to_home(client_id, SessionRelayed{client_id, std::move(bytes)});
    }
  }
  for (const auto& [request, asked] : came) {
    if (asked.lost) end_source(client_id, {asked.node, request}, now);
  }
}

SessionMoves::Ask* SessionMoves::came_from(const std::string& node, RequestId request) {
  const auto by = claimed_by_.find(request);
  if (by == claimed_by_.end()) return nullptr;
  const auto claim = claims_.find(by->second);
  if (claim == claims_.end()) return nullptr;
  for (auto& [number, asked] : claim->second.came) {
    if (number == request && asked.node == node) return &asked;
  }
  return nullptr;
}

std::optional<RowStamp> SessionMoves::row_at(const std::string& node, ClientKey key) const {
  for (const ClientTable::Holder& holder : table_.holders(key)) {
    if (ports_.node_of(holder.slot) == node) return holder.row.stamp;
  }
  return std::nullopt;
}

/// As a CONNECT of that client would, but nobody waits.
void SessionMoves::handle(const std::string& node, const wire::Offer& f, Now now) {
  if (closing_ || declines_offers_ || claims_.contains(f.client_id) || holds(f.client_id)) return;
  // It may have been here a moment ago: then it comes back to its stub.
  if (exports_.contains(f.client_id) && !is_leaving(f.client_id)) return;
  Claim claim;
  // It stays as old as it is: its client may be somewhere else, out of that node's reach.
  const auto row = row_at(node, key_of(f.client_id));
  claim.stamp = row ? RowStamp{row->time + 1, row->writer} : ports_.next_stamp(now);
  claim.deadline = now.mono + answer_wait;
  ask(f.client_id, claim, node, false);
  if (claim.pending()) claims_.emplace(f.client_id, std::move(claim));
}

// ---------------------------------------------------------------- arriving

void SessionMoves::handle(SessionImported& m, Now now) {
  const auto it = arrivals_.find(m.client_id);
  if (it == arrivals_.end()) return;
  if (!exports_.contains(m.client_id)) hold(m.client_id, it->second.stamp);
  if (m.relays || it->second.sources.size() > 1) return;
  it->second.behind = false;
  move_on(m.client_id, now);
}

bool SessionMoves::is_behind(const std::string& client_id, Now now) const {
  const auto it = arrivals_.find(client_id);
  return it != arrivals_.end() && it->second.behind && now.mono - it->second.since < catch_up_wait;
}

std::string SessionMoves::arrival_of(const std::string& node, RequestId request) const {
  const auto it = arrived_from_.find({node, request});
  return it == arrived_from_.end() ? std::string() : it->second;
}

void SessionMoves::handle(SessionAdopted& m, Now now) {
  if (const auto it = arrivals_.find(m.client_id); it != arrivals_.end()) {
    for (const Source& source : it->second.sources) {
      (void)ports_.send_to_peer(source.node, encode(wire::Adopted{source.request}));
    }
  }
  const auto claim = claims_.find(m.client_id);
  if (claim == claims_.end() || !std::exchange(claim->second.adopting, false)) return;
  if (!claim->second.pending()) go_on(claim, now);
}

void SessionMoves::handle(const std::string& node, const wire::Relay& f, Now) {
  if (Ask* asked = came_from(node, f.request)) return asked->relayed.push_back(f.bytes);
  const std::string client_id = arrival_of(node, f.request);
  if (client_id.empty()) return;
  const auto& late = arrivals_.at(client_id).caught_up;
  const bool straggles = std::find(late.begin(), late.end(), Source{node, f.request}) != late.end();
  const auto how = straggles ? broker::Relayed::straggler : broker::Relayed::in_order;
  ports_.to_home(client_id, SessionRelayed{client_id, f.bytes, how});
}

void SessionMoves::handle(const std::string& node, const wire::CaughtUp& f, Now now) {
  const std::string client_id = arrival_of(node, f.request);
  if (client_id.empty()) return;
  Arrival& arrival = arrivals_.at(client_id);
  arrival.caught_up.push_back({node, f.request});
  if (arrival.sources.back() != arrival.caught_up.back()) return;
  arrival.behind = false;
  ports_.to_home(client_id, SessionCaughtUp{client_id});
  move_on(client_id, now);
}

void SessionMoves::handle(const std::string& node, const wire::Over& f, Now now) {
  const std::string client_id = arrival_of(node, f.request);
  if (!client_id.empty()) end_source(client_id, {node, f.request}, now);
}

void SessionMoves::end_source(const std::string& client_id, const Source& source, Now now) {
  const auto it = arrivals_.find(client_id);
  std::erase(it->second.sources, source);
  std::erase(it->second.caught_up, source);
  arrived_from_.erase(source);
  if (!it->second.sources.empty()) return;
  ports_.to_home(client_id, SessionArrivalOver{client_id});
  arrivals_.erase(it);
  move_on(client_id, now);
}

// ---------------------------------------------------------------- both

/// False: later.
bool SessionMoves::take_in_rivals(const std::string& client_id, Now now) {
  const auto own = own_.find(key_of(client_id));
  if (own == own_.end()) return true;
  if (claims_.contains(client_id) || exports_.contains(client_id)) return false;
  const auto arrival = arrivals_.find(client_id);
  const auto still_relays = [&](const std::string& node) {
    return arrival != arrivals_.end() &&
           std::any_of(arrival->second.sources.begin(), arrival->second.sources.end(),
                       [&](const Source& source) { return source.node == node; });
  };
  Claim claim;
  claim.stamp = own->second.stamp;
  claim.deadline = now.mono + answer_wait;
  for (const ClientTable::Holder& holder : table_.holders(own->first)) {
    const std::string node(ports_.node_of(holder.slot));
    if (node.empty() || own->second.stamp < holder.row.stamp || still_relays(node)) continue;
    if (ports_.running(node)) {
      ask_for_row(client_id, claim, node, holder.row);
    } else {
      absent_rivals_[node].insert(client_id);
    }
  }
  if (claim.pending()) {
    ++taken_in_;
    log_.info("Client '{}' has an older session at {} nodes: it is taken in here", client_id,
              claim.asked.size());
    claims_.emplace(client_id, std::move(claim));
  }
  return true;
}

void SessionMoves::message(const std::string& node, std::string_view bytes, Now now) {
  const auto frame = wire::decode(bytes);
  if (!frame) return log_.warning("From {}: {}", node, frame.error().message);
  std::visit([&](const auto& f) { handle(node, f, now); }, *frame);
}

void SessionMoves::kick(const std::string& node, std::string_view client_id) {
  (void)ports_.send_to_peer(node, encode(wire::Kick{std::string(client_id)}));
}

void SessionMoves::handle(const std::string&, const wire::Kick& f, Now) {
  if (on_kick) on_kick(f.client_id);
}

void SessionMoves::peer_down(const std::string& node, Now now) {
  std::set<std::string> alone;
  for (auto& [client_id, claim] : claims_) {
    std::erase_if(claim.queue, [&](const auto& item) { return item.first == node; });
    for (auto& [request, asked] : claim.came) asked.lost = asked.lost || asked.node == node;
    const std::size_t lost = std::erase_if(claim.asked, [&](const auto& item) {
      if (item.second.node != node) return false;
      claimed_by_.erase(item.first);
      return true;
    });
    claim.left_behind = claim.left_behind || lost > 0;
    if (lost > 0) alone.insert(client_id);
  }
  for (const std::string& client_id : alone) advance(claims_.find(client_id), now);
  std::vector<std::pair<Source, std::string>> ended;
  for (auto it = arrived_from_.lower_bound({node, 0}); it != arrived_from_.end() && it->first.node == node;
       ++it)
    ended.emplace_back(*it);
  for (const auto& [source, client_id] : ended) end_source(client_id, source, now);
  lost_new_home(node);
}

void SessionMoves::tick_claims(Now now) {
  std::set<std::string> late;
  for (const auto& [client_id, claim] : claims_) {
    if (claim.pending() && claim.deadline <= now.mono) late.insert(client_id);
  }
  for (const std::string& client_id : late) {
    const auto it = claims_.find(client_id);
    Claim& claim = it->second;
    if (!claim.asked.empty()) {
      log_.warning("Client '{}' goes on without its session: {} did not answer in time", client_id,
                   claim.asked.begin()->second.node);
      for (const auto& [request, ask] : claim.asked) claimed_by_.erase(request);
      claim.asked.clear();
      claim.left_behind = true;
    }
    if (!claim.came.empty()) take_in_images(client_id, claim, now);
    claim.returning = false;
    claim.adopting = false;
    go_on(it, now);
  }
}

void SessionMoves::tick(Now now) {
  tick_claims(now);
  tick_exports(now);
  for (auto it = absent_rivals_.begin(); it != absent_rivals_.end();) {
    const bool back = ports_.running(it->first);
    if (back) rivals_.merge(it->second);
    it = back ? absent_rivals_.erase(it) : std::next(it);
  }
  std::set<std::string> later;
  for (std::size_t i = 0; i < pulls_per_tick && !rivals_.empty(); ++i) {
    auto rival = rivals_.extract(rivals_.begin());
    if (!take_in_rivals(rival.value(), now)) later.insert(std::move(rival));
  }
  rivals_.merge(later);
  for (const ClientKey key : std::exchange(over_, {})) forget_if_needless(key);
}

}  // namespace meshmq::node
