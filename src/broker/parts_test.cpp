// The small machines, each for itself.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "broker/ack_queue.hpp"
#include "broker/awaiting_rel.hpp"
#include "broker/frame.hpp"
#include "broker/inflight.hpp"
#include "broker/ring.hpp"
#include "broker/subscription_ids.hpp"
#include "broker/subscription_table.hpp"
#include "broker/timer_wheel.hpp"

namespace meshmq::broker {
namespace {

TimePoint at(std::int64_t ms) {
  return TimePoint(Duration(ms));
}

TEST(Ring, IsAQueueThatGrows) {
  Ring<std::string> ring;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) ring.push_back(std::to_string(i));
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(ring.size(), static_cast<std::size_t>(100 - i));
      EXPECT_EQ(ring[0], std::to_string(i));
      EXPECT_EQ(ring.pop_front(), std::to_string(i));
    }
    EXPECT_TRUE(ring.empty());
  }
  ring.push_back("x");
  ring.reset();
  EXPECT_TRUE(ring.empty());
}

TEST(Frame, OfAnySizeIsReusedAndFreed) {
  std::vector<FramePtr> frames;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 0; size < 3000; size += 7) {
      FramePtr frame = Frame::make(size);
      std::fill_n(frame->data(), size, static_cast<char>(size));
      frames.push_back(std::move(frame));
    }
    for (const FramePtr& frame : frames) {
      const auto expected = static_cast<char>(frame->size());
      EXPECT_EQ(frame->bytes(), std::string(frame->size(), expected));
      EXPECT_EQ(frame->packet_id_offset(), 0U);
    }
    frames.clear();
  }
}

TEST(SubscriptionIds, HoldNoneOneOrMany) {
  SubscriptionIds ids;
  EXPECT_TRUE(ids.empty());
  ids.add(0);
  EXPECT_TRUE(ids.values().empty());
  ids.add(5);
  EXPECT_EQ(std::vector<std::uint32_t>(ids.values().begin(), ids.values().end()),
            std::vector<std::uint32_t>{5});
  ids.add(7);
  const SubscriptionIds copy = ids;
  ids.add(9);
  EXPECT_EQ(copy.values().size(), 2U);
  EXPECT_EQ(ids.values().size(), 3U);
  ids = copy;
  EXPECT_EQ(ids.values()[1], 7U);
}

TEST(AwaitingRel, IsASetOfIds) {
  AwaitingRel set;
  std::set<mqtt::PacketId> model;
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<mqtt::PacketId>(1 + random.below(300));
    if (random.percent(50)) {
      set.insert(id, at(i));
      model.insert(id);
    } else {
      EXPECT_EQ(set.erase(id), model.erase(id) == 1);
    }
    EXPECT_EQ(set.size(), model.size());
    const auto other = static_cast<mqtt::PacketId>(1 + random.below(300));
    EXPECT_EQ(set.contains(other), model.contains(other));
  }
}

TEST(AwaitingRel, HoldsEveryId) {
  AwaitingRel set;
  for (std::uint32_t id = 1; id < 65536; ++id) set.insert(static_cast<mqtt::PacketId>(id), at(0));
  EXPECT_EQ(set.size(), 65535U);
  for (std::uint32_t id = 65535; id > 0; --id) EXPECT_TRUE(set.erase(static_cast<mqtt::PacketId>(id)));
  EXPECT_EQ(set.size(), 0U);
}

TEST(AwaitingRel, ForgetsWhatIsOld) {
  AwaitingRel set;
  for (mqtt::PacketId id = 1; id <= 100; ++id) set.insert(id, at(id * 1000));
  EXPECT_EQ(set.erase_older(at(51'000)), 50U);
  EXPECT_FALSE(set.contains(50));
  EXPECT_TRUE(set.contains(51));
}

TEST(AckQueue, GivesAwayOnlyWhatIsSettledInOrder) {
  AckQueue queue;
  const auto push = [&](mqtt::PacketId id, bool settled) {
    return queue.push({id, mqtt::PacketType::puback, mqtt::ReasonCode::success, settled});
  };
  const auto first = push(1, false);
  push(2, true);
  const auto third = push(3, false);
  EXPECT_FALSE(queue.pop_settled());
  queue.settle(third);
  EXPECT_FALSE(queue.pop_settled());
  queue.settle(first);
  EXPECT_EQ(queue.pop_settled()->packet_id, 1);
  EXPECT_EQ(queue.pop_settled()->packet_id, 2);
  queue.settle(first);
  EXPECT_EQ(queue.pop_settled()->packet_id, 3);
  EXPECT_FALSE(queue.pop_settled());
}

TEST(AckTokens, AreTakenOnceInAnyOrder) {
  AckTokens tokens;
  std::vector<Token> given;
  for (std::uint32_t i = 0; i < 100; ++i) {
    given.push_back(tokens.next());
    tokens.add({ConnId(i), i * 2, i * 3});
  }
  EXPECT_EQ(std::set<Token>(given.begin(), given.end()).size(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::uint32_t index = i * 37 % 100;
    const auto target = tokens.take(given[index]);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->conn, ConnId(index));
    EXPECT_EQ(target->generation, index * 2);
    EXPECT_EQ(target->number, index * 3);
    EXPECT_FALSE(tokens.take(given[index]));
  }
  EXPECT_GT(tokens.next(), given.back());
  EXPECT_FALSE(tokens.take(0));
  EXPECT_FALSE(tokens.take(tokens.next()));
  EXPECT_FALSE(tokens.take(given[0] + 1));
}

// ---------------------------------------------------------------- window

Outgoing message(mqtt::QoS qos) {
  return {mqtt::Message::make({.topic = "t"}), SubscriptionIds(), qos, false};
}

TEST(Inflight, FindsEntriesByIdAcrossGrowthAndWrap) {
  Inflight window;
  window.set_window(20);
  Random random(3);
  std::set<mqtt::PacketId> model;
  for (int i = 0; i < 200'000; ++i) {
    if (!window.full() && random.percent(55)) {
      const mqtt::PacketId id = window.add(message(mqtt::QoS::at_least_once), at(i)).packet_id;
      ASSERT_NE(id, 0);
      ASSERT_TRUE(model.insert(id).second) << "an id that is in use";
    } else if (!model.empty()) {
      auto it = model.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random.below(model.size())));
      window.remove(*window.find(*it));
      model.erase(it);
    }
    ASSERT_EQ(window.size(), model.size());
  }
  for (const mqtt::PacketId id : model) EXPECT_EQ(window.find(id)->packet_id, id);
  EXPECT_EQ(window.find(0), nullptr);
}

TEST(Inflight, KeepsTheOrderOfSendingAndOfPubrecs) {
  Inflight window;
  window.set_window(10);
  for (int i = 0; i < 4; ++i) window.add(message(mqtt::QoS::exactly_once), at(i));
  window.received(*window.find(3), at(10));
  window.received(*window.find(1), at(11));
  std::vector<mqtt::PacketId> ids;
  for (const InflightEntry* entry : window.in_order()) ids.push_back(entry->packet_id);
  EXPECT_EQ(ids, (std::vector<mqtt::PacketId>{2, 4, 3, 1}));
  EXPECT_FALSE(window.find(1)->outgoing.message);
  EXPECT_EQ(window.oldest_sent_at(at(100)), at(1));
}

TEST(Inflight, CountsOnlyWhatTheConnectionHasSeen) {
  Inflight window;
  window.set_window(3);
  for (int i = 0; i < 3; ++i) window.add(message(mqtt::QoS::at_least_once), at(i));
  EXPECT_TRUE(window.full());
  window.park_all();
  window.set_window(1);
  EXPECT_FALSE(window.full());
  window.unpark(*window.find(1), at(5));
  EXPECT_TRUE(window.full());
  window.remove(*window.find(2));  // an answer to the old connection's packet
  EXPECT_EQ(window.parked(), 1U);
  window.remove(*window.find(1));
  window.remove(*window.find(3));
  EXPECT_TRUE(window.empty());
  window.trim();
  EXPECT_EQ(window.find(1), nullptr);
}

// ---------------------------------------------------------------- timers

std::vector<std::uint32_t> due(TimerWheel& wheel, std::int64_t now) {
  std::vector<ConnId> found;
  wheel.expire(at(now), found);
  std::vector<std::uint32_t> values;
  for (const ConnId conn : found) values.push_back(conn.value);
  return values;
}

TEST(TimerWheel, IsNeverEarlyAndLateByOneBucket) {
  Random random(11);
  TimerWheel wheel;
  std::map<std::uint32_t, std::int64_t> armed;
  std::int64_t now = 12'345;
  for (int step = 0; step < 20'000; ++step) {
    const auto conn = static_cast<std::uint32_t>(random.below(50));
    const std::int64_t when = now + static_cast<std::int64_t>(random.below(100'000));
    if (random.percent(10)) {
      wheel.disarm(ConnId(conn));
      armed.erase(conn);
    } else {
      wheel.arm(ConnId(conn), at(when), at(now));
      armed[conn] = when;
    }
    now += static_cast<std::int64_t>(random.below(300));
    for (const std::uint32_t found : due(wheel, now)) {
      ASSERT_TRUE(armed.contains(found));
      EXPECT_LE(armed[found], now) << "early";
      armed.erase(found);
    }
    for (const auto& [waiting, moment] : armed) ASSERT_GT(moment, now - 1000) << "late";
  }
}

TEST(TimerWheel, LooksAtDistantMomentsEarlyEnough) {
  TimerWheel wheel;
  wheel.arm(ConnId(3), at(10'000'000), at(0));
  EXPECT_TRUE(due(wheel, 120'000).empty());
  EXPECT_EQ(due(wheel, 130'000), std::vector<std::uint32_t>{3});
}

TEST(TimerWheel, FindsEverythingAfterALongSilence) {
  TimerWheel wheel;
  for (std::uint32_t i = 0; i < 100; ++i) wheel.arm(ConnId(i), at(i * 1000), at(0));
  EXPECT_EQ(due(wheel, 1'000'000'000).size(), 100U);
  wheel.arm(ConnId(1), at(1'000'000'100), at(1'000'000'000));
  EXPECT_EQ(due(wheel, 1'000'000'500).size(), 1U);
}

// ---------------------------------------------------------------- subscriptions

TEST(SubscriptionTable, KeepsBothSidesInStep) {
  SubscriptionTable table(5);
  std::vector<Session> sessions(12);
  std::set<std::pair<std::size_t, std::string>> model;
  Random random(9);
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t s = random.below(sessions.size());
    const std::string filter = (random.percent(50) ? "f/" : "+/") + std::to_string(random.below(8));
    if (random.percent(60)) {
      const auto result = table.subscribe(sessions[s], filter, {static_cast<std::uint32_t>(step), 1, 0, 0});
      EXPECT_EQ(result.is_new, model.emplace(s, filter).second);
    } else if (random.percent(90)) {
      const auto result = table.unsubscribe(sessions[s], filter);
      EXPECT_EQ(result != SubscriptionTable::Unsubscribed::not_found, model.erase({s, filter}) == 1);
    } else {
      std::string last;
      while (!sessions[s].subscriptions.empty()) table.unsubscribe_any(sessions[s], last);
      std::erase_if(model, [s](const auto& entry) { return entry.first == s; });
    }
    ASSERT_EQ(table.size(), model.size());
  }
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    for (const SubscriptionRef& ref : sessions[s].subscriptions) {
      EXPECT_EQ((*ref.list)[ref.index].session, &sessions[s]);
      EXPECT_EQ(model.erase({s, std::string(SubscriptionTable::filter_of(*ref.list))}), 1U);
    }
  }
  EXPECT_TRUE(model.empty());
  std::string last;
  for (Session& session : sessions) {
    while (!session.subscriptions.empty()) table.unsubscribe_any(session, last);
  }
  EXPECT_EQ(table.filter_count(), 0U);
}

}  // namespace
}  // namespace meshmq::broker
