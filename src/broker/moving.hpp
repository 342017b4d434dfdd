#pragma once
// A session on its way between two nodes: what Delivery has to know of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/time.hpp"
#include "broker/outgoing.hpp"

namespace meshmq::broker {

struct Session;

enum class Moving : std::uint8_t {
  none,
  arriving,  ///< from another node, which still sends what reaches it there
  settled,   ///< arrived; copies that waited for a link may still come
  leaving,   ///< to another node: what it would get is sent after it
};

/// Why a session leaves its node.
enum class Departure : std::uint8_t {
  to_client,  ///< which is elsewhere
  to_rest,    ///< the node ends: it goes on waiting elsewhere
};

/// How a message of its old home comes to a session.
enum class Relayed : std::uint8_t {
  in_order,
  /// By this node, where the session has come back to: older than what has come directly since, newer than
  /// what is still on its way there and back.
  own,
  /// By an old home that has caught up: the session gets it directly as well, if not already, but for the odd
  /// message that was held up.
  straggler,
};

/// A session on its way to the disk.
struct RestingSession {
  std::string client_id;
  std::string image;
};

/// What a session that has arrived remembers as long as copies of a message may come by two ways.
struct Arrival {
  std::unordered_set<std::uint64_t> seen;  ///< ids of messages that it has got
  /// Came directly while older ones may still come from the old home.
  std::vector<Outgoing> held;
  std::ptrdiff_t held_own = 0;  ///< how many of them, at the front, the stub here has caught
  bool holding = true;
  /// The old home still sends what reaches it there.
  bool relaying = true;
  /// When it stops to hold back, whatever the old home says; once it has settled: when it is forgotten.
  TimePoint due{};
  /// What the session here had when it took in another one, and the messages that had come here by then.
  std::vector<std::string> had;
  std::unordered_set<std::uint64_t> dispatched;
  /// The same of those that it took in. Ids tell what came to a node, filters whether the session got it.
  std::vector<std::string> theirs;
  std::unordered_set<std::uint64_t> theirs_dispatched;
  /// An older session is out of reach: what this one gets at QoS 2 is remembered until they become one.
  bool remember = false;
};

/// Decides for sessions that move, before Delivery does anything.
class Diversion {
 public:
  virtual ~Diversion() = default;
  /// True: nothing is left to do.
  virtual bool divert(Session& session, const Outgoing& outgoing, Now now) = 0;
};

/// The ids of the messages that a worker has dispatched last. Hot path: one store per message.
class RecentMessages {
 public:
  static constexpr std::size_t capacity = 4096;

  void add(std::uint64_t id, WallMillis now) { ring_[next_++ % capacity] = {id, now}; }
  /// Calls visit(id) for those since then.
  template <class Visit>
  void since(WallMillis oldest, Visit&& visit) const {
    for (const Entry& entry : ring_) {
      if (entry.id != 0 && entry.at >= oldest) visit(entry.id);
    }
  }

 private:
  struct Entry {
    std::uint64_t id = 0;
    WallMillis at = 0;
  };
  std::array<Entry, capacity> ring_{};
  std::size_t next_ = 0;
};

}  // namespace meshmq::broker
