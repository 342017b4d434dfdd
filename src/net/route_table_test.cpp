#include "net/route_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace meshmq::net {
namespace {

using cluster::Slot;
using cluster::SlotSet;

SlotSet match(const SharedRouteReader& reader, std::string_view topic) {
  cluster::RouteMatch out;
  reader.match(topic, out);
  return out.slots;
}

TEST(SharedRouteTable, ShowsChangesToReadersOnlyAfterCommit) {
  SharedRouteTable table(1);
  table.set_live(Slot(3), true);
  EXPECT_TRUE(table.add("a/+", Slot(3)));
  EXPECT_FALSE(table.add("a/+", Slot(3)));
  EXPECT_TRUE(match(table.reader(0), "a/b").empty());
  EXPECT_TRUE(table.slots_of("a/+").contains(Slot(3))) << "the writer sees its own changes at once";
  table.commit();
  EXPECT_TRUE(match(table.reader(0), "a/b").contains(Slot(3)));
}

TEST(SharedRouteTable, KeepsBothCopiesAlikeOverManyCommits) {
  SharedRouteTable table(1);
  table.set_live(Slot(0), true);
  for (int round = 0; round < 6; ++round) {
    const std::string filter = "r/" + std::to_string(round);
    EXPECT_TRUE(table.add(filter, Slot(0)));
    if (round >= 2) {
      EXPECT_TRUE(table.remove("r/" + std::to_string(round - 2), Slot(0)));
    }
    EXPECT_FALSE(table.remove("r/none", Slot(0)));
    table.commit();
    for (int i = 0; i <= round; ++i) {
      const bool there = i > round - 2;
      EXPECT_EQ(match(table.reader(0), "r/" + std::to_string(i)).contains(Slot(0)), there)
          << round << ' ' << i;
    }
  }
}

TEST(SharedRouteTable, ShowsGroupsOnBothCopies) {
  SharedRouteTable table(1);
  table.set_live(Slot(1), true);
  const auto online = [&] {
    cluster::RouteMatch out;
    table.reader(0).match_group("$share/g/t", out);
    return out.has_groups() ? out.group(0).slots[0].weight.online : 0;
  };
  for (std::uint32_t i = 1; i < 6; ++i) {
    EXPECT_TRUE(table.set_group("$share/g/t", {Slot(1), {i, 9}, 4}));
    EXPECT_FALSE(table.set_group("$share/g/t", {Slot(1), {i, 9}, 4}));
    EXPECT_EQ(online(), i - 1);
    table.commit();
    EXPECT_EQ(online(), i);
    EXPECT_EQ(table.group_weight("$share/g/t", Slot(1)).online, i);
  }
  EXPECT_TRUE(table.set_group("$share/g/t", {.slot = Slot(1)}));
  table.commit();
  EXPECT_EQ(online(), 0U);
}

TEST(SharedRouteTable, SuspendsASlotThatIsNotLive) {
  SharedRouteTable table(1);
  table.add("x", Slot(9));
  table.commit();
  EXPECT_TRUE(match(table.reader(0), "x").empty());
  for (const bool live : {true, false, true, false}) {
    table.set_live(Slot(9), live);
    table.commit();
    EXPECT_EQ(match(table.reader(0), "x").contains(Slot(9)), live);
  }
}

TEST(SharedRouteTable, ABatchSeesOneStateFromEnterToLeave) {
  SharedRouteTable table(2);
  table.set_live(Slot(1), true);
  table.add("t", Slot(1));
  const SharedRouteReader& reader = table.reader(0);
  reader.enter();
  std::atomic<bool> committed{false};
  std::thread writer([&] {
    table.commit();
    committed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(committed) << "commit waits for the batch";
  reader.leave();
  writer.join();
  EXPECT_TRUE(match(reader, "t").contains(Slot(1)));
}

TEST(SharedRouteTable, RefreshLetsACommitPassALongBatch) {
  SharedRouteTable table(1);
  table.set_live(Slot(1), true);
  table.add("t", Slot(1));
  const SharedRouteReader& reader = table.reader(0);
  reader.enter();
  std::thread writer([&] { table.commit(); });
  while (match(reader, "t").empty()) reader.refresh();
  reader.leave();
  writer.join();
}

// The writer adds the filter n/<round> before it takes n/<round - 1> away, in one commit: a reader that saw a
// torn table would find none or more than one of them. `committed` proves that what was committed is seen by
// every later batch.
TEST(SharedRouteTable, NobodySeesATornTableOrAnOldOneAfterCommit) {
  constexpr int rounds = 1000;
  constexpr std::size_t readers = 3;
  SharedRouteTable table(readers);
  table.set_live(Slot(7), true);
  table.add("n/0", Slot(7));
  table.add("wild/+/0", Slot(7));
  table.commit();
  std::atomic<int> committed{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < readers; ++i) {
    threads.emplace_back([&, i] {
      const SharedRouteReader& reader = table.reader(i);
      cluster::RouteMatch out;
      const auto finds = [&](const std::string& topic) {
        out.clear();
        reader.match(topic, out);
        return out.slots.contains(Slot(7));
      };
      for (int last = 0; last < rounds;) {
        const int before = committed.load();
        reader.enter();
        int seen = -1;
        for (int n = before; n <= before + 8 && seen < 0; ++n) {
          if (finds("n/" + std::to_string(n))) seen = n;
        }
        // More than eight commits may pass between the two lines above; then nothing is proved in this batch.
        if (seen >= 0) {
          if (seen < before || finds("n/" + std::to_string(seen + 1)) ||
              finds("n/" + std::to_string(seen - 1)) || !finds("wild/x/" + std::to_string(seen))) {
            ++failures;
          }
        }
        reader.leave();
        last = before;
      }
    });
  }
  for (int round = 1; round <= rounds; ++round) {
    const std::string now = std::to_string(round);
    const std::string old = std::to_string(round - 1);
    table.add("n/" + now, Slot(7));
    table.add("wild/+/" + now, Slot(7));
    table.remove("n/" + old, Slot(7));
    table.remove("wild/+/" + old, Slot(7));
    table.commit();
    committed = round;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace meshmq::net
