#include "broker/session_registry.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace meshmq::broker {

SessionRegistry::SessionRegistry(std::uint64_t seed) : by_id_(0, IdHash{seed}) {}

SessionRegistry::~SessionRegistry() {
  for (Session* session : by_id_) delete session;
}

Session* SessionRegistry::find(std::string_view client_id) const {
  const auto it = by_id_.find(client_id);
  return it == by_id_.end() ? nullptr : *it;
}

Session& SessionRegistry::create(std::string_view client_id, WallMillis now) {
  auto session = std::make_unique<Session>();
  session->client_id = client_id;
  session->serial = next_serial_++;
  session->created_at = now;
  const bool is_new = by_id_.insert(session.get()).second;
  MESHMQ_ASSERT(is_new, "one session per client id");
  return *session.release();
}

void SessionRegistry::destroy(Session& session) {
  unschedule(session);
  by_id_.erase(&session);
  delete &session;
}

std::unique_ptr<Session> SessionRegistry::extract(Session& session) {
  unschedule(session);
  by_id_.erase(&session);
  return std::unique_ptr<Session>(&session);
}

Session& SessionRegistry::adopt(std::unique_ptr<Session> session) {
  session->serial = next_serial_++;
  const bool is_new = by_id_.insert(session.get()).second;
  MESHMQ_ASSERT(is_new, "one session per client id");
  return *session.release();
}

void SessionRegistry::schedule(Session& session) {
  unschedule(session);
  TimePoint deadline = TimePoint::max();
  if (session.expiry_s != expiry_never) deadline = session.expires_at();
  if (session.will) deadline = std::min(deadline, session.will_due_at());
  if (deadline == TimePoint::max()) return;
  session.deadline = deadline;
  deadlines_.emplace(std::pair(deadline, session.serial), &session);
}

void SessionRegistry::unschedule(Session& session) {
  if (session.deadline == TimePoint{}) return;
  deadlines_.erase({session.deadline, session.serial});
  session.deadline = TimePoint{};
}

Session* SessionRegistry::due(TimePoint now) const {
  if (deadlines_.empty() || deadlines_.begin()->first.first > now) return nullptr;
  return deadlines_.begin()->second;
}

std::vector<const Session*> SessionRegistry::sorted() const {
  std::vector<const Session*> sessions(by_id_.begin(), by_id_.end());
  std::sort(sessions.begin(), sessions.end(),
            [](const Session* a, const Session* b) { return a->client_id < b->client_id; });
  return sessions;
}

}  // namespace meshmq::broker
