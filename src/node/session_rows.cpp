// Rows of sessions: who has which, as the nodes tell each other.

#include <algorithm>
#include <utility>

#include "node/session_moves.hpp"

namespace meshmq::node {

SessionMoves::Own& SessionMoves::hold(const std::string& client_id, RowStamp stamp) {
  const ClientKey key = key_of(client_id);
  Own& own = own_[key];
  own.stamp = std::max(own.stamp, stamp);
  own.over = false;
  own.void_before = void_before(key);
  if (own.client_id != client_id) own.client_id = client_id;
  ports_.publish_row(key, {own.stamp, own.void_before});
  if (table_.contains(key)) rivals_.insert(client_id);
  return own;
}

void SessionMoves::let_go(std::string_view client_id) {
  const ClientKey key = key_of(client_id);
  if (own_.erase(key) == 0) return;
  ports_.withdraw_row(key);
  if (on_change) on_change(client_id);
}

bool SessionMoves::voids_others(ClientKey key, const Own& own) const {
  const auto holders = table_.holders(key);
  return std::any_of(holders.begin(), holders.end(), [&](const ClientTable::Holder& holder) {
    return !ports_.node_of(holder.slot).empty() && holder.row.stamp.time < own.void_before;
  });
}

void SessionMoves::end_own(std::string_view client_id) {
  const ClientKey key = key_of(client_id);
  const auto own = own_.find(key);
  if (own == own_.end()) return;
  own->second.over = true;
  if (on_change) on_change(client_id);
  forget_if_needless(key);
}

void SessionMoves::forget_if_needless(ClientKey key) {
  const auto own = own_.find(key);
  if (own == own_.end() || !own->second.over || voids_others(key, own->second)) return;
  own_.erase(own);
  ports_.withdraw_row(key);
}

std::optional<ClientRow> SessionMoves::erase(ClientKey key, Slot slot) {
  const auto earlier = table_.erase(key, slot);
  if (earlier && !ports_.node_of(slot).empty()) over_.insert(key);
  return earlier;
}

std::uint64_t SessionMoves::void_before(ClientKey key) const {
  const auto own = own_.find(key);
  std::uint64_t result = own == own_.end() ? 0 : own->second.void_before;
  for (const ClientTable::Holder& holder : table_.holders(key)) {
    result = std::max(result, holder.row.void_before);
  }
  return result;
}

std::uint64_t SessionMoves::void_before(ClientKey key, RowStamp older) const {
  std::uint64_t result = void_before(key);
  const auto ends_it = [&](const ClientRow& row) {
    return row.void_before == row.stamp.time && row.void_before == older.time && older < row.stamp;
  };
  const auto own = own_.find(key);
  bool same_time = own != own_.end() && ends_it({own->second.stamp, own->second.void_before});
  for (const ClientTable::Holder& holder : table_.holders(key)) same_time = same_time || ends_it(holder.row);
  return same_time ? std::max(result, older.time + 1) : result;
}

std::optional<ClientRow> SessionMoves::set(ClientKey key, Slot slot, const ClientRow& row) {
  const auto earlier = table_.set(key, slot, row);
  if (on_row) on_row(key);
  if (ports_.node_of(slot).empty()) return earlier;
  ports_.observe(row.stamp);
  if (earlier != row && table_.is_contested(key)) {
    const ClientTable::Holder newest = table_.holders(key).front();
    if (row.stamp < newest.row.stamp && !ports_.node_of(newest.slot).empty())
      behind_.emplace_back(ports_.node_of(slot), wire::Behind{key, newest.row.stamp});
  }
  const auto own = own_.find(key);
  if (own != own_.end() && row.stamp < own->second.stamp) rivals_.insert(own->second.client_id);
  return earlier;
}

void SessionMoves::end_of_turn() {
  for (const auto& [node, frame] : std::exchange(behind_, {})) {
    (void)ports_.send_to_peer(node, encode(frame));
  }
}

void SessionMoves::handle(const std::string&, const wire::Behind& f, Now now) {
  ports_.observe(f.newer);
  const auto own = own_.find(f.key);
  if (own == own_.end() || own->second.over || f.newer < own->second.stamp) return;
  const std::string& client_id = own->second.client_id;
  // Who has heard of it has let the stamps decide.
  const auto holders = table_.holders(f.key);
  if (!holders.empty() && f.newer <= holders.front().row.stamp) return;
  if (exports_.contains(client_id)) return;
  if (const auto claim = claims_.find(client_id); claim != claims_.end() && claim->second.wanted())
    claim->second.stamp = ports_.next_stamp(now);
  if (!ports_.connack_waits(f.key)) return;
  const bool clean_start = own->second.void_before == own->second.stamp.time;
  own->second.stamp = ports_.next_stamp(now);
  if (clean_start) own->second.void_before = own->second.stamp.time;
  ports_.publish_row(f.key, {own->second.stamp, own->second.void_before});
  ports_.wait_anew(f.key, now);
}

std::string SessionMoves::holder(std::string_view client_id) const {
  for (const ClientTable::Holder& holder : table_.holders(key_of(client_id))) {
    std::string node(ports_.node_of(holder.slot));
    if (!node.empty() && ports_.running(node)) return node;
  }
  return {};
}

}  // namespace meshmq::node
