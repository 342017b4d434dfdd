#include "node/session_moves.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cluster/owned_rows.hpp"

namespace meshmq::node {
namespace {

/// The node "a@h" between "b@h" (slot 101) and "c@h" (slot 102): everything it does, in the order in which it
/// does it.
class SessionMovesTest : public ::testing::Test, public SessionMovesPorts {
 protected:
  void to_home(std::string_view, ToWorker message) override {
    if (const auto* done = std::get_if<ClaimDone>(&message)) {
      log.push_back(done->superseded ? "superseded" : "goes on");
    } else if (const auto* import = std::get_if<SessionImport>(&message)) {
      log.push_back("import " + import->image + (import->newer ? ", newer" : ""));
    } else if (const auto* relayed = std::get_if<SessionRelayed>(&message)) {
      log.push_back("relayed " + relayed->bytes +
                    (relayed->how == broker::Relayed::own         ? ", own"
                     : relayed->how == broker::Relayed::straggler ? ", straggler"
                                                                  : ""));
    } else if (std::holds_alternative<SessionExport>(message)) {
      log.emplace_back("export");
    } else if (std::holds_alternative<SessionCaughtUp>(message)) {
      log.emplace_back("caught up");
    } else if (std::holds_alternative<SessionArrivalOver>(message)) {
      log.emplace_back("arrival over");
    }
  }
  bool send_to_peer(const std::string& node, std::string bytes) override {
    const auto frame = wire::decode(bytes);
    if (const auto* behind = std::get_if<wire::Behind>(&*frame)) {
      log.push_back(node + ": behind " + std::to_string(behind->newer.time));
    } else if (const auto* asked = std::get_if<wire::TakeOver>(&*frame)) {
      log.push_back(
          node + ": take over" +
          (asked->clean_start ? ", ends what is before " + std::to_string(asked->void_before) : ""));
      requests[node] = asked->request;
    } else if (const auto* answer = std::get_if<wire::Answer>(&*frame)) {
      log.push_back(node + ": answer " + std::to_string(static_cast<int>(answer->outcome)));
    } else if (std::holds_alternative<wire::CaughtUp>(*frame)) {
      log.push_back(node + ": caught up");
    }
    return true;
  }
  std::string_view node_of(Slot slot) const override {
    return slot == b ? "b@h" : slot == c ? "c@h" : std::string_view();
  }
  bool running(const std::string& node) const override { return node != gone; }
  bool everybody_runs() const override { return true; }
  RowStamp next_stamp(Now) override { return {++time, 1}; }
  void observe(RowStamp stamp) override { time = std::max(time, stamp.time); }
  void publish_row(ClientKey key, const ClientRow& row) override {
    log.push_back("row " + std::to_string(row.stamp.time) + " void " + std::to_string(row.void_before));
    moves.set(key, cluster::own_slot, row);
  }
  void withdraw_row(ClientKey key) override { moves.erase(key, cluster::own_slot); }
  bool connack_waits(ClientKey) const override { return waits; }
  void wait_anew(ClientKey, Now) override { log.emplace_back("waits anew"); }

  std::uint64_t ask_for_fence() override { return ++fence; }

  void connect(bool clean_start = false) {
    SessionClaim claim{WorkerIndex(0), ++token, "x", clean_start};
    moves.handle(claim, now);
    SessionHeld held{WorkerIndex(0), token, "x", clean_start, true};
    moves.handle(held, now);
  }
  void told_row(Slot slot, std::uint64_t stamp) { moves.set(key_x, slot, {{stamp, slot.value}, 0}); }
  void told_behind(std::uint64_t newer) {
    moves.message("b@h", wire::encode(wire::Behind{key_x, {newer, 9}}), now);
  }
  void answer_with_image(const std::string& node, const std::string& image) {
    moves.message(node, wire::encode(wire::Image{requests[node], true, image}), now);
  }
  std::vector<std::string> taken() {
    moves.end_of_turn();
    return std::exchange(log, {});
  }

  using Log = std::vector<std::string>;
  static constexpr Slot b{101};
  static constexpr Slot c{102};
  Log log;
  std::map<std::string, wire::RequestId> requests;
  std::uint64_t time = 0;
  std::uint64_t fence = 0;
  std::string gone;  ///< a node
  Token token = 0;
  bool waits = true;
  Now now{TimePoint(Duration(1'000'000)), 1'700'000'000'000};
  SessionMoves moves{*this, 5, Logger()};
  ClientKey key_x = moves.key_of("x");
};

TEST_F(SessionMovesTest, WhoComesWithAnOlderRowIsToldSo) {
  told_row(b, 50);
  EXPECT_EQ(taken(), Log{});
  told_row(c, 40);
  EXPECT_EQ(taken(), Log{"c@h: behind 50"});
  told_row(c, 40);
  EXPECT_EQ(taken(), Log{}) << "the same again";
  told_row(c, 60);
  EXPECT_EQ(taken(), Log{}) << "the newest";
}

TEST_F(SessionMovesTest, WhoseClientHasNoConnackStampsItsRowAnew) {
  connect();
  taken();
  told_behind(70);
  EXPECT_EQ(taken(), (Log{"row 71 void 0", "waits anew"}));
  told_behind(60);
  EXPECT_EQ(taken(), Log{}) << "it is not behind any more";
  connect(true);
  taken();
  told_behind(90);
  EXPECT_EQ(taken(), (Log{"row 91 void 91", "waits anew"})) << "what the clean start ends is older as well";
}

TEST_F(SessionMovesTest, OfTwoCleanStartsAtTheSameTimeOneEndsTheOther) {
  time = 49;
  connect(true);
  moves.set(key_x, b, {{50, 0}, 50});
  taken();
  moves.tick(now);
  EXPECT_EQ(taken(), Log{"b@h: take over, ends what is before 51"});
}

TEST_F(SessionMovesTest, AnOldSessionStaysAsOldAsItIs) {
  connect();
  taken();
  waits = false;
  told_behind(70);
  EXPECT_EQ(taken(), Log{}) << "its client may have gone on from here";
  waits = true;
  told_row(c, 80);
  told_behind(80);
  EXPECT_EQ(taken(), Log{}) << "this node has heard of it: stamps decide";
}

/// Whoever connects here finds older sessions at both other nodes.
class TwoSessions : public SessionMovesTest {
 protected:
  void SetUp() override {
    told_row(b, 50);
    told_row(c, 60);
    taken();
    SessionClaim claim{WorkerIndex(0), ++token, "x", false};
    moves.handle(claim, now);
    EXPECT_EQ(taken(), (Log{"c@h: take over", "b@h: take over"}));
  }
};

TEST_F(TwoSessions, AreTakenInTogetherTheNewerOneFirst) {
  answer_with_image("b@h", "B");
  moves.message("b@h", wire::encode(wire::Relay{requests["b@h"], "m"}), now);
  EXPECT_EQ(taken(), Log{}) << "which is not the one that the client knows";
  answer_with_image("c@h", "C");
  EXPECT_EQ(taken(), (Log{"row 61 void 0", "import C", "import B", "relayed m"}));
  SessionAdopted adopted{"x"};
  moves.handle(adopted, now);
  EXPECT_EQ(taken(), Log{"goes on"});
}

TEST_F(TwoSessions, WhoDoesNotAnswerInTimeIsNotWaitedFor) {
  answer_with_image("b@h", "B");
  now.mono += SessionMoves::answer_wait;
  moves.tick(now);
  EXPECT_EQ(taken(), (Log{"row 61 void 0", "import B", "goes on"}));
}

TEST_F(TwoSessions, AnImageWhoseNodeIsLostIsTakenInAllTheSame) {
  answer_with_image("b@h", "B");
  moves.peer_down("b@h", now);
  EXPECT_EQ(taken(), Log{});
  moves.peer_down("c@h", now);
  EXPECT_EQ(taken(), (Log{"row 61 void 0", "import B", "arrival over"}));
}

/// The session has come here from b@h, and c@h asks for it.
class Hurried : public SessionMovesTest {
 protected:
  void SetUp() override {
    told_row(b, 50);
    SessionClaim claim{WorkerIndex(0), ++token, "x", false};
    moves.handle(claim, now);
    answer_with_image("b@h", "B");
    SessionImported imported{"x", true};
    moves.handle(imported, now);
    SessionAdopted adopted{"x"};
    moves.handle(adopted, now);
    SessionHeld held{WorkerIndex(0), token, "x", false, true};
    moves.handle(held, now);
    taken();
  }
  void ask_from_c(bool clean_start = false) {
    moves.message("c@h", wire::encode(wire::TakeOver{7, {time + 1, 3}, clean_start, "x"}), now);
  }
  void b_says(const wire::Frame& frame) { moves.message("b@h", wire::encode(frame), now); }
};

TEST_F(Hurried, MovesOnWhenItHasCaughtUp) {
  ask_from_c();
  EXPECT_EQ(taken(), Log{});
  b_says(wire::Relay{requests["b@h"], "m"});
  b_says(wire::CaughtUp{requests["b@h"]});
  EXPECT_EQ(taken(), (Log{"relayed m", "caught up", "export"}));
  b_says(wire::Relay{requests["b@h"], "n"});
  EXPECT_EQ(taken(), Log{"relayed n, straggler"});
}

TEST_F(Hurried, MovesOnWhenItsOldHomeIsLostOrHangs) {
  ask_from_c();
  moves.peer_down("b@h", now);
  EXPECT_EQ(taken(), (Log{"arrival over", "export"}));
}

TEST_F(Hurried, MovesOnAfterSomeTimeWhateverItsOldHomeSays) {
  ask_from_c();
  now.mono += SessionMoves::catch_up_wait;
  moves.tick(now);
  EXPECT_EQ(taken(), Log{"export"});
}

TEST_F(Hurried, StaysIfWhoAskedIsGone) {
  ask_from_c();
  gone = "c@h";
  moves.peer_down("c@h", now);
  b_says(wire::CaughtUp{requests["b@h"]});
  EXPECT_EQ(taken(), Log{"caught up"});
  gone.clear();
  ask_from_c();
  EXPECT_EQ(taken(), Log{"export"});
}

TEST_F(Hurried, EndsAtOnceIfItsClientBeginsAnew) {
  ask_from_c(true);
  EXPECT_EQ(taken(), Log{"export"});
}

TEST_F(Hurried, StaysIfItsClientIsBackBeforeItHasLeft) {
  ask_from_c();
  connect();
  const Log did = taken();
  EXPECT_EQ(did.front(), "c@h: answer 1") << "superseded";
  EXPECT_EQ(std::count(did.begin(), did.end(), "goes on"), 1);
  b_says(wire::CaughtUp{requests["b@h"]});
  EXPECT_EQ(taken(), Log{"caught up"});
}

TEST_F(Hurried, HasNothingToWaitForIfNothingCanBeRelayed) {
  SessionImported imported{"x", false};
  moves.handle(imported, now);
  taken();
  ask_from_c();
  EXPECT_EQ(taken(), Log{"export"});
}

TEST_F(Hurried, TheNextHomeHearsThatItHasCaughtUpWhenAFenceHasPassed) {
  b_says(wire::CaughtUp{requests["b@h"]});
  ask_from_c();
  SessionExported exported{"x", "X"};
  moves.handle(exported, now);
  taken();
  moves.fence_passed(fence);
  EXPECT_EQ(taken(), Log{}) << "it asks for one when it is adopted";
  moves.message("c@h", wire::encode(wire::Adopted{7}), now);
  EXPECT_EQ(taken(), Log{});
  moves.fence_passed(fence);
  EXPECT_EQ(taken(), Log{"c@h: caught up"});
  now.mono += SessionMoves::settle_wait;
  moves.tick(now);
  EXPECT_EQ(taken(), Log{}) << "once";
}

TEST_F(Hurried, AFenceThatDoesNotPassIsNotWaitedForForLong) {
  b_says(wire::CaughtUp{requests["b@h"]});
  ask_from_c();
  SessionExported exported{"x", "X"};
  moves.handle(exported, now);
  moves.message("c@h", wire::encode(wire::Adopted{7}), now);
  taken();
  now.mono += SessionMoves::settle_wait;
  moves.tick(now);
  EXPECT_EQ(taken(), Log{"c@h: caught up"});
}

TEST_F(SessionMovesTest, ANewerSessionThanTheOneHereTakesThatOneIn) {
  connect();
  told_row(b, 50);
  taken();
  SessionClaim claim{WorkerIndex(0), ++token, "x", false};
  moves.handle(claim, now);
  answer_with_image("b@h", "B");
  EXPECT_EQ(taken(), (Log{"b@h: take over", "row 51 void 0", "import B, newer"}));
}

}  // namespace
}  // namespace meshmq::node
