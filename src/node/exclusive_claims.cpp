#include "node/exclusive_claims.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::node {

using cluster::RowStamp;

// ---------------------------------------------------------------- rows

template <class Visit>
void ExclusiveClaims::for_each_other(std::string_view name, Visit&& visit) const {
  for (const auto& [slot, rows] : rows_) {
    if (slot == cluster::own_slot) continue;
    const auto row = rows.find(name);
    const auto claim = row == rows.end() ? std::nullopt : decode_claim(row->second);
    if (claim) visit(*claim, peers_.contains(slot.value));
  }
}

template <class Wanted>
std::optional<ExclusiveClaim> ExclusiveClaims::find_rival(std::string_view name, std::string_view client_id,
                                                          Wanted&& wanted) const {
  std::optional<ExclusiveClaim> first;
  for_each_other(name, [&](const ExclusiveClaim& claim, bool live) {
    if (!live || claim.client_id == client_id || !wanted(claim)) return;
    if (!first || claim.stamp < first->stamp) first = claim;
  });
  return first;
}

void ExclusiveClaims::write(const std::string& name, const Mine& mine) {
  ports_.write_row(name, encode_claim(mine.claim));
}

ExclusiveClaims::Claims::iterator ExclusiveClaims::erase(Claims::iterator it) {
  ports_.write_row(it->first, {});
  contested_.erase(it->first);
  return mine_.erase(it);
}

ExclusiveClaims::Claims::iterator ExclusiveClaims::give_up(Claims::iterator it, std::string winner) {
  ports_.lose(it->second.worker, {it->first, it->second.claim.client_id, std::move(winner)});
  return erase(it);
}

void ExclusiveClaims::peer_up(Slot slot) {
  peers_.insert(slot.value);
  const ExclusiveRows::Rows* rows = rows_.of(slot);
  if (rows == nullptr) return;
  for (const auto& [name, mine] : mine_) {
    if (rows->contains(name)) contested_.insert(name);
  }
}

void ExclusiveClaims::row(Slot slot, std::string_view name, std::string_view value) {
  if (slot == cluster::own_slot) return;
  const auto claim = decode_claim(value);
  if (!claim) return;
  ports_.observe(claim->stamp);
  const auto own = mine_.find(name);
  if (own == mine_.end()) return;
  (own->second.claim.client_id == claim->client_id ? doubled_ : contested_).emplace(name);
}

// ---------------------------------------------------------------- asking

void ExclusiveClaims::ask(SubscribeRequest& request, Now now) {
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    const broker::SubscribeFilter& filter = request.filters[i];
    if (filter.claimant.empty()) continue;
    const auto own = mine_.find(filter.filter);
    const bool taken =
        own == mine_.end()
            ? find_rival(filter.filter, filter.claimant, [](const auto&) { return true; }).has_value()
            : own->second.claim.client_id != filter.claimant;
    if (taken) {
      request.refused.push_back(i);
      continue;
    }
    if (own == mine_.end()) {
      const Mine mine{request.worker, {filter.claimant, ports_.next_stamp(now), false}};
      write(filter.filter, mine);
      mine_.emplace(filter.filter, mine);
    }
    request.claims.emplace_back(i, mine_.at(filter.filter).claim.stamp);
  }
}

void ExclusiveClaims::check(SubscribeRequest& request) {
  for (const auto& [number, stamp] : request.claims) {
    const broker::SubscribeFilter& filter = request.filters[number];
    const auto own = mine_.find(filter.filter);
    // A later claim of the same client has its own check.
    if (own == mine_.end() || own->second.claim.client_id != filter.claimant ||
        own->second.claim.stamp != stamp) {
      request.refused.push_back(number);
      continue;
    }
    ExclusiveClaim& claim = own->second.claim;
    if (claim.held) continue;
    const auto goes_first = [&](const ExclusiveClaim& other) {
      return other.held || other.stamp < claim.stamp;
    };
    if (find_rival(filter.filter, filter.claimant, goes_first)) {
      request.refused.push_back(number);
      erase(own);
    } else {
      claim.held = true;
      write(own->first, own->second);
    }
  }
}

void ExclusiveClaims::released(const ExclusiveReleased& released) {
  const auto own = mine_.find(released.name);
  if (own == mine_.end() || own->second.claim.client_id != released.client_id) return;
  erase(own);
}

// ---------------------------------------------------------------- sessions that move

void ExclusiveClaims::arrived(const ExclusiveHeld& held, Now now) {
  Mine mine{held.worker, {held.client_id, {}, true}};
  for_each_other(held.name, [&](const ExclusiveClaim& other, bool) {
    if (other.client_id != held.client_id) return;
    RowStamp& stamp = mine.claim.stamp;
    stamp = stamp == RowStamp{} ? other.stamp : std::min(stamp, other.stamp);
  });
  const auto own = mine_.find(held.name);
  if (own != mine_.end() && own->second.claim.client_id == held.client_id) {
    mine.claim.stamp = own->second.claim.stamp;
  } else if (mine.claim.stamp == RowStamp{}) {
    mine.claim.stamp = ports_.next_stamp(now);
  }
  if (own != mine_.end() && own->second.claim.client_id != held.client_id) {
    const ExclusiveClaim other = own->second.claim;
    if (other.held && other.stamp < mine.claim.stamp)
      return ports_.lose(held.worker, {held.name, held.client_id, other.client_id});
    // One that only asks finds out when it is checked.
    if (other.held) ports_.lose(own->second.worker, {held.name, other.client_id, held.client_id});
  }
  mine_.insert_or_assign(held.name, mine);
  write(held.name, mine);
  contested_.insert(held.name);
  doubled_.insert(held.name);
}

/// False: the client has it on no other node (any more), or not here.
bool ExclusiveClaims::settle_doubled(const std::string& name) {
  const auto own = mine_.find(name);
  if (own == mine_.end()) return false;
  bool elsewhere = false;
  bool arrived = false;
  for_each_other(name, [&](const ExclusiveClaim& other, bool live) {
    if (other.client_id != own->second.claim.client_id) return;
    elsewhere = true;
    arrived = arrived || (live && other.held);
  });
  // Until then its row here keeps it for the session that is on its way.
  if (!arrived || !ports_.is_leaving(own->second.claim.client_id)) return elsewhere;
  erase(own);
  return false;
}

void ExclusiveClaims::before_end_of_turn() {
  for (auto it = doubled_.begin(); it != doubled_.end();) {
    it = settle_doubled(*it) ? std::next(it) : doubled_.erase(it);
  }
}

// ---------------------------------------------------------------- time

/// False: there is none (any more), or it is lost.
bool ExclusiveClaims::settle_contest(const std::string& name, Now now) {
  const auto own = mine_.find(name);
  if (own == mine_.end()) return false;
  Mine& mine = own->second;
  const auto goes_first = [&](const ExclusiveClaim& other) {
    return other.held && other.stamp < mine.claim.stamp;
  };
  const auto winner = find_rival(name, mine.claim.client_id, goes_first);
  if (!winner) {
    mine.contested_since = {};
    return false;
  }
  // Where it goes it is settled.
  if (!mine.claim.held || ports_.is_leaving(mine.claim.client_id)) return true;
  if (mine.contested_since == TimePoint{}) mine.contested_since = now.mono;
  if (now.mono - mine.contested_since < contest_wait) return true;
  give_up(own, winner->client_id);
  return false;
}

void ExclusiveClaims::sweep_absent() {
  for (auto it = mine_.begin(); it != mine_.end();) {
    const std::string& client_id = it->second.claim.client_id;
    const bool absent = !ports_.is_here(client_id) && !ports_.is_leaving(client_id);
    it = absent ? erase(it) : std::next(it);
  }
}

void ExclusiveClaims::tick(Now now) {
  if (next_contest_sweep_ <= now.mono) {
    next_contest_sweep_ = now.mono + contest_sweep;
    for (const std::string& name : std::exchange(contested_, {})) {
      if (settle_contest(name, now)) contested_.insert(name);
    }
  }
  if (next_absence_sweep_ <= now.mono) {
    next_absence_sweep_ = now.mono + absence_sweep;
    sweep_absent();
  }
}

}  // namespace meshmq::node
