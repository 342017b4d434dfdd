#include "node/control.hpp"

#include <gtest/gtest.h>

#include "node/control_harness.hpp"
#include "node/lww_rows.hpp"

namespace meshmq::node {
namespace {

TEST_F(ControlTest, ALoneNodeAnswersASubscribeAfterItsRoutesAreCommitted) {
  subscribe(1, 7, "t/#");
  EXPECT_EQ(answers(1), "");
  turns();
  EXPECT_EQ(answers(1), "7: ");
  cluster::RouteMatch out;
  routes.match("t/a", out);
  EXPECT_TRUE(out.slots.contains(Slot(1)));
  EXPECT_FALSE(out.slots.contains(Slot(0)));
}

TEST_F(ControlTest, TwoWorkersOfAFilterAreOneRoute) {
  subscribe(0, 1, "t");
  subscribe(1, 2, "t");
  turns();
  ASSERT_EQ(control->routes().size(), 1U);
  EXPECT_EQ(control->routes()[0].node, "a@h");
  control->handle(UnrouteRequest{WorkerIndex(0), "t"}, now);
  turns();
  EXPECT_EQ(control->routes().size(), 1U);
  control->handle(UnrouteRequest{WorkerIndex(1), "t"}, now);
  turns();
  EXPECT_TRUE(control->routes().empty());
}

TEST_F(ControlTest, MembersOfAGroupAreCountedAndShownAsRoutesOfTheirFilter) {
  control->handle(GroupRequest{WorkerIndex(0), "$share/g/t/+", {1, 2}}, now);
  control->handle(GroupRequest{WorkerIndex(1), "$share/g/t/+", {3, 3}}, now);
  control->handle(GroupRequest{WorkerIndex(1), "$share/other/t/+", {1, 1}}, now);
  turns();
  ASSERT_EQ(control->routes().size(), 1U);
  EXPECT_EQ(control->routes()[0].filter, "t/+");
  EXPECT_EQ(control->trie(), std::vector<std::string>{"t/+"});
  cluster::RouteMatch out;
  routes.match("t/a", out);
  EXPECT_TRUE(out.slots.empty());
  ASSERT_EQ(out.group_count(), 2U);
  EXPECT_EQ(out.group(0).slots.size(), 2U);
  control->handle(GroupRequest{WorkerIndex(0), "$share/g/t/+", {}}, now);
  control->handle(GroupRequest{WorkerIndex(1), "$share/g/t/+", {}}, now);
  control->handle(GroupRequest{WorkerIndex(1), "$share/other/t/+", {}}, now);
  turns();
  EXPECT_TRUE(control->routes().empty());
}

TEST_F(ControlTest, MembersThatComeAndGoWithinATurnAreOneEntryForThePeers) {
  join_silent_peer();
  turns();
  ports.frames.clear();
  for (std::uint32_t i = 1; i <= 100; ++i) {
    control->handle(GroupRequest{WorkerIndex(0), "$share/g/t", {i, i}}, now);
  }
  turns();
  std::size_t bytes = 0;
  for (const std::string& frame : ports.frames) bytes += frame.size();
  EXPECT_LT(bytes, 500U);
}

TEST_F(ControlTest, TheTrieHoldsWildcardFiltersOnly) {
  for (const char* filter : {"t/+/x", "t/a", "t/#"}) subscribe(0, 1, filter);
  turns();
  EXPECT_EQ(control->trie(), (std::vector<std::string>{"t/#", "t/+/x"}));
  EXPECT_EQ(control->stats().routes, 3U);
}

TEST_F(ControlTest, ASubackWaitsForALivePeerButNotForEver) {
  join_silent_peer();
  EXPECT_EQ(control->status().running_nodes, (std::vector<std::string>{"a@h", "b@h"}));
  subscribe(0, 7, "t");
  turns();
  EXPECT_EQ(answers(0), "");
  now.mono += config.suback_wait;
  turns();
  EXPECT_EQ(answers(0), "7: ");
}

TEST_F(ControlTest, ALostPeerFreesTheSubacksThatWaitForIt) {
  join_silent_peer();
  subscribe(0, 7, "t");
  turns();
  control->link_down("b@h", LinkError::timed_out, "", now);
  turns();
  EXPECT_EQ(answers(0), "7: ");
  EXPECT_EQ(control->status().stopped_nodes, std::vector<std::string>{"b@h"});
}

TEST_F(ControlTest, OperatorsHearOfWhatTheyWroteWhenALivePeerHasItButNotForEver) {
  join_silent_peer();
  OperatorWrites& writes = control->operator_writes();
  const std::uint64_t before = writes.count();
  control->shared_settings().put("log.level", "debug", {}, now);
  EXPECT_EQ(writes.count(), before + 1);
  ports.operation.clear();
  writes.await(OperationId(3), now);
  turns();
  EXPECT_EQ(ports.operation, "");
  now.mono += config.suback_wait;
  turns();
  EXPECT_EQ(ports.operation, "ok");

  ports.operation.clear();
  control->access().tables().put_ban({SubjectKind::client_id, "c1"}, {.by = "user"}, now);
  writes.await(OperationId(4), now);
  turns();
  EXPECT_EQ(ports.operation, "");
  control->link_down("b@h", LinkError::timed_out, "", now);
  turns();
  EXPECT_EQ(ports.operation, "ok") << "who is away gets it when it comes back";
}

TEST_F(ControlTest, AConnackWaitsForALivePeerButNotForEver) {
  const auto known = [&] {
    std::vector<Token> tokens;
    for (const ToWorker& message : std::exchange(ports.workers[1], {})) {
      if (const auto* session = std::get_if<SessionKnown>(&message)) tokens.push_back(session->token);
    }
    return tokens;
  };
  const auto hold = [&](Token token, const std::string& client_id) {
    control->handle(SessionHeld{WorkerIndex(1), token, client_id, false, true}, now);
    turns();
  };
  using Tokens = std::vector<Token>;
  hold(1, "alone");
  EXPECT_EQ(known(), Tokens{1});

  join_silent_peer();
  hold(2, "a");
  hold(3, "b");
  EXPECT_EQ(known(), Tokens{});
  now.mono += config.connack_wait;
  turns();
  EXPECT_EQ(known(), (Tokens{2, 3}));
  hold(4, "c");
  EXPECT_EQ(known(), Tokens{4}) << "who has been waited for in vain is not waited for again";

  control->link_frame("b@h", cluster::wire::encode(cluster::wire::SyncRequest{1, 0}), now);
  control->link_frame("b@h", cluster::wire::encode(cluster::wire::Ack{1, 4}), now);
  hold(5, "d");
  EXPECT_EQ(known(), Tokens{}) << "until it answers";
  control->link_frame("b@h", cluster::wire::encode(cluster::wire::Ack{1, 5}), now);
  turns();
  EXPECT_EQ(known(), Tokens{5});
  hold(6, "e");
  control->link_down("b@h", LinkError::timed_out, "", now);
  turns();
  EXPECT_EQ(known(), Tokens{6});
  control->handle(SessionHeld{WorkerIndex(1), 7, "f", false, false}, now);
  turns();
  EXPECT_EQ(known(), Tokens{}) << "who does not wait is not answered";
}

TEST_F(ControlTest, ASplitIsAnAlarmUntilItIsOver) {
  join_silent_peer();
  control->link_down("b@h", LinkError::timed_out, "", now);
  control->tick(now);
  ASSERT_TRUE(control->alarms().is_active("partition"));
  EXPECT_EQ(control->alarms().active().front().message, "no word from b@h");
  control->force_leave(OperationId(1), "b@h", now);
  control->tick(now);
  EXPECT_FALSE(control->alarms().is_active("partition"));
}

TEST_F(ControlTest, ADelayedPublishIsConfirmedWhenAllHaveItAndPublishedWhenItIsTime) {
  const auto answer = [this] {
    std::string text;
    for (const ToWorker& message : ports.workers[1]) {
      if (const auto* done = std::get_if<DelayDone>(&message))
        text += std::to_string(done->token) + (done->kept ? " kept " : " refused ");
    }
    return text;
  };
  config.delayed_max = 1;
  control = std::make_unique<Control>(config, "", 1, routes, ports, Logger(), 5, now);
  join_silent_peer();
  const auto message = mqtt::Message::make({.topic = "t", .qos = mqtt::QoS::at_least_once, .id = 1});
  control->handle(DelayRequest{WorkerIndex(1), 7, message, now.wall + 60'000}, now);
  control->handle(DelayRequest{WorkerIndex(1), 9, message, now.wall + 60'000}, now);
  turns();
  EXPECT_EQ(answer(), "9 refused ");
  now.mono += config.forward_ack_wait;
  turns();
  EXPECT_EQ(answer(), "9 refused 7 kept ");
  EXPECT_EQ(control->stats().delayed, 1U);
  const auto published = [this] {
    return std::count_if(ports.workers[0].begin(), ports.workers[0].end(),
                         [](const ToWorker& m) { return std::holds_alternative<PublishRequest>(m); });
  };
  control->tick(now);
  now.mono += std::chrono::seconds(60);
  now.wall += 59'999;
  control->tick(now);
  EXPECT_EQ(published(), 0);
  now.wall += 1;
  control->tick(now);
  EXPECT_EQ(published(), 1);
  EXPECT_EQ(control->stats().delayed, 0U);
}

TEST_F(ControlTest, RetainedMessagesComeWithTheAnswer) {
  control->handle(RetainRequest{mqtt::Message::make({.topic = "t/a", .payload = "x", .retain = true})}, now);
  subscribe(0, 7, "t/+");
  turns();
  EXPECT_EQ(answers(0), "7:t/a, ");
  EXPECT_EQ(control->clean_retained("#", now), 1U);
  EXPECT_TRUE(control->retained("#").empty());
}

TEST_F(ControlTest, RetainedMessagesBeyondTheLimitsAreNotStored) {
  config.retained_max = 1;
  config.retained_payload_bytes_max = 10;
  control = std::make_unique<Control>(config, "", 1, routes, ports, Logger(), 5, now);
  retain("a", "12345678901");
  EXPECT_EQ(control->stats().retained, 0U);
  retain("a", "1");
  retain("b", "1");
  retain("a", "2");
  ASSERT_EQ(control->retained("#").size(), 1U);
  EXPECT_EQ(control->retained("#")[0]->payload(), "2");
}

TEST_F(ControlTest, RetainedMessagesAndTombstonesComeBackFromDisk) {
  retain("a", "1");
  retain("b", "1");
  retain("b", "");
  retain("short", "1", 0, 10);
  write_to_disk();
  now.wall += 20'000;
  restart();
  ASSERT_EQ(control->retained("#").size(), 1U);
  EXPECT_EQ(control->retained("#")[0]->payload(), "1");
  EXPECT_EQ(disk.size(), 3U);
  write_to_disk();
  EXPECT_EQ(disk.size(), 2U) << "what has expired is erased";
  now.wall += LwwRows::tombstone_keep.count();
  now.mono += LwwRows::tombstone_keep;
  control->tick(now);
  write_to_disk();
  EXPECT_EQ(disk.size(), 1U) << "old tombstones are erased";
}

TEST_F(ControlTest, WhatIsWrittenAfterARestartIsNewerAlsoIfTheClockWentBack) {
  retain("a", "old");
  write_to_disk();
  now.wall -= 60'000;
  restart();
  retain("a", "new");
  write_to_disk();
  restart();
  ASSERT_EQ(control->retained("a").size(), 1U);
  EXPECT_EQ(control->retained("a")[0]->payload(), "new");
}

TEST_F(ControlTest, APublisherHearsWhenItsRetainedMessageIsOnDisk) {
  retain("a", "1", 7);
  retain("b", "1");
  turns(1);
  EXPECT_EQ(kept(), std::vector<Token>{});
  retain("a", "2", 8);
  turns(1);
  ASSERT_EQ(ports.batches.size(), 1U) << "one batch at a time";
  ports.batches.clear();
  control->stored({}, now);
  EXPECT_EQ(kept(), std::vector<Token>{7});
  write_to_disk();
  EXPECT_EQ(kept(), (std::vector<Token>{7, 8}));
  config.retained_payload_bytes_max = 1;
  restart();
  retain("a", "too long", 9);
  EXPECT_EQ(kept().back(), Token{9}) << "nothing to wait for";
}

TEST_F(ControlTest, RetainedMessagesInMemoryOnlyDoNotTouchTheDisk) {
  retain("a", "1");
  write_to_disk();
  config.retained_durable = false;
  restart();
  EXPECT_TRUE(control->retained("#").empty());
  retain("b", "1", 7);
  EXPECT_EQ(kept(), std::vector<Token>{7});
  write_to_disk();
  EXPECT_TRUE(disk.empty()) << "nor does what an earlier setting left there stay";
}

TEST_F(ControlTest, UsersAndBansComeBackFromDisk) {
  const Subject user{SubjectKind::username, "ann"};
  const std::int64_t soon = now.wall / 1000 + 10;
  control->access().tables().put_user(user, {.created_at = 1, .hash = "HASH"}, now);
  control->access().tables().put_ban({SubjectKind::client_id, "c1"}, {.by = "user"}, now);
  control->access().tables().put_ban({SubjectKind::client_id, "c2"}, {.by = "user", .until_s = soon}, now);
  write_to_disk();
  EXPECT_EQ(disk.size(), 3U);
  now.wall += 20'000;
  ports.workers.clear();
  restart();
  turns(1);
  const AccessTables& tables = control->access().tables();
  ASSERT_TRUE(tables.user(user));
  EXPECT_EQ(tables.user(user)->hash, "HASH");
  ASSERT_EQ(tables.bans(now).size(), 1U);
  EXPECT_EQ(tables.bans(now)[0].first.name, "c1");
  bool ask = false;
  for (const ToWorker& message : ports.workers[0]) {
    if (const auto* changed = std::get_if<AccessChanged>(&message)) ask = changed->policy.ask;
  }
  EXPECT_TRUE(ask) << "workers hear of them before clients come";
  write_to_disk();
  EXPECT_EQ(disk.size(), 2U) << "a ban that is over is erased";
}

TEST_F(ControlTest, RowsOfTablesOfALaterVersionStayOnDisk) {
  disk[{StoreArea::rows, "\x63key"}] = std::string("\x01\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x01", 17) + "value";
  restart();
  const auto before = disk;
  write_to_disk();
  EXPECT_EQ(disk, before);
  control = std::make_unique<Control>(config, ports.image, ++incarnation, routes, ports, Logger(), 5, now);
  for (const auto& [key, value] : disk) control->load(key.first, key.second, value);
  control->loaded(false, now);
  disk.clear();
  write_to_disk();
  EXPECT_EQ(disk, before) << "a lost disk is written again";
}

TEST_F(ControlTest, AQueryGathersAllWorkersOrGivesUp) {
  control->query(OperationId(1), Query{}, now);
  const auto query = std::get<Query>(ports.workers[0].back());
  control->handle(QueryReply{.query = query.query, .worker = WorkerIndex(1)}, now);
  EXPECT_FALSE(ports.replies.has_value());
  control->handle(QueryReply{.query = query.query, .worker = WorkerIndex(0)}, now);
  ASSERT_TRUE(ports.replies.has_value());
  EXPECT_EQ(ports.replies->at(0).worker, WorkerIndex(0));
  ports.replies.reset();
  control->query(OperationId(2), Query{}, now);
  now.mono += std::chrono::seconds(10);
  control->tick(now);
  ASSERT_TRUE(ports.replies.has_value());
  EXPECT_TRUE(ports.replies->empty());
}

TEST_F(ControlTest, ARestartedNodeDialsTheMembersOfItsImage) {
  join_silent_peer();
  control = std::make_unique<Control>(config, ports.image, 2, routes, ports, Logger(), 5, now);
  EXPECT_EQ(ports.dialled.back(), "b@h");
  EXPECT_EQ(control->status().stopped_nodes, std::vector<std::string>{"b@h"});
}

}  // namespace
}  // namespace meshmq::node
