#include "broker/shared_groups.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "broker/sticky_table.hpp"

namespace meshmq::broker {
namespace {

struct Member {
  Session session;
  std::vector<std::string> groups;
};

void check(SharedGroups& groups, const std::string& name, const std::deque<Member>& members) {
  std::uint32_t online = 0;
  std::uint32_t total = 0;
  for (const Member& member : members) {
    const bool in = std::find(member.groups.begin(), member.groups.end(), name) != member.groups.end();
    ASSERT_EQ(groups.contains(member.session, name), in);
    if (!in) continue;
    ++total;
    if (member.session.online) ++online;
  }
  const SharedGroup* group = groups.find(name);
  ASSERT_EQ(group != nullptr, total != 0);
  if (group == nullptr) return;
  ASSERT_EQ(group->weight(), (GroupWeight{online, total}));
  for (std::uint32_t i = 0; i < group->members.size(); ++i) {
    const GroupMember& member = group->members[i];
    ASSERT_EQ(member.session->online, i < group->online);
    const SharedRef ref = (*member.session->shared)[member.position];
    ASSERT_EQ(ref.group, group);
    ASSERT_EQ(ref.index, i);
  }
}

TEST(SharedGroups, BothSidesStayInStepWhateverHappens) {
  Random random(7);
  SharedGroups groups(1);
  std::deque<Member> members(9);
  const std::vector<std::string> names{"$share/a/t", "$share/b/t", "$share/a/+"};
  std::size_t size = 0;
  for (int step = 0; step < 3000; ++step) {
    Member& member = members[random.below(members.size())];
    const std::string& name = names[random.below(names.size())];
    const auto it = std::find(member.groups.begin(), member.groups.end(), name);
    switch (random.below(6)) {
      case 0:
        member.session.online = !member.session.online;
        groups.update_online(member.session, [](std::string_view, GroupWeight) {});
        break;
      case 1:
        groups.leave_all(member.session, [](std::string_view, GroupWeight) {});
        size -= member.groups.size();
        member.groups.clear();
        break;
      case 2:
      case 3:
        ASSERT_EQ(groups.leave(member.session, name).has_value(), it != member.groups.end());
        if (it == member.groups.end()) break;
        member.groups.erase(it);
        --size;
        break;
      default:
        ASSERT_EQ(groups.join(member.session, name, {}).is_new, it == member.groups.end());
        if (it != member.groups.end()) break;
        member.groups.push_back(name);
        ++size;
    }
    ASSERT_EQ(groups.size(), size);
    for (const std::string& each : names) check(groups, each, members);
  }
}

TEST(SharedGroups, AMessageRemembersAGroupThatIsGone) {
  SharedGroups groups(1);
  Session session;
  const GroupNamePtr name = groups.join(session, "$share/a/t", {}).group.name;
  groups.leave(session, "$share/a/t");
  EXPECT_EQ(groups.find("$share/a/t"), nullptr);
  EXPECT_EQ(name->text(), "$share/a/t");
}

TEST(StickyTable, BeginsAnewWhenItIsFull) {
  StickyTable table;
  for (std::uint32_t i = 0; i < StickyTable::entries_max; ++i) table.set(i, i);
  ASSERT_NE(table.find(7), nullptr);
  EXPECT_EQ(*table.find(7), 7U);
  table.set(StickyTable::entries_max, 1);
  EXPECT_EQ(table.find(7), nullptr);
  EXPECT_NE(table.find(StickyTable::entries_max), nullptr);
}

}  // namespace
}  // namespace meshmq::broker
