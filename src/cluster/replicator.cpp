#include "cluster/replicator.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::size_t entries_per_append_max = 4000;
constexpr std::size_t append_bytes_max = 1024 * 1024;

/// Rows of all tables side by side: what a snapshot has named.
std::uint64_t snapshot_key(LogEntry::Table table, std::string_view key, std::uint64_t seq) {
  return hash_bytes(key, hash_mix(seq, static_cast<std::uint64_t>(table)));
}

}  // namespace

Replicator::Replicator(std::uint64_t incarnation, std::uint32_t own_slots, std::size_t log_entries_max,
                       RouteWriter& routes, ClientRows& clients, SharedRows& shared, ClusterPorts& ports,
                       Logger log)
    : incarnation_(incarnation),
      log_(log_entries_max),
      routes_(routes),
      route_rows_(routes, own_slots),
      session_rows_(clients),
      group_rows_(routes, own_slots),
      tables_{{LogEntry::Table::routes, &route_rows_},
              {LogEntry::Table::clients, &session_rows_},
              {LogEntry::Table::groups, &group_rows_}},
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

void Replicator::count(wire::TableSums& sums, LogEntry::Table table, RowChange change) {
  if (change.nothing()) return;
  routes_changed_ = routes_changed_ || change.routes;
  wire::TableSum& sum = sums[table];
  sum.rows += static_cast<std::uint64_t>(change.rows);
  sum.digest ^= change.digest;
}

std::uint64_t Replicator::append(LogEntry entry, RowChange change) {
  count(own_sums_, entry.table, change);
  return log_.append(std::move(entry));
}

std::uint64_t Replicator::write(LogEntry entry) {
  const RowChange change = tables_.at(entry.table)->apply({own_slot, {}}, entry.add, entry.key, entry.value);
  return change.nothing() ? log_.last() : append(std::move(entry), change);
}

std::uint64_t Replicator::append_route(std::string_view filter, bool add) {
  return append({.table = LogEntry::Table::routes, .add = add, .key = std::string(filter), .value = {}},
                RouteRows::change(filter, add));
}

std::uint64_t Replicator::set_client(ClientKey key, const ClientRow& row) {
  const RowChange change = session_rows_.set(own_slot, key, row);
  return append({.table = LogEntry::Table::clients,
                 .add = true,
                 .key = SessionRows::key_of(key),
                 .value = SessionRows::value_of(row)},
                change);
}

void Replicator::erase_client(ClientKey key) {
  const RowChange change = session_rows_.erase(own_slot, key);
  if (change.nothing()) return;
  append({.table = LogEntry::Table::clients, .add = false, .key = SessionRows::key_of(key), .value = {}},
         change);
}

std::uint64_t Replicator::append_group(std::string_view group, topic::GroupWeight before,
                                       topic::GroupWeight now) {
  return append({.table = LogEntry::Table::groups,
                 .add = now.total != 0,
                 .key = std::string(group),
                 .value = GroupRows::value_of(now)},
                GroupRows::change(group, before, now));
}

std::uint64_t Replicator::append_shared(std::string_view key, RowStamp stamp, std::string_view value) {
  std::string stamped;
  ByteWriter w(stamped);
  wire::write(w, stamp);
  w.bytes(value);
  return log_.append(
      {.table = LogEntry::Table::shared, .add = true, .key = std::string(key), .value = std::move(stamped)});
}

std::uint64_t Replicator::acknowledged_by_all(std::uint64_t given_up) const {
  std::uint64_t least = log_.last();
  for (const auto& [node, peer] : peers_) {
    if (peer.up && peer.out.acknowledged >= given_up) least = std::min(least, peer.out.acknowledged);
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

template <class Wanted>
wire::TableSums Replicator::keep_rows(RowOwner owner, Wanted&& wanted) {
  wire::TableSums sums;
  std::vector<std::string> stale;
  for (const auto& [table_id, table] : tables_) {
    stale.clear();
    table->for_each(owner.slot,
                    [&, id = table_id](std::string_view key, std::string_view, std::uint64_t digest) {
                      if (!wanted(id, key)) return stale.emplace_back(key), void();
                      count(sums, id, {.rows = 1, .digest = digest});
                    });
    for (const std::string& key : stale) {
      routes_changed_ = table->apply(owner, false, key, {}).routes || routes_changed_;
    }
  }
  return sums;
}

void Replicator::forget(const std::string& node) {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return;
  keep_rows({it->second.slot, node}, [](LogEntry::Table, std::string_view) { return false; });
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

void Replicator::apply(Peer& peer, const std::string& node, const LogEntry& entry) {
  if (entry.table == LogEntry::Table::shared) {
    ByteReader r(entry.value);
    const RowStamp stamp = wire::read_row_stamp(r);
    if (r.ok() && shared_.apply(entry.key, stamp, r.rest())) ++shared_rows_changed_;
    return;
  }
  // Tables of later versions are none of our business; their entries only move the position.
  const auto table = tables_.find(entry.table);
  if (table == tables_.end()) return;
  const RowChange change = table->second->apply({peer.slot, node}, entry.add, entry.key, entry.value);
  if (!change.nothing()) ++rows_changed_;
  count(peer.in.sums, entry.table, change);
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
  finish_snapshot(node, *peer);
}

void Replicator::finish_snapshot(const std::string& node, Peer& peer) {
  Incoming& in = peer.in;
  // Counted from the tables themselves, so that a damaged sum heals too.
  in.sums = keep_rows({peer.slot, node}, [&in](LogEntry::Table table, std::string_view key) {
    return in.snapshot->contains(snapshot_key(table, key, in.applied));
  });
  in.snapshot.reset();
  in.sync_requested = false;
  in.ack_due = true;
}

void Replicator::handle(const std::string& node, const wire::Digest& frame) {
  Peer* peer = find_up(node);
  if (peer == nullptr || peer->in.snapshot || peer->in.sync_requested) return;
  Incoming& in = peer->in;
  if (frame.incarnation != in.incarnation || frame.seq != in.applied) return;
  for (const auto& [id, table] : tables_) {
    const wire::TableSum ours = wire::sum_of(in.sums, id);
    const wire::TableSum theirs = wire::sum_of(frame.sums, id);
    if (ours == theirs) continue;
    logger_.error(
        "Replica of {} differs from its origin at {}: {} rows of table {} here, {} there; asking for all of "
        "them",
        node, in.applied, ours.rows, static_cast<int>(id), theirs.rows);
    return request_sync(node, *peer, 0);
  }
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

void Replicator::start_snapshot(const std::string& node, Peer& peer) {
  Outgoing& out = peer.out;
  out.streaming = false;
  out.snapshot_seq = log_.last();
  wire::SnapshotPart part{
      .incarnation = incarnation_, .seq = out.snapshot_seq, .first = true, .last = false, .rows = {}};
  std::size_t bytes = 0;
  const auto add = [&](LogEntry row) {
    bytes += OriginLog::size_of(row);
    part.rows.push_back(std::move(row));
    if (part.rows.size() < rows_per_part_max && bytes < append_bytes_max) return;
    bytes = 0;
    out.parts.push_back(std::exchange(part, {incarnation_, out.snapshot_seq, false, false, {}}));
  };
  for (const auto& [id, table] : tables_) {
    table->for_each(own_slot, [&, id = id](std::string_view key, std::string_view value, std::uint64_t) {
      add({.table = id, .add = true, .key = std::string(key), .value = std::string(value)});
    });
  }
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

// ---------------------------------------------------------------- do all hold the same

wire::OwnerState Replicator::position_of(const std::string& node) const {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return {};
  return {.incarnation = it->second.in.incarnation, .seq = it->second.in.applied};
}

std::map<Slot, wire::TableSums> Replicator::count_rows() const {
  std::map<Slot, wire::TableSums> result;
  for (const auto& [table_id, table] : tables_) {
    table->for_each_owner([&, id = table_id](Slot owner, std::uint64_t digest) {
      wire::TableSum& sum = result[owner][id];
      ++sum.rows;
      sum.digest ^= digest;
    });
  }
  return result;
}

void Replicator::fetch_anew(const std::string& node) {
  Peer* peer = find_up(node);
  if (peer != nullptr && !peer->in.snapshot) request_sync(node, *peer, 0);
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
      send(node, wire::Digest{incarnation_, log_.last(), own_sums_});
    }
  }
}

}  // namespace meshmq::cluster
