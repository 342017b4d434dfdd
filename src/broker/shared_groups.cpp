#include "broker/shared_groups.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::broker {

SharedGroup* SharedGroups::find(std::string_view name) {
  const auto it = groups_.find(name);
  return it == groups_.end() ? nullptr : it->second.get();
}

std::uint32_t* SharedGroups::index_in(Session& session, const SharedGroup& group) {
  if (!session.shared) return nullptr;
  const auto it = std::find_if(session.shared->begin(), session.shared->end(),
                               [&](const SharedRef& ref) { return ref.group == &group; });
  return it == session.shared->end() ? nullptr : &it->index;
}

bool SharedGroups::contains(const Session& session, std::string_view name) {
  const SharedGroup* group = find(name);
  if (group == nullptr || !session.shared) return false;
  return std::any_of(session.shared->begin(), session.shared->end(),
                     [&](const SharedRef& ref) { return ref.group == group; });
}

SharedGroups::Joined SharedGroups::join(Session& session, std::string_view name,
                                        SubscriptionOptions options) {
  auto it = groups_.find(name);
  if (it == groups_.end()) {
    it = groups_.emplace(std::string(name), std::make_unique<SharedGroup>()).first;
    it->second->name = GroupName::make(name);
  }
  SharedGroup& group = *it->second;
  if (const std::uint32_t* index = index_in(session, group)) {
    group.members[*index].options = options;
    return {group, false};
  }
  if (!session.shared) session.shared = std::make_unique<std::vector<SharedRef>>();
  const auto position = static_cast<std::uint32_t>(session.shared->size());
  const auto index = static_cast<std::uint32_t>(group.members.size());
  session.shared->push_back({&group, index});
  group.members.push_back({&session, options, position, ++group.last_id});
  ++size_;
  move(group, index, session.online);
  return {group, true};
}

std::optional<GroupWeight> SharedGroups::leave(Session& session, std::string_view name) {
  const auto it = groups_.find(name);
  std::uint32_t* index = it == groups_.end() ? nullptr : index_in(session, *it->second);
  if (index == nullptr) return std::nullopt;
  SharedGroup& group = *it->second;
  move(group, *index, false);
  swap(group, *index, static_cast<std::uint32_t>(group.members.size() - 1));
  const std::uint32_t position = group.members.back().position;
  group.members.pop_back();
  const SharedRef last = session.shared->back();
  session.shared->pop_back();
  if (position != session.shared->size()) {
    (*session.shared)[position] = last;
    last.group->members[last.index].position = position;
  }
  if (session.shared->empty()) session.shared.reset();
  --size_;
  const GroupWeight weight = group.weight();
  if (weight.total == 0) groups_.erase(it);
  return weight;
}

GroupWeight SharedGroups::departed(std::string_view name) {
  const auto it = groups_.find(name);
  MESHMQ_ASSERT(it != groups_.end() && it->second->departing != 0, "who departs is counted");
  --it->second->departing;
  const GroupWeight weight = it->second->weight();
  if (weight.total == 0) groups_.erase(it);
  return weight;
}

void SharedGroups::swap(SharedGroup& group, std::uint32_t a, std::uint32_t b) {
  if (a == b) return;
  std::swap(group.members[a], group.members[b]);
  for (const std::uint32_t i : {a, b}) {
    const GroupMember& member = group.members[i];
    (*member.session->shared)[member.position].index = i;
  }
}

void SharedGroups::move(SharedGroup& group, std::uint32_t index, bool online) {
  const bool is_online = index < group.online;
  if (is_online == online) return;
  if (online) {
    swap(group, index, group.online++);
  } else {
    swap(group, index, --group.online);
  }
}

}  // namespace meshmq::broker
