#pragma once
// Shared subscriptions of one worker: group -> members ([MQTT5 4.8.2]).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "broker/group_name.hpp"
#include "broker/session.hpp"
#include "broker/shared_pick.hpp"
#include "broker/subscription_table.hpp"

namespace meshmq::broker {

struct GroupMember {
  Session* session;
  SubscriptionOptions options;
  std::uint32_t position;  ///< in Session::shared
  std::uint32_t id;        ///< unique within the group while it lives
};

/// One group with its members on this worker. Invariant: members [0, online) are connected, the others are
/// not, so that a choice among those online is one step.
struct SharedGroup {
  GroupNamePtr name;
  std::vector<GroupMember> members;
  std::uint32_t online = 0;
  std::uint32_t last_id = 0;
  /// Members that have moved to another node, which not everybody knows yet: they count, so that the group
  /// is not taken for gone, but nothing is given to them.
  std::uint32_t departing = 0;

  GroupWeight weight() const { return {online, static_cast<std::uint32_t>(members.size()) + departing}; }
};

/// Keeps both sides of every membership in step: the group's list and the session's. Groups are named by
/// `$share/<group>/<filter>`, whichever way they were asked for. Thread rule: one owner.
class SharedGroups {
 public:
  /// `seed` keys the hash: clients choose the names.
  explicit SharedGroups(std::uint64_t seed) : groups_(0, NameHash{seed}) {}

  struct Joined {
    SharedGroup& group;
    bool is_new;  ///< otherwise only the options have been replaced
  };
  Joined join(Session& session, std::string_view name, SubscriptionOptions options);
  /// The weight of what remains, or nothing if the session was no member.
  std::optional<GroupWeight> leave(Session& session, std::string_view name);
  /// Ends the session's memberships; calls changed(name, weight) for each.
  template <class Changed>
  void leave_all(Session& session, Changed&& changed) {
    while (session.shared && !session.shared->empty()) {
      const GroupNamePtr name = session.shared->back().group->name;
      changed(name->text(), *leave(session, name->text()));
    }
  }
  /// The same for a session that moves: as leave_all(), but it counts until departed().
  template <class Changed>
  void depart_all(Session& session, Changed&& changed) {
    if (!session.shared) return;
    for (const SharedRef& ref : *session.shared) ++ref.group->departing;
    leave_all(session, changed);
  }
  /// The weight of what remains.
  GroupWeight departed(std::string_view name);
  /// After Session::online has changed; calls changed(name, weight) for each of its groups.
  template <class Changed>
  void update_online(Session& session, Changed&& changed) {
    if (!session.shared) return;
    for (const SharedRef ref : std::vector<SharedRef>(*session.shared)) {
      move(*ref.group, ref.index, session.online);
      changed(ref.group->name->text(), ref.group->weight());
    }
  }

  SharedGroup* find(std::string_view name);
  bool contains(const Session& session, std::string_view name);
  /// Memberships.
  std::size_t size() const { return size_; }

 private:
  struct NameHash {
    using is_transparent = void;
    std::uint64_t seed;
    std::size_t operator()(std::string_view name) const { return hash_bytes(name, seed); }
  };

  static void swap(SharedGroup& group, std::uint32_t a, std::uint32_t b);
  /// To the side of those online, or to the other one.
  static void move(SharedGroup& group, std::uint32_t index, bool online);
  static std::uint32_t* index_in(Session& session, const SharedGroup& group);

  std::unordered_map<std::string, std::unique_ptr<SharedGroup>, NameHash, std::equal_to<>> groups_;
  std::size_t size_ = 0;
};

}  // namespace meshmq::broker
