#include "node/dead_wills.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

/// Smaller numbers are those of sessions that move and of questions (session_wire.hpp, peer_calls.cpp).
enum class Kind : std::uint8_t { heir = 48, taken = 49, settled = 50 };

mqtt::MessagePtr published_now(const mqtt::Message& will, Now now) {
  mqtt::MessageParts parts = will.parts();
  parts.created_at = now.wall;
  return mqtt::Message::make(parts);
}

std::string begin_message(Kind kind, const std::pair<std::string, std::uint64_t>& life) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(kind));
  w.bytes16(life.first);
  w.u64(life.second);
  return bytes;
}

}  // namespace

DeadWills::DeadWills(std::string self, std::uint64_t incarnation, Duration silence, WillRows& rows,
                     DeadWillsPorts& ports, Logger log)
    : self_(std::move(self)),
      incarnation_(incarnation),
      silence_(silence),
      rows_(rows),
      ports_(ports),
      log_(log) {
  rows_.on_erase = [this](Slot owner, const std::string& client_id, std::string value) {
    // A node that is away erases nothing: it is forgotten.
    for (auto& [life, estate] : estates_) {
      if (estate.slot != owner || estate.replaced) continue;
      estate.rows.emplace(client_id, std::move(value));
      return;
    }
  };
}

bool DeadWills::is_about_wills(std::string_view bytes) {
  if (bytes.empty()) return false;
  const auto kind = static_cast<Kind>(static_cast<std::uint8_t>(bytes[0]));
  return kind == Kind::heir || kind == Kind::taken || kind == Kind::settled;
}

// ---------------------------------------------------------------- what happens to other nodes

void DeadWills::peer_lost(Slot slot, const std::string& node, Now now) {
  const Life life{node, lives_[node]};
  const std::uint64_t position = ports_.position_in(node, life.second);
  note_over(life, position);
  const WillRows::Rows* rows = rows_.of(slot);
  if (rows == nullptr) return;
  Estate& estate = estates_[life];
  estate.slot = slot;
  estate.cluster = ports_.cluster_id();
  estate.position = position;
  estate.lost = estate.seen = now.mono;
  estate.lost_at = now.wall;
  for (const auto& [client_id, value] : *rows) estate.pending.insert(ports_.key_of(client_id));
  if (const auto early = taken_early_.extract(life)) {
    for (const ClientKey client : early.mapped()) estate.pending.erase(client);
  }
}

void DeadWills::peer_left(const std::string& node) {
  note_over({node, lives_[node]}, UINT64_MAX);
}

void DeadWills::note_over(const Life& life, std::uint64_t position) {
  auto& lives = over_[life.first];
  std::uint64_t& known = lives[life.second];
  known = std::max(known, position);
  if (lives.size() > lives_max) lives.erase(lives.begin());
}

void DeadWills::peer_up(Slot slot, const std::string& node, std::uint64_t incarnation, Now now) {
  last_came_ = now.mono;
  std::erase_if(taken_early_, [&](const auto& item) { return item.first.first == node; });
  lives_[node] = incarnation;
  // Back as it was: its clients are there.
  estates_.erase({node, incarnation});
  over_[node].erase(incarnation);
  for (auto& [life, estate] : estates_) {
    // Who was started again knows nothing of what it was to inherit.
    const auto heir = estate.heirs.find(node);
    if (heir != estate.heirs.end() && heir->second.incarnation != incarnation) estate.heirs.erase(heir);
    if (life.first != node || estate.replaced) continue;
    estate.replaced = true;
    estate.rows.merge(rows_.take(slot));
  }
  // What a life without an estate has left behind (it had said goodbye) goes with what comes now.
  // Perhaps this one knows more than those who have heard of it.
  for (const auto& [life, estate] : estates_) {
    const auto own = estate.heirs.find(self_);
    if (own != estate.heirs.end()) say_heir(life, own->second);
  }
}

DeadWills::Estate* DeadWills::mourned(const std::string& node) {
  const auto life = lives_.find(node);
  if (life == lives_.end()) return nullptr;
  const auto it = estates_.find(*life);
  return it == estates_.end() ? nullptr : &it->second;
}

void DeadWills::link_down(const std::string& node, cluster::LinkError error) {
  Estate* estate = mourned(node);
  if (estate == nullptr) return;
  if (error == cluster::LinkError::closed) estate->closed = true;
  const bool nobody_there =
      error == cluster::LinkError::unreachable || error == cluster::LinkError::not_registered;
  if (estate->closed && nobody_there) estate->dead = true;
}

void DeadWills::peer_gone(const std::string& node, Now now) {
  Estate* estate = mourned(node);
  if (estate == nullptr) return;
  // Others had it until now: it goes on without us, and its clients with it.
  const bool lives_on =
      estate->seen > estate->lost + noticed_by_all && estate->seen + noticed_by_all > now.mono;
  if (lives_on) estate->pending.clear();
  estate->dead = true;
}

void DeadWills::came_back(ClientKey client) {
  for (auto& [life, estate] : estates_) estate.pending.erase(client);
}

void DeadWills::message(const std::string& node, std::string_view bytes) {
  ByteReader r(bytes);
  const auto kind = static_cast<Kind>(r.u8());
  Life life;
  life.first = r.bytes16();
  life.second = r.u64();
  if (!r.ok()) return;
  if (kind == Kind::heir) return hear_heir(node, life, r);
  const auto it = estates_.find(life);
  if (kind == Kind::settled) {
    if (it != estates_.end()) settle(life, it->second);
    return;
  }
  for (std::uint64_t count = r.varint(); count > 0 && r.ok(); --count) {
    const ClientKey client = r.u64();
    if (it != estates_.end()) {
      it->second.pending.erase(client);
    } else if (lives_.contains(life.first)) {
      taken_early_[life].insert(client);
    }
  }
}

void DeadWills::settle(const Life& life, Estate& estate) {
  estate.pending.clear();
  note_over(life, UINT64_MAX);
}

void DeadWills::hear_heir(const std::string& node, const Life& life, ByteReader& r) {
  const Heir heir{.position = r.u64(), .incarnation = r.u64()};
  if (!r.ok()) return;
  if (const auto it = estates_.find(life); it != estates_.end()) {
    if (heir.incarnation == 0) {
      it->second.heirs.erase(node);
    } else {
      it->second.heirs[node] = heir;
    }
    return;
  }
  const auto lives = over_.find(life.first);
  if (heir.incarnation == 0 || lives == over_.end()) return;
  const auto known = lives->second.find(life.second);
  if (known == lives->second.end() || known->second < heir.position) return;
  ports_.send(node, begin_message(Kind::settled, life));
}

// ---------------------------------------------------------------- who publishes what, and when

bool DeadWills::may_open(const std::string& node, Estate& estate, Now now) const {
  if (estate.replaced) return ports_.in_sync_with(node) || !ports_.running(node);
  if (ports_.seen_by_others(node)) {
    estate.seen = now.mono;
    // Cut off from this node only.
    if (estate.lost + noticed_by_all < now.mono) estate.closed = estate.dead = false;
    return false;
  }
  return estate.dead || (silence_ > Duration(0) && estate.seen + silence_ <= now.mono);
}

std::string DeadWills::heir(const Estate& estate) const {
  // The farthest, the oldest.
  using Rank = std::tuple<std::uint64_t, std::uint64_t, std::string>;
  Rank first{UINT64_MAX, UINT64_MAX, {}};
  for (const auto& [node, heir] : estate.heirs) {
    if (node == self_ || ports_.running(node))
      first = std::min(first, Rank(UINT64_MAX - heir.position, heir.incarnation, node));
  }
  return std::get<2>(first);
}

const std::string* DeadWills::find(const Estate& estate, const std::string& client_id) const {
  if (const auto it = estate.rows.find(client_id); it != estate.rows.end()) return &it->second;
  const WillRows::Rows* rows = estate.replaced ? nullptr : rows_.of(estate.slot);
  if (rows == nullptr) return nullptr;
  const auto it = rows->find(client_id);
  return it == rows->end() ? nullptr : &it->second;
}

void DeadWills::list(Estate& estate) const {
  estate.listed = true;
  const auto add = [&](const std::string& client_id, const std::string& value) {
    if (!estate.pending.contains(ports_.key_of(client_id))) return;
    const auto will = decode_will(value);
    const Duration delay = std::chrono::seconds(will ? will->delay_s : 0);
    // Clocks differ: no client was away for less than nothing.
    const bool was_away = will && will->detached_at != 0;
    const Duration away(was_away ? std::max<WallMillis>(estate.lost_at - will->detached_at, 0) : 0);
    estate.due.emplace_back(estate.lost + std::max(delay - away, Duration(0)), client_id);
  };
  for (const auto& [client_id, value] : estate.rows) add(client_id, value);
  const WillRows::Rows* rows = estate.replaced ? nullptr : rows_.of(estate.slot);
  if (rows != nullptr) {
    for (const auto& [client_id, value] : *rows) add(client_id, value);
  }
  std::sort(estate.due.begin(), estate.due.end(), std::greater<>());
}

void DeadWills::publish_due(const Life& life, Estate& estate, Now now) {
  if (!estate.listed) list(estate);
  std::vector<ClientKey> taken;
  std::size_t count = 0;
  while (!estate.due.empty() && estate.due.back().first <= now.mono && taken.size() < wills_per_tick) {
    const std::string client_id = std::move(estate.due.back().second);
    estate.due.pop_back();
    const ClientKey key = ports_.key_of(client_id);
    if (estate.pending.erase(key) == 0) continue;
    taken.push_back(key);
    const std::string* value = find(estate, client_id);
    const auto will = value == nullptr ? std::nullopt : decode_will(*value);
    if (!will || ports_.lives(client_id)) continue;
    ports_.publish(published_now(*will->message, now));
    ++count;
  }
  // Not before they have arrived: rather twice than never.
  if (!taken.empty()) estate.unsaid.emplace_back(now.mono, std::move(taken));
  published_ += count;
  if (count > 0) log_.info("{} wills of clients of {}, which is dead, are published", count, life.first);
}

void DeadWills::open(const Life& life, Estate& estate, Now now) {
  estate.opened = now.mono;
  const Heir& own = estate.heirs[self_] = {estate.position, incarnation_};
  say_heir(life, own);
}

void DeadWills::close(const Life& life, Estate& estate) {
  if (estate.heirs.erase(self_) > 0) say_heir(life, {});
  estate.opened = {};
}

void DeadWills::say_heir(const Life& life, const Heir& heir) {
  std::string bytes = begin_message(Kind::heir, life);
  ByteWriter w(bytes);
  w.u64(heir.position);
  w.u64(heir.incarnation);
  ports_.broadcast(bytes);
}

void DeadWills::say_arrived(const Life& life, Estate& estate, Now now) {
  while (!estate.unsaid.empty() && estate.unsaid.front().first + arrival_wait <= now.mono) {
    say_taken(life, estate.unsaid.front().second);
    estate.unsaid.pop_front();
  }
}

void DeadWills::say_taken(const Life& life, const std::vector<ClientKey>& clients) {
  std::string bytes = begin_message(Kind::taken, life);
  ByteWriter w(bytes);
  w.varint(clients.size());
  for (const ClientKey client : clients) w.u64(client);
  ports_.broadcast(bytes);
}

void DeadWills::tick(Now now) {
  for (auto it = estates_.begin(); it != estates_.end();) {
    auto& [life, estate] = *it;
    say_arrived(life, estate, now);
    const bool done = estate.pending.empty() && estate.unsaid.empty();
    // Or this node has left.
    if (done || estate.cluster != ports_.cluster_id()) {
      const bool was_heir = estate.opened != TimePoint{} && heir(estate) == self_;
      if (done && was_heir) ports_.broadcast(begin_message(Kind::settled, life));
      it = estates_.erase(it);
      continue;
    }
    ++it;
    if (!may_open(life.first, estate, now)) {
      close(life, estate);
    } else if (estate.opened == TimePoint{}) {
      open(life, estate, now);
    } else if (std::max(estate.opened, last_came_) + heirs_wait <= now.mono && heir(estate) == self_) {
      publish_due(life, estate, now);
    }
  }
}

}  // namespace meshmq::node
