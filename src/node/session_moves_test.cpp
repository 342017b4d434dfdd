#include "node/session_moves.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cluster/owned_rows.hpp"

namespace meshmq::node {
namespace {

/// One node, everything it does in the order in which it does it.
class SessionMovesTest : public ::testing::Test, public SessionMovesPorts {
 protected:
  void to_home(std::string_view, ToWorker message) override {
    if (const auto* done = std::get_if<ClaimDone>(&message)) {
      log.push_back(done->superseded ? "superseded" : "let go on");
    } else if (std::holds_alternative<SessionExport>(message)) {
      log.emplace_back("export");
    }
  }
  bool send_to_peer(const std::string&, std::string) override { return true; }
  std::string_view node_of(Slot slot) const override {
    return slot == cluster::own_slot ? std::string_view() : "b@h";
  }
  bool running(const std::string&) const override { return true; }
  bool everybody_runs() const override { return true; }
  RowStamp next_stamp(Now) override { return {++time, 1}; }
  void observe(RowStamp stamp) override { time = std::max(time, stamp.time); }
  void publish_row(ClientKey key, const ClientRow& row) override {
    log.push_back("row " + std::to_string(row.stamp.time) + " void " + std::to_string(row.void_before));
    moves.set(key, cluster::own_slot, row);
  }
  void withdraw_row(ClientKey key) override {
    log.emplace_back("no row");
    moves.erase(key, cluster::own_slot);
  }

  void claim(Token token, bool clean_start = false) {
    SessionClaim m{WorkerIndex(0), token, "c", clean_start};
    moves.handle(m, now);
  }
  void held(Token token, bool clean_start = false) {
    SessionHeld m{WorkerIndex(0), token, "c", clean_start};
    moves.handle(m, now);
  }
  void unclaimed(Token token) {
    SessionUnclaimed m{WorkerIndex(0), token};
    moves.handle(m, now);
  }
  std::vector<std::string> taken() { return std::exchange(log, {}); }

  using Log = std::vector<std::string>;
  Log log;
  std::uint64_t time = 0;
  Now now{TimePoint(Duration(1'000'000)), 1'700'000'000'000};
  SessionMoves moves{*this, 5, Logger()};
};

TEST_F(SessionMovesTest, OthersHearOfASessionBeforeItsClientDoes) {
  claim(1);
  EXPECT_EQ(taken(), (Log{"row 1 void 0", "let go on"}));
  held(1);
  EXPECT_EQ(taken(), Log{});
  claim(2, true);
  EXPECT_EQ(taken(), (Log{"row 2 void 2", "let go on"}));
  held(2, true);
  EXPECT_EQ(taken(), Log{});
}

TEST_F(SessionMovesTest, WhatWasSaidOfAClientThatIsGoneIsTakenBack) {
  claim(1);
  taken();
  unclaimed(1);
  EXPECT_EQ(taken(), Log{"no row"});
  EXPECT_FALSE(moves.holds("c"));

  claim(2);
  held(2);
  claim(3, true);
  taken();
  unclaimed(3);
  EXPECT_EQ(taken(), Log{"row 2 void 0"});
  EXPECT_TRUE(moves.holds("c"));
}

TEST_F(SessionMovesTest, ASessionThatEndsWhileItsClientIsBackKeepsItsRow) {
  claim(1);
  held(1);
  claim(2);
  taken();
  SessionReleased released{"c"};
  moves.handle(released, now);
  moves.tick(now);
  EXPECT_EQ(taken(), Log{});
  unclaimed(2);
  moves.tick(now);
  EXPECT_EQ(taken(), (Log{"row 1 void 0", "no row"}));
}

TEST_F(SessionMovesTest, WhoIsAskedForAnAnnouncedSessionWaitsForIt) {
  claim(1);
  moves.message("b@h", encode(wire::TakeOver{.request = 1, .stamp = {9, 7}, .client_id = "c"}), now);
  EXPECT_EQ(taken(), (Log{"row 1 void 0", "let go on"}));
  held(1);
  EXPECT_EQ(taken(), Log{"export"});
}

}  // namespace
}  // namespace meshmq::node
