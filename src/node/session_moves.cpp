#include "node/session_moves.hpp"

#include <algorithm>

namespace meshmq::node {

using wire::Outcome;

// ---------------------------------------------------------------- rows

void SessionMoves::hold(const std::string& client_id, RowStamp stamp) {
  const ClientKey key = key_of(client_id);
  own_[key] = {stamp, client_id};
  ports_.publish_row(key, stamp);
}

void SessionMoves::let_go(std::string_view client_id) {
  const ClientKey key = key_of(client_id);
  if (own_.erase(key) > 0) ports_.withdraw_row(key);
}

std::optional<RowStamp> SessionMoves::set(ClientKey key, Slot slot, RowStamp stamp) {
  const auto earlier = table_.set(key, slot, stamp);
  const auto own = own_.find(key);
  if (ports_.node_of(slot).empty()) return earlier;
  ports_.observe(stamp);
  if (own == own_.end() || own->second.stamp >= stamp) return earlier;
  // Two sessions of one id that did not know of each other: the newer one stays.
  const std::string client_id = own->second.client_id;
  if (exports_.contains(client_id) || claims_.contains(client_id)) return earlier;
  log_.info("Client '{}' has a newer session at {}: the one here ends", client_id, ports_.node_of(slot));
  ports_.to_home(client_id, SessionDiscard{client_id});
  return earlier;
}

std::string SessionMoves::holder(std::string_view client_id) const {
  for (const ClientTable::Holder& holder : table_.holders(key_of(client_id))) {
    std::string node(ports_.node_of(holder.slot));
    if (!node.empty() && ports_.running(node)) return node;
  }
  return {};
}

// ---------------------------------------------------------------- CONNECT here

void SessionMoves::handle(SessionClaim& m, Now now) {
  const auto [it, fresh] = claims_.try_emplace(m.client_id);
  Claim& claim = it->second;
  claim.stamp = ports_.next_stamp(now);
  claim.clean_start = claim.clean_start || m.clean_start;
  claim.waiters.emplace_back(m.worker, m.token);
  claim.deadline = now.mono + (claim.granted ? grant_wait : answer_wait);
  if (claim.granted) return tell(claim, m.client_id, false);
  if (!fresh) return;
  // The newest session is asked for, older ones (of a split) are told to end.
  const auto own = own_.find(key_of(m.client_id));
  bool clean_start = m.clean_start;
  for (const ClientTable::Holder& holder : table_.holders(key_of(m.client_id))) {
    const std::string node(ports_.node_of(holder.slot));
    if (node.empty() || !ports_.running(node)) continue;
    clean_start = clean_start || (own != own_.end() && own->second.stamp > holder.stamp);
    ask(m.client_id, claim, node, clean_start);
    clean_start = true;
  }
  if (claim.asked.empty()) finish(it, now);
}

void SessionMoves::ask(const std::string& client_id, Claim& claim, const std::string& node,
                       bool clean_start) {
  const RequestId request = ++last_request_;
  if (!ports_.send_to_peer(node, encode(wire::TakeOver{request, claim.stamp, clean_start, client_id})))
    return;
  claim.asked[request] = node;
  ++claim.asks;
  claimed_by_[request] = client_id;
}

void SessionMoves::tell(Claim& claim, const std::string& client_id, bool superseded) {
  for (const auto& [worker, token] : std::exchange(claim.waiters, {})) {
    ports_.to_home(client_id, ClaimDone{token, superseded});
  }
}

void SessionMoves::finish(Claims::iterator it, Now now) {
  Claim& claim = it->second;
  for (const auto& [request, node] : claim.asked) claimed_by_.erase(request);
  claim.asked.clear();
  if (claim.waiters.empty()) {
    const std::string client_id = it->first;
    Claim over = std::move(claim);
    claims_.erase(it);
    return answer_queue(std::move(over), now);
  }
  claim.granted = true;
  claim.deadline = now.mono + grant_wait;
  tell(claim, it->first, false);
}

void SessionMoves::answer_queue(Claim claim, Now now) {
  for (const auto& [node, take_over] : claim.queue) handle(node, take_over, now);
}

SessionMoves::Claims::iterator SessionMoves::claim_of(const std::string& node, RequestId request) {
  const auto by = claimed_by_.find(request);
  if (by == claimed_by_.end()) return claims_.end();
  const auto it = claims_.find(by->second);
  if (it == claims_.end()) return it;
  const auto asked = it->second.asked.find(request);
  return asked != it->second.asked.end() && asked->second == node ? it : claims_.end();
}

void SessionMoves::handle(SessionHeld& m, Now now) {
  if (const auto it = exports_.find(m.client_id); it != exports_.end()) end_export(it, true);
  const auto it = claims_.find(m.client_id);
  hold(m.client_id, ports_.next_stamp(now));
  if (it == claims_.end() || !it->second.granted) return;
  Claim over = std::move(it->second);
  claims_.erase(it);
  answer_queue(std::move(over), now);
}

void SessionMoves::handle(SessionReleased& m, Now) {
  let_go(m.client_id);
}

void SessionMoves::handle(const std::string& node, const wire::Answer& f, Now now) {
  const auto it = claim_of(node, f.request);
  if (it == claims_.end()) return;
  Claim& claim = it->second;
  claim.asked.erase(f.request);
  claimed_by_.erase(f.request);
  constexpr std::size_t asks_max = 8;
  if (f.outcome == Outcome::superseded) {
    tell(claim, it->first, true);
  } else if (f.outcome == Outcome::moved && claim.asks < asks_max && ports_.running(f.node)) {
    const std::string client_id = it->first;
    ask(client_id, claim, f.node, claim.clean_start);
  }
  if (claim.asked.empty()) finish(it, now);
}

void SessionMoves::handle(const std::string& node, const wire::Image& f, Now now) {
  const auto it = claim_of(node, f.request);
  if (it == claims_.end()) return;
  it->second.image += f.bytes;
  if (!f.last) return;
  arrived(it, node, f.request);
  if (it->second.asked.empty()) finish(it, now);
}

void SessionMoves::arrived(Claims::iterator it, const std::string& node, RequestId request) {
  const std::string& client_id = it->first;
  Claim& claim = it->second;
  claim.asked.erase(request);
  claimed_by_.erase(request);
  // It was here before and is back: what it left behind is of no use.
  if (const auto old = exports_.find(client_id); old != exports_.end()) end_export(old, true);
  arrivals_[client_id] = {node, request};
  hold(client_id, claim.stamp);
  ports_.to_home(client_id, SessionImport{client_id, std::exchange(claim.image, {})});
}

// ---------------------------------------------------------------- arriving

std::string SessionMoves::arrival_of(const std::string& node, RequestId request) const {
  const auto it = std::find_if(arrivals_.begin(), arrivals_.end(), [&](const auto& item) {
    return item.second.request == request && item.second.node == node;
  });
  return it == arrivals_.end() ? std::string() : it->first;
}

void SessionMoves::handle(SessionAdopted& m, Now) {
  const auto it = arrivals_.find(m.client_id);
  if (it != arrivals_.end())
    (void)ports_.send_to_peer(it->second.node, encode(wire::Adopted{it->second.request}));
}

void SessionMoves::handle(const std::string& node, const wire::Relay& f, Now) {
  const std::string client_id = arrival_of(node, f.request);
  if (!client_id.empty()) ports_.to_home(client_id, SessionRelayed{client_id, f.bytes});
}

void SessionMoves::handle(const std::string& node, const wire::CaughtUp& f, Now) {
  const std::string client_id = arrival_of(node, f.request);
  if (!client_id.empty()) ports_.to_home(client_id, SessionCaughtUp{client_id});
}

void SessionMoves::handle(const std::string& node, const wire::Over& f, Now) {
  const std::string client_id = arrival_of(node, f.request);
  if (client_id.empty()) return;
  arrivals_.erase(client_id);
  ports_.to_home(client_id, SessionArrivalOver{client_id});
}

// ---------------------------------------------------------------- old home

void SessionMoves::answer(const std::string& node, RequestId request, Outcome outcome, std::string other) {
  (void)ports_.send_to_peer(node, encode(wire::Answer{request, outcome, std::move(other)}));
}

void SessionMoves::handle(const std::string& node, const wire::TakeOver& f, Now now) {
  ports_.observe(f.stamp);
  if (const auto it = claims_.find(f.client_id); it != claims_.end()) {
    if (f.stamp < it->second.stamp) return answer(node, f.request, Outcome::superseded);
    it->second.queue.emplace_back(node, f);
    if (!it->second.granted) tell(it->second, f.client_id, true);
    return;
  }
  if (const auto it = exports_.find(f.client_id); it != exports_.end()) {
    const bool same = it->second.node == node;
    return answer(node, f.request, same ? Outcome::none : Outcome::moved, same ? "" : it->second.node);
  }
  const auto own = own_.find(key_of(f.client_id));
  if (own == own_.end()) return answer(node, f.request, Outcome::none);
  if (f.stamp < own->second.stamp) return answer(node, f.request, Outcome::superseded);
  exports_[f.client_id] = {node, f.request, f.clean_start, Phase::asked, now.mono};
  ports_.to_home(f.client_id, SessionExport{f.client_id, f.clean_start});
}

void SessionMoves::handle(SessionExported& m, Now now) {
  const auto it = exports_.find(m.client_id);
  if (it == exports_.end() || it->second.phase != Phase::asked) {
    if (m.image) ports_.to_home(m.client_id, SessionTakeBack{m.client_id});
    return;
  }
  Export& out = it->second;
  if (!m.image) {
    let_go(m.client_id);
    answer(out.node, out.request, Outcome::none);
    exports_.erase(it);
    return;
  }
  out.phase = Phase::sent;
  out.since = now.mono;
  std::string_view rest = *m.image;
  bool sent = true;
  do {
    const std::string_view part = rest.substr(0, image_part_bytes);
    rest.remove_prefix(part.size());
    sent = ports_.send_to_peer(out.node, encode(wire::Image{out.request, rest.empty(), std::string(part)}));
  } while (sent && !rest.empty());
  if (sent) return;
  exports_.erase(it);
  ports_.to_home(m.client_id, SessionTakeBack{m.client_id});
}

void SessionMoves::handle(SessionRelay& m, Now) {
  const auto it = exports_.find(m.client_id);
  if (it == exports_.end()) return;
  (void)ports_.send_to_peer(it->second.node, encode(wire::Relay{it->second.request, std::move(m.bytes)}));
}

SessionMoves::Exports::iterator SessionMoves::export_of(const std::string& node, RequestId request) {
  return std::find_if(exports_.begin(), exports_.end(), [&](const auto& item) {
    return item.second.request == request && item.second.node == node;
  });
}

void SessionMoves::handle(const std::string& node, const wire::Adopted& f, Now now) {
  const auto it = export_of(node, f.request);
  if (it == exports_.end() || it->second.phase != Phase::sent) return;
  it->second.phase = Phase::adopted;
  it->second.since = now.mono;
}

void SessionMoves::end_export(Exports::iterator it, bool tell_new_home) {
  const std::string client_id = it->first;
  if (tell_new_home) (void)ports_.send_to_peer(it->second.node, encode(wire::Over{it->second.request}));
  exports_.erase(it);
  ports_.to_home(client_id, SessionLeavingOver{client_id});
}

// ---------------------------------------------------------------- both

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
  std::vector<std::string> waiting;
  for (auto& [client_id, claim] : claims_) {
    const std::size_t before = claim.asked.size();
    std::erase_if(claim.asked, [&](const auto& item) { return item.second == node; });
    std::erase_if(claim.queue, [&](const auto& item) { return item.first == node; });
    if (before != 0 && claim.asked.empty()) waiting.push_back(client_id);
  }
  std::sort(waiting.begin(), waiting.end());
  for (const std::string& client_id : waiting) finish(claims_.find(client_id), now);
  std::vector<std::string> ended;
  for (const auto& [client_id, arrival] : arrivals_) {
    if (arrival.node == node) ended.push_back(client_id);
  }
  std::sort(ended.begin(), ended.end());
  for (const std::string& client_id : ended) {
    arrivals_.erase(client_id);
    ports_.to_home(client_id, SessionArrivalOver{client_id});
  }
  ended.clear();
  for (const auto& [client_id, out] : exports_) {
    if (out.node == node && out.phase != Phase::asked) ended.push_back(client_id);
  }
  std::sort(ended.begin(), ended.end());
  for (const std::string& client_id : ended) {
    const auto it = exports_.find(client_id);
    const bool has_it = it->second.phase != Phase::sent || newer_elsewhere(client_id);
    if (has_it) {
      let_go(client_id);
      end_export(it, false);
      continue;
    }
    exports_.erase(it);
    ports_.to_home(client_id, SessionTakeBack{client_id});
  }
}

/// The image has arrived although nobody said so.
bool SessionMoves::newer_elsewhere(const std::string& client_id) const {
  const ClientKey key = key_of(client_id);
  const auto own = own_.find(key);
  const auto holders = table_.holders(key);
  return own == own_.end() || (!holders.empty() && holders.front().stamp > own->second.stamp);
}

void SessionMoves::tick(Now now) {
  std::vector<std::string> late;
  for (const auto& [client_id, claim] : claims_) {
    if (claim.deadline <= now.mono) late.push_back(client_id);
  }
  std::sort(late.begin(), late.end());
  for (const std::string& client_id : late) {
    const auto it = claims_.find(client_id);
    if (!it->second.granted) {
      log_.warning("Client '{}' connects without its session: {} did not answer in time", client_id,
                   it->second.asked.empty() ? "nobody" : it->second.asked.begin()->second);
      finish(it, now);
      continue;
    }
    Claim over = std::move(it->second);
    claims_.erase(it);
    answer_queue(std::move(over), now);
  }
  late.clear();
  for (auto& [client_id, out] : exports_) {
    const Duration age = now.mono - out.since;
    if (out.phase == Phase::sent && age >= adopt_wait) out.phase = Phase::adopted;
    if (out.phase == Phase::adopted && age >= settle_wait) {
      out.phase = Phase::caught_up;
      (void)ports_.send_to_peer(out.node, encode(wire::CaughtUp{out.request}));
    }
    if (out.phase == Phase::caught_up && age >= tail_wait) late.push_back(client_id);
  }
  std::sort(late.begin(), late.end());
  for (const std::string& client_id : late) {
    let_go(client_id);
    end_export(exports_.find(client_id), true);
  }
}

}  // namespace meshmq::node
