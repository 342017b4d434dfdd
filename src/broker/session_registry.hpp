#pragma once
// All sessions of one worker by client id, and when the absent ones end.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/time.hpp"
#include "broker/session.hpp"

namespace meshmq::broker {

/// Owns the sessions. Deadlines exist for sessions without a connection only. Thread rule: one owner.
class SessionRegistry {
 public:
  /// `seed` keys the hash: clients choose their ids.
  explicit SessionRegistry(std::uint64_t seed);
  ~SessionRegistry();
  SessionRegistry(const SessionRegistry&) = delete;
  SessionRegistry& operator=(const SessionRegistry&) = delete;

  Session* find(std::string_view client_id) const;
  /// The id must be new.
  Session& create(std::string_view client_id, WallMillis now);
  void destroy(Session& session);
  /// Takes it out and puts it in again, whole.
  std::unique_ptr<Session> extract(Session& session);
  Session& adopt(std::unique_ptr<Session> session);
  std::size_t size() const { return by_id_.size(); }

  /// Files the session under its next event: the will's or its end. Nowhere if neither will come.
  void schedule(Session& session);
  void unschedule(Session& session);
  /// The session that is due first, or nullptr.
  Session* due(TimePoint now) const;

  /// In no order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Session* session : by_id_) visit(*session);
  }
  /// In the order of client ids.
  std::vector<const Session*> sorted() const;

 private:
  struct IdHash {
    using is_transparent = void;
    std::uint64_t seed;
    std::size_t operator()(std::string_view id) const { return hash_bytes(id, seed); }
    std::size_t operator()(const Session* session) const { return hash_bytes(session->client_id, seed); }
  };
  struct IdEqual {
    using is_transparent = void;
    static std::string_view id(std::string_view id) { return id; }
    static std::string_view id(const Session* session) { return session->client_id; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return id(a) == id(b);
    }
  };

  std::unordered_set<Session*, IdHash, IdEqual> by_id_;
  std::map<std::pair<TimePoint, std::uint64_t>, Session*> deadlines_;
  std::uint64_t next_serial_ = 1;
};

}  // namespace meshmq::broker
