#include "node/exclusive_claims.hpp"

#include <algorithm>
#include <cstddef>

#include "base/hash.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::node {

ExclusiveClaims::ExclusiveClaims(const Config& config, const cluster::RouteWriter& routes, SetGroup set_group)
    : routes_(routes), set_group_(std::move(set_group)), rank_(hash_bytes(config.name)) {}

void ExclusiveClaims::peer_up(Slot slot, std::string_view node) {
  peers_[slot.value] = hash_bytes(node);
}

void ExclusiveClaims::claim(SubscribeRequest& request) {
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    const broker::SubscribeFilter& filter = request.filters[i];
    if (!filter.exclusive) continue;
    if (free_for(filter.filter, request.worker)) {
      set_group({request.worker, filter.filter, {1, 1}});
    } else {
      request.refused.push_back(i);
    }
  }
}

void ExclusiveClaims::check(SubscribeRequest& request) {
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    const broker::SubscribeFilter& filter = request.filters[i];
    const auto& refused = request.refused;
    if (!filter.exclusive || std::find(refused.begin(), refused.end(), i) != refused.end()) continue;
    if (!lost(filter.filter)) continue;
    set_group({request.worker, filter.filter, {}});
    request.refused.push_back(i);
  }
}

void ExclusiveClaims::set_group(const GroupRequest& request) {
  set_group_(request);
  if (!topic::is_exclusive(request.group)) return;
  const auto it = mine_.find(request.group);
  if (request.weight.total != 0) {
    mine_[request.group].worker = request.worker;
  } else if (it != mine_.end() && it->second.worker == request.worker) {
    mine_.erase(it);
  }
}

bool ExclusiveClaims::free_for(std::string_view name, WorkerIndex worker) const {
  const auto own = mine_.find(name);
  if (own != mine_.end() && own->second.worker != worker) return false;
  return std::none_of(peers_.begin(), peers_.end(), [&](const auto& peer) { return has(peer.first, name); });
}

bool ExclusiveClaims::lost(std::string_view name) const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [&](const auto& peer) { return peer.second < rank_ && has(peer.first, name); });
}

std::vector<std::pair<WorkerIndex, std::string>> ExclusiveClaims::tick(Now now) {
  std::vector<std::pair<WorkerIndex, std::string>> given_up;
  if (now.mono < next_sweep_) return given_up;
  next_sweep_ = now.mono + sweep;
  for (auto& [name, mine] : mine_) {
    if (!lost(name)) {
      mine.contested_since = {};
    } else if (mine.contested_since == TimePoint{}) {
      mine.contested_since = now.mono;
    } else if (now.mono - mine.contested_since >= contest_wait) {
      given_up.emplace_back(mine.worker, name);
    }
  }
  return given_up;
}

}  // namespace meshmq::node
