#include "node/farewell.hpp"

#include <algorithm>

namespace meshmq::node {

void Farewell::begin(Now now) {
  if (begun()) return;
  moves_.close();
  for (std::uint16_t i = 0; i < config_.workers; ++i) {
    waiting_for_.insert(i);
    ports_.to_worker(WorkerIndex(i), ShutDown{});
  }
  enter(Stage::clients, now);
}

void Farewell::enter(Stage stage, Now now) {
  stage_ = stage;
  since_ = now.mono;
}

void Farewell::handle(const SessionsRested& m) {
  if (stage_ != Stage::sessions || m.worker.value != resting_) return;
  asked_ = false;
  if (m.sessions.empty()) ++resting_;
  kept_ += m.sessions.size();
  for (const broker::RestingSession& session : m.sessions) keeper_.keep(session);
}

bool Farewell::links_are_down() const {
  const auto others = cluster_.membership().others();
  return std::none_of(others.begin(), others.end(),
                      [this](const std::string& node) { return cluster_.running(node); });
}

bool Farewell::ask_for_sessions(Now now) {
  if (resting_ == config_.workers) return true;
  if (since_ + (asked_ ? worker_wait : disk_patience()) <= now.mono) {
    log_.critical("{} sessions are not written down: {}", moves_.held().size() - kept_,
                  asked_ ? "a worker does not answer" : "the disk does not take them");
    return true;
  }
  // One batch at a time: the next one when the disk has this one.
  if (asked_ || !store_.idle()) return false;
  asked_ = true;
  since_ = now.mono;
  ports_.to_worker(WorkerIndex(resting_), SessionsRest{sessions_per_batch});
  return false;
}

bool Farewell::disk_is_done(Now now) const {
  return store_.idle() || since_ + disk_patience() <= now.mono;
}

void Farewell::advance(Now now) {
  if (stage_ == Stage::clients && (waiting_for_.empty() || since_ + worker_wait <= now.mono)) {
    enter(Stage::handover, now);
    handover_.begin(config_.handover_wait, now);
  }
  if (stage_ == Stage::handover && handover_.advance(now)) {
    enter(Stage::links, now);
    cluster_.shut_down();
  }
  if (stage_ == Stage::links && (links_are_down() || since_ + link_wait <= now.mono)) {
    moves_.take_back_all();
    enter(Stage::sessions, now);
  }
  if (stage_ == Stage::sessions && ask_for_sessions(now)) {
    if (kept_ > 0) log_.info("{} sessions are written down", kept_);
    enter(Stage::disk, now);
  }
  if (stage_ == Stage::disk && disk_is_done(now)) {
    if (!store_.idle()) log_.critical("The last changes are not on disk");
    enter(Stage::over, now);
  }
}

}  // namespace meshmq::node
