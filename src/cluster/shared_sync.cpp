#include "cluster/shared_sync.hpp"

namespace meshmq::cluster {

namespace {

BucketSet differences(const BucketDigests& a, const BucketDigests& b) {
  BucketSet result;
  for (std::size_t i = 0; i < shared_buckets; ++i) result[i] = a[i] != b[i];
  return result;
}

}  // namespace

void SharedSync::announce(const std::string& node) {
  ports_.send(node, wire::encode(wire::SharedDigest{rows_.digests()}));
}

void SharedSync::log_begins(const std::string& node) {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return;
  it->second.log_begun = true;
  announce(node);
}

void SharedSync::peer_down(const std::string& node) {
  peers_.erase(node);
  if (pulling_from_ == node) pulling_from_.clear();
}

bool SharedSync::in_sync_with(const std::string& node) const {
  const auto it = peers_.find(node);
  return it != peers_.end() && it->second.met && pulling_from_ != node;
}

void SharedSync::handle(const std::string& node, const wire::SharedDigest& frame, Now now) {
  const auto it = peers_.find(node);
  if (it == peers_.end()) return;
  Peer& peer = it->second;
  if (!peer.met) {
    peer.theirs = frame.digests;
    return pull_next(now);
  }
  BucketSet wanted = differences(frame.digests, rows_.digests());
  if (peer.theirs && !peer.suspect)
    wanted &= ~differences(frame.digests, *peer.theirs) & ~differences(rows_.digests(), peer.ours);
  const bool counts = peer.theirs.has_value() || peer.suspect;
  peer.theirs = frame.digests;
  peer.ours = rows_.digests();
  if (!counts || !pulling_from_.empty()) return;
  peer.suspect = false;
  if (wanted.none()) return;
  pulling_from_ = node;
  pull_deadline_ = now.mono + pull_wait;
  ports_.send(node, wire::encode(wire::SharedRequest{wanted}));
}

void SharedSync::pull_next(Now now) {
  if (!pulling_from_.empty()) return;
  for (auto& [node, peer] : peers_) {
    if (peer.met || !peer.theirs) continue;
    peer.met = true;
    const BucketSet wanted = differences(*peer.theirs, rows_.digests());
    peer.theirs.reset();
    if (wanted.none()) continue;
    pulling_from_ = node;
    pull_deadline_ = now.mono + pull_wait;
    ports_.send(node, wire::encode(wire::SharedRequest{wanted}));
    return;
  }
}

void SharedSync::handle(const std::string& node, const wire::SharedRequest& frame) {
  if (!peers_.contains(node)) return;
  wire::SharedPart part;
  std::size_t bytes = 0;
  rows_.for_each(frame.buckets, [&](std::string_view key, RowStamp stamp, std::string_view value) {
    part.rows.push_back({std::string(key), stamp, std::string(value)});
    bytes += key.size() + value.size();
    if (bytes < part_bytes_max) return;
    ports_.send(node, wire::encode(part));
    part.rows.clear();
    bytes = 0;
  });
  part.last = true;
  ports_.send(node, wire::encode(part));
}

void SharedSync::handle(const std::string& node, const wire::SharedPart& frame, Now now) {
  for (const wire::SharedRow& row : frame.rows) {
    if (rows_.apply(row.key, row.stamp, row.value)) ++rows_changed_;
  }
  if (node != pulling_from_) return;
  pull_deadline_ = now.mono + pull_wait;
  if (!frame.last) return;
  pulling_from_.clear();
  pull_next(now);
}

void SharedSync::compare_anew() {
  for (auto& [node, peer] : peers_) {
    peer.suspect = true;
    if (peer.log_begun) announce(node);
  }
}

std::map<std::uint8_t, wire::TableSum> SharedSync::count() const {
  std::map<std::uint8_t, wire::TableSum> sums;
  rows_.for_each(BucketSet().set(), [&](std::string_view key, RowStamp stamp, std::string_view) {
    if (key.empty()) return;
    wire::TableSum& sum = sums[static_cast<std::uint8_t>(key[0])];
    ++sum.rows;
    sum.digest ^= row_digest(key, stamp);
  });
  return sums;
}

void SharedSync::tick(Now now) {
  if (!pulling_from_.empty() && pull_deadline_ <= now.mono) {
    pulling_from_.clear();
    pull_next(now);
  }
  if (now.mono < next_round_) return;
  next_round_ = now.mono + interval;
  for (const auto& [node, peer] : peers_) {
    if (peer.log_begun) announce(node);
  }
}

}  // namespace meshmq::cluster
