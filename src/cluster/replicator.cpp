#include "cluster/replicator.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::size_t entries_per_append_max = 4000;
constexpr std::size_t append_bytes_max = 1024 * 1024;
/// Own client rows stand under the first worker's slot.
constexpr Slot own_slot(0);

LogEntry client_entry(ClientKey key, const RowStamp* stamp) {
  LogEntry entry{.table = LogEntry::Table::clients, .add = stamp != nullptr, .key = {}, .value = {}};
  ByteWriter(entry.key).u64(key);
  if (stamp != nullptr) {
    ByteWriter w(entry.value);
    wire::write(w, *stamp);
  }
  return entry;
}

/// Rows of all tables side by side: what a snapshot has named.
std::uint64_t snapshot_key(LogEntry::Table table, std::string_view key, std::uint64_t seq) {
  return hash_bytes(key, hash_mix(seq, static_cast<std::uint64_t>(table)));
}

/// A group's row in the sum of all rows; a row of weight 0 is none.
std::uint64_t row_hash(std::string_view group, topic::GroupWeight weight) {
  if (weight.total == 0) return 0;
  return hash_mix(hash_bytes(group), std::uint64_t{weight.online} << 32 | weight.total);
}

LogEntry group_entry(std::string_view group, topic::GroupWeight weight) {
  LogEntry entry{
      .table = LogEntry::Table::groups, .add = weight.total != 0, .key = std::string(group), .value = {}};
  if (!entry.add) return entry;
  ByteWriter w(entry.value);
  w.varint(weight.online);
  w.varint(weight.total);
  return entry;
}

/// Nothing if the entry makes no sense.
std::optional<topic::GroupWeight> weight_of(const LogEntry& entry) {
  if (!entry.add) return topic::GroupWeight();
  ByteReader r(entry.value);
  const std::uint64_t online = r.varint();
  const std::uint64_t total = r.varint();
  if (!r.ok() || total == 0 || total > UINT32_MAX || online > total) return std::nullopt;
  return topic::GroupWeight{static_cast<std::uint32_t>(online), static_cast<std::uint32_t>(total)};
}

}  // namespace

Replicator::Replicator(std::uint64_t incarnation, std::uint32_t own_slots, std::size_t log_entries_max,
                       RouteWriter& routes, ClientRows& clients, SharedRows& shared, ClusterPorts& ports,
                       Logger log)
    : incarnation_(incarnation),
      own_slots_(own_slots),
      log_(log_entries_max),
      routes_(routes),
      clients_(clients),
      shared_(shared),
      ports_(ports),
      logger_(log) {}

void Replicator::send(const std::string& node, const wire::Frame& frame) {
  std::string bytes = wire::encode(frame);
  bytes_sent_ += bytes.size();
  ports_.send(node, std::move(bytes));
}

Replicator::Peer* Replicator::find_up(const std::string& node) {
  const auto it = peers_.find(node);
  return it != peers_.end() && it->second.up ? &it->second : nullptr;
}

// ---------------------------------------------------------------- own rows

std::uint64_t Replicator::append_route(std::string_view filter, bool add) {
  own_digest_ ^= hash_bytes(filter);
  own_rows_ = add ? own_rows_ + 1 : own_rows_ - 1;
  routes_changed_ = true;
  return log_.append({.table = LogEntry::Table::routes, .add = add, .key = std::string(filter), .value = {}});
}

void Replicator::set_client(ClientKey key, RowStamp stamp) {
  const auto earlier = clients_.set(key, own_slot, stamp);
  own_digest_ ^= client_row_digest(key, stamp);
  if (earlier) {
    own_digest_ ^= client_row_digest(key, *earlier);
  } else {
    ++own_rows_;
  }
  log_.append(client_entry(key, &stamp));
}

void Replicator::erase_client(ClientKey key) {
  const auto earlier = clients_.erase(key, own_slot);
  if (!earlier) return;
  own_digest_ ^= client_row_digest(key, *earlier);
  --own_rows_;
  log_.append(client_entry(key, nullptr));
}

std::uint64_t Replicator::append_group(std::string_view group, topic::GroupWeight before,
                                       topic::GroupWeight now) {
  own_digest_ ^= row_hash(group, before) ^ row_hash(group, now);
  if (before.total == 0) ++own_rows_;
  if (now.total == 0) --own_rows_;
  routes_changed_ = true;
  return log_.append(group_entry(group, now));
}

std::uint64_t Replicator::append_shared(std::string_view key, RowStamp stamp, std::string_view value) {
  std::string stamped;
  ByteWriter w(stamped);
  wire::write(w, stamp);
  w.bytes(value);
  return log_.append({.table = LogEntry::Table::retained,
                      .add = true,
                      .key = std::string(key),
                      .value = std::move(stamped)});
}

std::uint64_t Replicator::acknowledged_by_all() const {
  std::uint64_t least = log_.last();
  for (const auto& [node, peer] : peers_) {
    if (peer.up) least = std::min(least, peer.out.acknowledged);
  }
  return least;
}

// ---------------------------------------------------------------- peers

void Replicator::peer_up(const std::string& node, Slot slot, Now now) {
  Peer& peer = peers_[node];
  peer.slot = slot;
  peer.up = true;
  peer.out = {};
  peer.in.snapshot.reset();
  peer.in.sync_requested = false;
  request_sync(node, peer, peer.in.incarnation);
  if (next_digest_ < now.mono) next_digest_ = now.mono + digest_interval;
}

void Replicator::peer_down(const std::string& node) {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return;
  it->second.up = false;
  it->second.out = {};
  it->second.in.snapshot.reset();
  it->second.in.ack.reset();
}

void Replicator::forget(const std::string& node) {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return;
  const Slot slot = it->second.slot;
  std::vector<std::string> filters;
  routes_.for_each([&](std::string_view filter, const SlotSet& slots) {
    if (slots.contains(slot)) filters.emplace_back(filter);
  });
  for (const std::string& filter : filters) routes_.remove(filter, slot);
  std::vector<std::string> groups;
  routes_.for_each_group([&](std::string_view group, const GroupSlot& member) {
    if (member.slot == slot) groups.emplace_back(group);
  });
  for (const std::string& group : groups) routes_.set_group(group, {.slot = slot});
  routes_changed_ = true;
  std::vector<ClientKey> keys;
  clients_.for_each(slot, [&](ClientKey key, RowStamp) { keys.push_back(key); });
  for (const ClientKey key : keys) clients_.erase(key, slot);
  peers_.erase(it);
}

bool Replicator::in_sync_with(const std::string& node) const {
  const auto it = peers_.find(node);
  if (it == peers_.end() || !it->second.up) return false;
  const Peer& peer = it->second;
  return !peer.in.sync_requested && !peer.in.snapshot && peer.out.streaming &&
         peer.out.acknowledged >= peer.out.goal;
}

void Replicator::request_sync(const std::string& node, Peer& peer, std::uint64_t incarnation) {
  if (peer.in.sync_requested) return;
  peer.in.sync_requested = true;
  send(node, wire::SyncRequest{incarnation, peer.in.applied});
}

// ---------------------------------------------------------------- a peer's log comes in

void Replicator::apply_group(Incoming& in, const GroupSlot& slot, const LogEntry& entry) {
  const topic::GroupWeight before = routes_.group_weight(entry.key, slot.slot);
  if (!routes_.set_group(entry.key, slot)) return;
  routes_changed_ = true;
  in.digest ^= row_hash(entry.key, before) ^ row_hash(entry.key, slot.weight);
  if (before.total == 0) ++in.rows;
  if (slot.weight.total == 0) --in.rows;
}

void Replicator::apply(Peer& peer, const std::string& node, const LogEntry& entry) {
  if (entry.table == LogEntry::Table::groups) {
    const auto weight = weight_of(entry);
    if (weight) apply_group(peer.in, {peer.slot, *weight, hash_bytes(node)}, entry);
    return;
  }
  if (entry.table == LogEntry::Table::retained) {
    ByteReader r(entry.value);
    const RowStamp stamp = wire::read_row_stamp(r);
    if (r.ok()) shared_.apply(entry.key, stamp, r.rest());
    return;
  }
  if (entry.table == LogEntry::Table::clients) return apply_client(peer, entry);
  // Tables of later versions are none of our business; their entries only move the position.
  if (entry.table != LogEntry::Table::routes) return;
  const bool changed = entry.add ? routes_.add(entry.key, peer.slot) : routes_.remove(entry.key, peer.slot);
  if (!changed) return;
  routes_changed_ = true;
  peer.in.digest ^= hash_bytes(entry.key);
  peer.in.rows = entry.add ? peer.in.rows + 1 : peer.in.rows - 1;
}

void Replicator::apply_client(Peer& peer, const LogEntry& entry) {
  ByteReader key_bytes(entry.key);
  ByteReader r(entry.value);
  const ClientKey key = key_bytes.u64();
  const RowStamp stamp = entry.add ? wire::read_row_stamp(r) : RowStamp{};
  if (!key_bytes.ok() || !r.ok()) return;
  const auto earlier = entry.add ? clients_.set(key, peer.slot, stamp) : clients_.erase(key, peer.slot);
  if (earlier) peer.in.digest ^= client_row_digest(key, *earlier);
  if (entry.add) peer.in.digest ^= client_row_digest(key, stamp);
  if (entry.add) ++peer.in.rows;
  if (earlier) --peer.in.rows;
}

void Replicator::handle(const std::string& node, const wire::Append& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr) return;
  Incoming& in = peer->in;
  if (frame.incarnation != in.incarnation || frame.first_seq > in.applied + 1) {
    // A gap: the link lost nothing (it is ordered), so one of us restarted or was damaged. Ask anew.
    if (!in.snapshot) request_sync(node, *peer, in.incarnation);
    return;
  }
  in.sync_requested = false;
  std::uint64_t seq = frame.first_seq;
  for (const LogEntry& entry : frame.entries) {
    if (seq == in.applied + 1) {
      apply(*peer, node, entry);
      in.applied = seq;
    }
    ++seq;
  }
  in.ack_due = true;
}

void Replicator::handle(const std::string& node, const wire::SnapshotPart& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr) return;
  Incoming& in = peer->in;
  if (frame.first) {
    in.snapshot.emplace();
    in.incarnation = frame.incarnation;
    in.applied = 0;
  }
  if (!in.snapshot || frame.incarnation != in.incarnation) return;
  for (const LogEntry& row : frame.rows) {
    in.snapshot->insert(snapshot_key(row.table, row.key, frame.seq));
    apply(*peer, node, row);
  }
  if (!frame.last) {
    send(node, wire::SnapshotAck{frame.seq});
    return;
  }
  in.applied = frame.seq;
  finish_snapshot(*peer);
}

void Replicator::finish_snapshot(Peer& peer) {
  Incoming& in = peer.in;
  std::vector<std::string> stale;
  std::uint64_t rows = 0;
  std::uint64_t digest = 0;
  routes_.for_each([&](std::string_view filter, const SlotSet& slots) {
    if (!slots.contains(peer.slot)) return;
    if (in.snapshot->contains(snapshot_key(LogEntry::Table::routes, filter, in.applied))) {
      ++rows;
      digest ^= hash_bytes(filter);
    } else {
      stale.emplace_back(filter);
    }
  });
  for (const std::string& filter : stale) routes_.remove(filter, peer.slot);
  std::vector<ClientKey> stale_clients;
  clients_.for_each(peer.slot, [&](ClientKey key, RowStamp stamp) {
    const LogEntry row = client_entry(key, &stamp);
    if (in.snapshot->contains(snapshot_key(row.table, row.key, in.applied))) {
      ++rows;
      digest ^= client_row_digest(key, stamp);
    } else {
      stale_clients.push_back(key);
    }
  });
  for (const ClientKey key : stale_clients) clients_.erase(key, peer.slot);
  std::vector<std::string> stale_groups;
  routes_.for_each_group([&](std::string_view group, const GroupSlot& slot) {
    if (slot.slot != peer.slot) return;
    if (in.snapshot->contains(snapshot_key(LogEntry::Table::groups, group, in.applied))) {
      ++rows;
      digest ^= row_hash(group, slot.weight);
    } else {
      stale_groups.emplace_back(group);
    }
  });
  for (const std::string& group : stale_groups) routes_.set_group(group, {.slot = peer.slot});
  // Counted from the table itself, so that a damaged sum heals too.
  in.rows = rows;
  in.digest = digest;
  routes_changed_ = routes_changed_ || !stale.empty() || !stale_groups.empty();
  in.snapshot.reset();
  in.sync_requested = false;
  in.ack_due = true;
}

void Replicator::handle(const std::string& node, const wire::Digest& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr || peer->in.snapshot || peer->in.sync_requested) return;
  Incoming& in = peer->in;
  if (frame.incarnation != in.incarnation || frame.seq != in.applied) return;
  if (frame.rows == in.rows && frame.digest == in.digest) return;
  logger_.error("Replica of {} differs from its origin at {}: {} rows here, {} there; asking for all of them",
                node, in.applied, in.rows, frame.rows);
  request_sync(node, *peer, 0);
}

// ---------------------------------------------------------------- our log goes out

void Replicator::handle(const std::string& node, const wire::SyncRequest& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr) return;
  Outgoing& out = peer->out;
  out.parts.clear();
  out.parts_in_flight = 0;
  out.goal = log_.last();
  if (frame.incarnation == incarnation_ && log_.holds_after(frame.seq)) {
    out.streaming = true;
    out.sent = frame.seq;
    out.acknowledged = frame.seq;
    // Even with nothing to send the peer needs a word that it is up to date.
    if (out.sent == log_.last()) send(node, wire::Append{incarnation_, out.sent + 1, {}});
    return;
  }
  start_snapshot(node, *peer);
}

std::map<std::string, topic::GroupWeight> Replicator::own_groups() const {
  std::map<std::string, topic::GroupWeight> groups;
  routes_.for_each_group([&](std::string_view group, const GroupSlot& slot) {
    if (slot.slot.value >= own_slots_) return;
    topic::GroupWeight& sum = groups[std::string(group)];
    sum.online += slot.weight.online;
    sum.total += slot.weight.total;
  });
  return groups;
}

void Replicator::start_snapshot(const std::string& node, Peer& peer) {
  Outgoing& out = peer.out;
  out.streaming = false;
  out.snapshot_seq = log_.last();
  wire::SnapshotPart part{
      .incarnation = incarnation_, .seq = out.snapshot_seq, .first = true, .last = false, .rows = {}};
  const auto add = [&](LogEntry row) {
    part.rows.push_back(std::move(row));
    if (part.rows.size() < rows_per_part_max) return;
    out.parts.push_back(std::exchange(part, {incarnation_, out.snapshot_seq, false, false, {}}));
  };
  routes_.for_each([&](std::string_view filter, const SlotSet& slots) {
    bool own = false;
    for (std::uint32_t slot = 0; slot < own_slots_ && !own; ++slot) own = slots.contains(Slot(slot));
    if (own) add({.table = LogEntry::Table::routes, .add = true, .key = std::string(filter), .value = {}});
  });
  clients_.for_each(own_slot, [&](ClientKey key, RowStamp stamp) { add(client_entry(key, &stamp)); });
  for (const auto& [group, weight] : own_groups()) add(group_entry(group, weight));
  part.last = true;
  out.parts.push_back(std::move(part));
  send_parts(node, peer);
}

void Replicator::send_parts(const std::string& node, Peer& peer) {
  Outgoing& out = peer.out;
  while (!out.parts.empty() && out.parts_in_flight < parts_in_flight_max) {
    const wire::SnapshotPart part = std::move(out.parts.front());
    out.parts.pop_front();
    ++out.parts_in_flight;
    send(node, part);
    if (!part.last) continue;
    // Entries that came while the snapshot streamed follow it, if the log still has them.
    out.parts_in_flight = 0;
    if (!log_.holds_after(out.snapshot_seq)) return start_snapshot(node, peer);
    out.streaming = true;
    out.sent = out.snapshot_seq;
  }
}

void Replicator::handle(const std::string& node, const wire::SnapshotAck& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr || frame.seq != peer->out.snapshot_seq) return;
  if (peer->out.parts_in_flight > 0) --peer->out.parts_in_flight;
  send_parts(node, *peer);
}

void Replicator::handle(const std::string& node, const wire::Ack& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr || frame.incarnation != incarnation_ || !peer->out.streaming) return;
  peer->out.acknowledged = std::max(peer->out.acknowledged, std::min(frame.seq, log_.last()));
}

void Replicator::send_entries() {
  for (auto& [node, peer] : peers_) {
    Outgoing& out = peer.out;
    if (!peer.up || !out.streaming) continue;
    if (!log_.holds_after(out.sent)) {
      start_snapshot(node, peer);
      continue;
    }
    while (out.sent < log_.last()) {
      wire::Append frame{.incarnation = incarnation_, .first_seq = out.sent + 1, .entries = {}};
      std::size_t bytes = 0;
      while (out.sent < log_.last() && frame.entries.size() < entries_per_append_max &&
             bytes < append_bytes_max) {
        frame.entries.push_back(log_.at(++out.sent));
        bytes += OriginLog::size_of(frame.entries.back());
      }
      send(node, frame);
    }
  }
}

void Replicator::damage_for_test(const std::string& node, std::string_view filter) {
  apply(peers_.at(node), node,
        {.table = LogEntry::Table::routes, .add = false, .key = std::string(filter), .value = {}});
}

bool Replicator::end_of_turn() {
  if (routes_changed_) {
    routes_changed_ = false;
    routes_.commit();
  }
  send_entries();
  bool again = false;
  for (auto& [node, peer] : peers_) {
    if (!peer.up) continue;
    Incoming& in = peer.in;
    if (in.ack) send(node, *std::exchange(in.ack, std::nullopt));
    if (!std::exchange(in.ack_due, false)) continue;
    in.ack = wire::Ack{in.incarnation, in.applied};
    again = true;
  }
  return again;
}

void Replicator::tick(Now now) {
  for (auto& [node, peer] : peers_) {
    Incoming& in = peer.in;
    if (!peer.up || !in.sync_requested || in.snapshot) {
      in.ask_again = now.mono + sync_wait;
    } else if (in.ask_again <= now.mono) {
      in.sync_requested = false;
      in.ask_again = now.mono + sync_wait;
      request_sync(node, peer, in.incarnation);
    }
  }
  if (now.mono < next_digest_) return;
  next_digest_ = now.mono + digest_interval;
  for (auto& [node, peer] : peers_) {
    if (peer.up && peer.out.streaming && peer.out.acknowledged == log_.last()) {
      send(node, wire::Digest{incarnation_, log_.last(), own_rows_, own_digest_});
    }
  }
}

}  // namespace meshmq::cluster
