// The old home of sessions: what other nodes ask for, and the stubs that stay behind.

#include <utility>

#include "node/session_moves.hpp"

namespace meshmq::node {

using wire::Outcome;

void SessionMoves::answer(const std::string& node, RequestId request, Outcome outcome, std::string other) {
  (void)ports_.send_to_peer(node, encode(wire::Answer{request, outcome, std::move(other)}));
}

void SessionMoves::handle(const std::string& node, const wire::TakeOver& f, Now now) {
  ports_.observe(f.stamp);
  if (const auto it = claims_.find(f.client_id); it != claims_.end()) {
    if (f.stamp < it->second.stamp) return answer(node, f.request, Outcome::superseded);
    it->second.queue.emplace_back(node, f);
    tell(it->second, f.client_id, true);
    if (!it->second.pending() && !it->second.wanted()) end_claim(it, now);
    return;
  }
  if (const auto it = exports_.find(f.client_id); it != exports_.end()) {
    Export& out = it->second;
    if (!out.has_left()) return (void)out.queue.emplace_back(node, f);
    const bool same = out.node == node;
    return answer(node, f.request, same ? Outcome::none : Outcome::moved, same ? "" : out.node);
  }
  const auto own = own_.find(key_of(f.client_id));
  if (own == own_.end()) return answer(node, f.request, Outcome::none);
  if (f.stamp < own->second.stamp) return answer(node, f.request, Outcome::superseded);
  if (own->second.over) {
    // The newer session knows by now what is void.
    let_go(f.client_id);
    return answer(node, f.request, Outcome::none);
  }
  const auto offered = offered_.find(f.client_id);
  const bool rests = offered != offered_.end() && offered->second == node;
  if (offered != offered_.end()) offered_.erase(offered);
  const bool ends = f.clean_start && (f.void_before == 0 || own->second.stamp.time < f.void_before);
  const auto departure = rests ? broker::Departure::to_rest : broker::Departure::to_client;
  const Phase phase = !ends && is_behind(f.client_id, now) ? Phase::waiting : Phase::asked;
  exports_[f.client_id] = {node, f.request, departure, phase, now.mono, {}};
  exported_to_[{node, f.request}] = f.client_id;
  if (phase == Phase::asked) ports_.to_home(f.client_id, SessionExport{f.client_id, ends, departure});
}

void SessionMoves::move_on(const std::string& client_id, Now now) {
  const auto it = exports_.find(client_id);
  if (it == exports_.end() || it->second.phase != Phase::waiting) return;
  if (ports_.running(it->second.node)) {
    it->second.phase = Phase::asked;
    return ports_.to_home(client_id, SessionExport{client_id, false, it->second.departure});
  }
  const auto queue = std::move(it->second.queue);
  exported_to_.erase({it->second.node, it->second.request});
  exports_.erase(it);
  for (const auto& [node, take_over] : queue) handle(node, take_over, now);
}

void SessionMoves::call_off(Exports::iterator it) {
  const Export& out = it->second;
  answer(out.node, out.request, Outcome::superseded);
  for (const auto& [node, take_over] : out.queue) answer(node, take_over.request, Outcome::superseded);
  exported_to_.erase({out.node, out.request});
  exports_.erase(it);
}

void SessionMoves::handle(SessionExported& m, Now now) {
  const auto it = exports_.find(m.client_id);
  if (it == exports_.end() || it->second.has_left()) {
    if (m.image) take_back(m.client_id);
    return;
  }
  Export& out = it->second;
  const auto queue = std::exchange(out.queue, {});
  if (!m.image) let_go(m.client_id);
  if (out.phase == Phase::asked && m.image && send_image(out, *m.image)) {
    out.phase = Phase::sent;
    out.since = now.mono;
    for (const auto& [node, take_over] : queue) handle(node, take_over, now);
    return;
  }
  if (out.phase == Phase::asked && !m.image) answer(out.node, out.request, Outcome::none);
  exported_to_.erase({out.node, out.request});
  exports_.erase(it);
  if (m.image) take_back(m.client_id);
  for (const auto& [node, take_over] : queue) handle(node, take_over, now);
  const auto claim = claims_.find(m.client_id);
  if (claim == claims_.end()) return;
  claim->second.returning = false;
  if (!claim->second.pending()) go_on(claim, now);
}

bool SessionMoves::send_image(const Export& out, std::string_view image) {
  bool sent = true;
  do {
    const std::string_view part = image.substr(0, image_part_bytes);
    image.remove_prefix(part.size());
    sent = ports_.send_to_peer(out.node, encode(wire::Image{out.request, image.empty(), std::string(part)}));
  } while (sent && !image.empty());
  return sent;
}

void SessionMoves::handle(SessionRelay& m, Now) {
  const auto it = exports_.find(m.client_id);
  if (it == exports_.end() || !it->second.has_left()) {
    // The session has come back meanwhile: no other node need see this one.
    return ports_.to_home(m.client_id, SessionRelayed{m.client_id, std::move(m.bytes), broker::Relayed::own});
  }
  (void)ports_.send_to_peer(it->second.node, encode(wire::Relay{it->second.request, std::move(m.bytes)}));
}

SessionMoves::Exports::iterator SessionMoves::export_of(const std::string& node, RequestId request) {
  const auto it = exported_to_.find({node, request});
  return it == exported_to_.end() ? exports_.end() : exports_.find(it->second);
}

void SessionMoves::handle(const std::string& node, const wire::Adopted& f, Now now) {
  const auto it = export_of(node, f.request);
  if (it == exports_.end() || it->second.phase != Phase::sent) return;
  it->second.phase = Phase::adopted;
  it->second.since = now.mono;
  unsettled_.emplace_back(ports_.ask_for_fence(), Source{node, f.request});
}

void SessionMoves::fence_passed(std::uint64_t round) {
  while (!unsettled_.empty() && unsettled_.front().first <= round) {
    const auto [node, request] = unsettled_.front().second;
    unsettled_.pop_front();
    const auto it = export_of(node, request);
    if (it != exports_.end() && it->second.phase == Phase::adopted) settle(it->second);
  }
}

void SessionMoves::settle(Export& out) {
  out.phase = Phase::caught_up;
  (void)ports_.send_to_peer(out.node, encode(wire::CaughtUp{out.request}));
}

void SessionMoves::handle(const std::string& node, const wire::Refused& f, Now) {
  const auto it = export_of(node, f.request);
  if (it == exports_.end() || it->second.phase != Phase::sent) return;
  const std::string client_id = it->first;
  exported_to_.erase({node, f.request});
  exports_.erase(it);
  take_back(client_id);
}

void SessionMoves::take_back(const std::string& client_id) {
  ports_.to_home(client_id, SessionTakeBack{client_id, arrivals_.contains(client_id)});
}

void SessionMoves::end_export(Exports::iterator it, bool tell_new_home) {
  const std::string client_id = it->first;
  if (tell_new_home) (void)ports_.send_to_peer(it->second.node, encode(wire::Over{it->second.request}));
  exported_to_.erase({it->second.node, it->second.request});
  exports_.erase(it);
  ports_.to_home(client_id, SessionLeavingOver{client_id});
}

/// The image has arrived although nobody said so.
bool SessionMoves::newer_elsewhere(const std::string& client_id) const {
  const ClientKey key = key_of(client_id);
  const auto own = own_.find(key);
  const auto holders = table_.holders(key);
  return own == own_.end() || (!holders.empty() && holders.front().row.stamp > own->second.stamp);
}

void SessionMoves::lost_new_home(const std::string& node) {
  std::vector<std::string> affected;
  for (auto it = exported_to_.lower_bound({node, 0}); it != exported_to_.end() && it->first.node == node;
       ++it)
    affected.push_back(it->second);
  std::sort(affected.begin(), affected.end());
  for (const std::string& client_id : affected) {
    const auto it = exports_.find(client_id);
    if (!it->second.has_left()) continue;
    if (it->second.phase != Phase::sent || newer_elsewhere(client_id)) {
      let_go(client_id);
      end_export(it, false);
      continue;
    }
    exported_to_.erase({node, it->second.request});
    exports_.erase(it);
    take_back(client_id);
  }
}

// ---------------------------------------------------------------- the end of this node

void SessionMoves::offer(const std::string& client_id, const std::string& node) {
  if (ports_.send_to_peer(node, encode(wire::Offer{client_id}))) offered_[client_id] = node;
}

void SessionMoves::take_back_all() {
  std::set<std::string> nodes;
  for (const auto& [source, client_id] : exported_to_) nodes.insert(source.node);
  for (const std::string& node : nodes) lost_new_home(node);
}

void SessionMoves::restore(const std::string& client_id, const ClientRow& row) {
  const ClientKey key = key_of(client_id);
  own_[key] = {.stamp = row.stamp, .void_before = row.void_before, .client_id = client_id};
  ports_.observe(row.stamp);
  ports_.publish_row(key, row);
}

ClientRow SessionMoves::row_of(std::string_view client_id) const {
  const auto own = own_.find(key_of(client_id));
  return own == own_.end() ? ClientRow{} : ClientRow{own->second.stamp, own->second.void_before};
}

std::vector<std::string> SessionMoves::held() const {
  std::vector<std::string> result;
  for (const auto& [key, own] : own_) {
    if (!own.over && !is_leaving(own.client_id)) result.push_back(own.client_id);
  }
  std::sort(result.begin(), result.end());
  return result;
}

bool SessionMoves::is_leaving(const std::string& client_id) const {
  const auto it = exports_.find(client_id);
  return it != exports_.end() && it->second.has_left();
}

void SessionMoves::tick_exports(Now now) {
  std::vector<std::string> over;
  std::vector<std::string> waited;
  for (auto& [client_id, out] : exports_) {
    if (out.phase == Phase::waiting && !is_behind(client_id, now)) waited.push_back(client_id);
    const Duration age = now.mono - out.since;
    if (out.phase == Phase::sent && age >= adopt_wait) out.phase = Phase::adopted;
    if (out.phase == Phase::adopted && age >= settle_wait) settle(out);
    const Duration tail = closing_ ? last_tail_wait : tail_wait;
    if (out.phase == Phase::caught_up && age >= tail) over.push_back(client_id);
  }
  // A node that hangs keeps all fences from passing.
  const auto settled = [&](const auto& waiting) {
    const auto out = export_of(waiting.second.node, waiting.second.request);
    return out == exports_.end() || out->second.phase != Phase::adopted;
  };
  while (!unsettled_.empty() && settled(unsettled_.front())) unsettled_.pop_front();
  std::sort(waited.begin(), waited.end());
  for (const std::string& client_id : waited) move_on(client_id, now);
  std::sort(over.begin(), over.end());
  for (const std::string& client_id : over) {
    let_go(client_id);
    end_export(exports_.find(client_id), true);
  }
}

}  // namespace meshmq::node
