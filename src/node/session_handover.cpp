#include "node/session_handover.hpp"

#include <algorithm>

namespace meshmq::node {

std::vector<std::string> SessionHandover::running() const {
  std::vector<std::string> result;
  for (const std::string& node : cluster_.membership().others()) {
    if (cluster_.running(node)) result.push_back(node);
  }
  return result;
}

void SessionHandover::begin(Duration wait, Now now) {
  begun_ = now.mono;
  deadline_ = now.mono + wait;
  next_report_ = now.mono + report_interval;
}

std::size_t SessionHandover::refusals(const std::string& client_id) const {
  const auto it = refused_.find(client_id);
  return it == refused_.end() ? 0 : it->second;
}

/// What is here and was not refused too often.
void SessionHandover::list() {
  const std::size_t tries_max = running().size() * tries_per_node;
  for (std::string& client_id : moves_.held()) {
    if (refusals(client_id) < tries_max) waiting_.push_back(std::move(client_id));
  }
  std::reverse(waiting_.begin(), waiting_.end());
}

void SessionHandover::look_after_offers(Now now) {
  for (auto it = offered_.begin(); it != offered_.end();) {
    const std::string& client_id = it->first;
    const bool gone = !moves_.holds(client_id);
    const bool late = it->second <= now.mono && !moves_.is_leaving(client_id);
    if (gone) ++moved_;
    if (late && !gone) ++refused_[client_id];
    it = gone || late ? offered_.erase(it) : std::next(it);
  }
}

void SessionHandover::offer_more(Now now) {
  const std::vector<std::string> nodes = running();
  const auto age = static_cast<std::size_t>((now.mono - begun_).count());
  // Some at once: a small node need not wait for a clock.
  allowed_ = std::max<std::size_t>(config_.handover_rate / 10, 1) + config_.handover_rate * age / 1000;
  while (!waiting_.empty() && made_ < allowed_ && offered_.size() < under_way_max) {
    const std::string client_id = std::move(waiting_.back());
    waiting_.pop_back();
    if (!moves_.holds(client_id)) {
      ++moved_;
      continue;
    }
    const std::string& node = nodes[(made_++ + refusals(client_id)) % nodes.size()];
    moves_.offer(client_id, node);
    offered_[client_id] = now.mono + offer_wait;
  }
}

void SessionHandover::report(Now now) {
  if (now.mono < next_report_) return;
  next_report_ = now.mono + report_interval;
  log_.warning("{} sessions are handed over, {} are left", moved_, moves_.held().size());
}

bool SessionHandover::advance(Now now) {
  look_after_offers(now);
  const bool late = deadline_ <= now.mono;
  if (!late && !running().empty()) {
    // Clients that were about to connect may have brought more.
    if (waiting_.empty() && offered_.empty()) list();
    offer_more(now);
    report(now);
    if (!waiting_.empty() || !offered_.empty() || moves_.leaving_count() > 0 || moves_.asking()) return false;
  }
  const std::size_t left = moves_.held().size();
  if (moved_ > 0) log_.info("{} sessions were handed over, {} stay here", moved_, left);
  return true;
}

}  // namespace meshmq::node
