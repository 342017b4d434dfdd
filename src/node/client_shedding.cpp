#include "node/client_shedding.hpp"

#include <algorithm>
#include <numeric>

namespace meshmq::node {

void ClientShedding::begin(std::size_t rate, Now now) {
  on_ = true;
  turn_away_ = false;
  rate_ = rate;
  allowance_ = sent_ = 0;
  credit_ = 0;
  last_ = now.mono;
  asked_.clear();
  uncounted_.clear();
  for (std::uint16_t i = 0; i < connections_.size(); ++i) uncounted_.insert(i);
  ask(0);
}

void ClientShedding::end() {
  on_ = turn_away_ = false;
  ask(0);
}

void ClientShedding::ask(std::size_t quota) {
  std::size_t left = std::accumulate(connections_.begin(), connections_.end(), std::size_t{0});
  for (std::uint16_t i = 0; i < connections_.size(); ++i) {
    // Each in the measure of what it has.
    const std::size_t share = left == 0 ? 0 : (quota * connections_[i] + left - 1) / left;
    left -= connections_[i];
    quota -= std::min(quota, share);
    asked_.insert(i);
    ports_.to_worker(WorkerIndex(i), SendAway{share, turn_away_});
  }
}

void ClientShedding::handle(const SentAway& m) {
  const std::uint16_t worker = m.worker.value;
  connections_[worker] = m.connections;
  sessions_[worker] = m.sessions;
  sent_ += m.sent;
  allowance_ -= std::min(allowance_, m.sent);
  uncounted_.erase(worker);
  asked_.erase(worker);
}

void ClientShedding::tick(Now now) {
  if (!on_ || now.mono < last_ + round_interval || !asked_.empty()) return;
  const double second = static_cast<double>(rate_);
  credit_ = std::min(credit_ + second * static_cast<double>((now.mono - last_).count()) / 1000, second);
  last_ = now.mono;
  const std::size_t quota = counted() ? std::min(static_cast<std::size_t>(credit_), allowance_) : 0;
  credit_ -= static_cast<double>(quota);
  ask(quota);
}

std::size_t ClientShedding::connections() const {
  return std::accumulate(connections_.begin(), connections_.end(), std::size_t{0});
}

std::size_t ClientShedding::sessions() const {
  return std::accumulate(sessions_.begin(), sessions_.end(), std::size_t{0});
}

}  // namespace meshmq::node
