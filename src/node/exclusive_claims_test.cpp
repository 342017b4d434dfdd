#include "node/exclusive_claims.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace meshmq::node {
namespace {

constexpr auto name = "$exclusive/t";

/// Nodes whose rows are carried by hand. Node n is everybody else's slot n + 10.
class Town {
 public:
  struct Node final : ExclusiveClaimsPorts {
    cluster::RowStamp next_stamp(Now) override { return {++clock, number}; }
    void observe(cluster::RowStamp stamp) override { clock = std::max(clock, stamp.time); }
    void write_row(std::string_view row, std::string value) override {
      rows.apply({cluster::own_slot, {}}, !value.empty(), row, value);
      told.emplace_back(row, std::move(value));
    }
    void lose(WorkerIndex worker, ExclusiveLost what) override {
      lost.push_back(what.client_id + "@" + std::to_string(worker.value) + " to " + what.winner);
    }
    bool is_here(const std::string& client_id) const override { return here.contains(client_id); }
    bool is_leaving(const std::string& client_id) const override { return leaving.contains(client_id); }

    std::uint64_t number = 0;
    std::uint64_t clock = 0;
    ExclusiveRows rows;
    ExclusiveClaims claims{rows, *this};
    std::vector<std::pair<std::string, std::string>> told;  ///< not carried yet
    std::vector<std::string> lost;
    std::set<std::string> here;
    std::set<std::string> leaving;
  };

  explicit Town(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back(std::make_unique<Node>());
      nodes_[i]->number = i;
      nodes_[i]->rows.on_set = [&node = *nodes_[i]](Slot slot, std::string_view row, std::string_view value) {
        node.claims.row(slot, row, value);
      };
    }
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = 0; b < a; ++b) mend(a, b);
    }
  }
  static Slot slot_of(std::size_t node) { return Slot(static_cast<std::uint32_t>(node + 10)); }
  void cut(std::size_t a, std::size_t b) {
    links_.erase({a, b});
    links_.erase({b, a});
    nodes_[a]->claims.peer_down(slot_of(b));
    nodes_[b]->claims.peer_down(slot_of(a));
  }
  /// They have each other's rows again.
  void mend(std::size_t a, std::size_t b) {
    for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
      links_.insert({from, to});
      nodes_[to]->claims.peer_up(slot_of(from));
      const ExclusiveRows::Rows* own = nodes_[from]->rows.of(cluster::own_slot);
      const auto rows = own == nullptr ? ExclusiveRows::Rows() : *own;
      nodes_[to]->rows.take(slot_of(from));
      for (const auto& [row, value] : rows) {
        nodes_[to]->rows.apply({slot_of(from), {}}, true, row, value);
      }
    }
  }
  /// A turn of all nodes: what was written comes to all others.
  void carry() {
    for (std::size_t from = 0; from < nodes_.size(); ++from) {
      nodes_[from]->claims.before_end_of_turn();
      for (const auto& [row, value] : std::exchange(nodes_[from]->told, {})) {
        for (std::size_t to = 0; to < nodes_.size(); ++to) {
          if (links_.contains({from, to}))
            nodes_[to]->rows.apply({slot_of(from), {}}, !value.empty(), row, value);
        }
      }
    }
  }
  SubscribeRequest ask(std::size_t node, const std::string& client, WorkerIndex worker = WorkerIndex(0)) {
    nodes_[node]->here.insert(client);
    SubscribeRequest request{worker, 1, {{name, false, false, client}}};
    nodes_[node]->claims.ask(request, now);
    return request;
  }
  bool check(std::size_t node, SubscribeRequest& request) {
    nodes_[node]->claims.check(request);
    return request.refused.empty();
  }
  /// From SUBSCRIBE to SUBACK, with nobody else about.
  bool asks(std::size_t node, const std::string& client) {
    SubscribeRequest request = ask(node, client);
    carry();
    const bool granted = check(node, request);
    carry();
    return granted;
  }
  void release(std::size_t node, const std::string& client) {
    nodes_[node]->claims.released({name, client});
    carry();
  }
  void leave(std::size_t node, const std::string& client) {
    nodes_[node]->here.erase(client);
    nodes_[node]->leaving.insert(client);
    carry();
  }
  void arrive(std::size_t node, const std::string& client, WorkerIndex worker = WorkerIndex(0)) {
    nodes_[node]->here.insert(client);
    nodes_[node]->leaving.erase(client);
    nodes_[node]->claims.arrived({worker, name, client}, now);
  }
  void pass(Duration time) {
    now.mono += time;
    for (const auto& node : nodes_) node->claims.tick(now);
    carry();
  }
  /// In steps as short as a node's.
  void settle() {
    for (int i = 0; i < 8; ++i) pass(std::chrono::seconds(1));
  }
  /// Who has a row where, from each node's own.
  std::string claims() const {
    std::string result;
    for (const auto& node : nodes_) {
      const ExclusiveRows::Rows* own = node->rows.of(cluster::own_slot);
      if (own == nullptr) continue;
      for (const auto& [row, value] : *own) {
        const auto claim = decode_claim(value);
        result += claim->client_id + "@" + std::to_string(node->number) + (claim->held ? " " : "? ");
      }
    }
    return result;
  }
  Node& operator[](std::size_t node) { return *nodes_[node]; }

  Now now{TimePoint(std::chrono::seconds(100)), 100'000};

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::set<std::pair<std::size_t, std::size_t>> links_;
};

TEST(ExclusiveClaims, OneClientOfTheNodeHasItUntilItIsReleased) {
  Town town(1);
  EXPECT_TRUE(town.asks(0, "a"));
  EXPECT_FALSE(town.asks(0, "b"));
  EXPECT_TRUE(town.asks(0, "a")) << "it has it";
  town.release(0, "b");
  EXPECT_FALSE(town.asks(0, "b")) << "who has nothing releases nothing";
  town.release(0, "a");
  EXPECT_TRUE(town.asks(0, "b"));
}

TEST(ExclusiveClaims, OneClientOfTheClusterHasIt) {
  Town town(3);
  EXPECT_TRUE(town.asks(0, "a"));
  EXPECT_FALSE(town.asks(1, "b"));
  EXPECT_EQ(town.claims(), "a@0 ");
  town.release(0, "a");
  EXPECT_TRUE(town.asks(1, "b"));
}

TEST(ExclusiveClaims, OfThoseWhoAskAtTheSameMomentTheEarliestHasIt) {
  Town town(3);
  town[0].clock = 7;
  town[2].clock = 5;
  SubscribeRequest a = town.ask(0, "a");
  SubscribeRequest b = town.ask(1, "b");
  SubscribeRequest c = town.ask(2, "c");
  EXPECT_EQ(town.claims(), "a@0? b@1? c@2? ");
  town.carry();
  EXPECT_FALSE(town.check(0, a));
  EXPECT_FALSE(town.check(2, c));
  EXPECT_TRUE(town.check(1, b));
  EXPECT_EQ(town.claims(), "b@1 ");
}

TEST(ExclusiveClaims, WhoHasItGoesBeforeWhoAsksWithAnEarlierStamp) {
  Town town(2);
  town.cut(0, 1);
  town[0].clock = 50;
  EXPECT_TRUE(town.asks(0, "a"));
  SubscribeRequest b = town.ask(1, "b");
  town.mend(0, 1);
  town.settle();
  EXPECT_FALSE(town.check(1, b));
  EXPECT_TRUE(town[0].lost.empty());
}

TEST(ExclusiveClaims, AskedTwiceAtOnceIsOneClaim) {
  Town town(2);
  SubscribeRequest first = town.ask(0, "a");
  SubscribeRequest second = town.ask(0, "a");
  town.carry();
  EXPECT_TRUE(town.check(0, first));
  EXPECT_TRUE(town.check(0, second));
  town.release(0, "a");
  town[0].clock = 50;
  SubscribeRequest other = town.ask(1, "b");
  first = town.ask(0, "a");
  second = town.ask(0, "a");
  town.carry();
  EXPECT_TRUE(town.check(1, other));
  EXPECT_FALSE(town.check(0, first));
  EXPECT_FALSE(town.check(0, second));
}

TEST(ExclusiveClaims, AClaimThatWasReleasedIsNotWhatALaterOneWaitsFor) {
  Town town(2);
  SubscribeRequest first = town.ask(0, "a");
  town.carry();
  town.release(0, "a");
  SubscribeRequest second = town.ask(0, "a");
  EXPECT_FALSE(town.check(0, first)) << "node 1 has not heard of the second one";
  EXPECT_EQ(town.claims(), "a@0? ");
  town.carry();
  EXPECT_TRUE(town.check(0, second));
}

TEST(ExclusiveClaims, ANodeOutOfReachHoldsNobodyUp) {
  Town town(2);
  EXPECT_TRUE(town.asks(0, "a"));
  town.cut(0, 1);
  EXPECT_TRUE(town.asks(1, "b"));
}

TEST(ExclusiveClaims, AfterASplitTheEarlierOneKeepsIt) {
  Town town(3);
  town.cut(0, 1);
  town.cut(0, 2);
  town[0].clock = 20;
  EXPECT_TRUE(town.asks(0, "a"));
  EXPECT_TRUE(town.asks(1, "b"));
  town.mend(0, 1);
  town.mend(0, 2);
  town.pass(Duration(0));
  town.pass(ExclusiveClaims::contest_wait - Duration(1));
  EXPECT_TRUE(town[0].lost.empty()) << "one of them may be void";
  town.settle();
  EXPECT_EQ(town[0].lost, std::vector<std::string>{"a@0 to b"});
  EXPECT_TRUE(town[1].lost.empty());
  EXPECT_EQ(town.claims(), "b@1 ");
}

TEST(ExclusiveClaims, AContestThatIsOverInTimeCostsNothing) {
  Town town(2);
  town.cut(0, 1);
  EXPECT_TRUE(town.asks(0, "a"));
  EXPECT_TRUE(town.asks(1, "b"));
  town.mend(0, 1);
  town.pass(std::chrono::seconds(2));
  town.release(0, "a");
  town.settle();
  EXPECT_TRUE(town[1].lost.empty());
  EXPECT_EQ(town.claims(), "b@1 ");
}

TEST(ExclusiveClaims, GoesAlongWithItsSession) {
  Town town(3);
  EXPECT_TRUE(town.asks(0, "a"));
  town.leave(0, "a");
  EXPECT_FALSE(town.asks(2, "c")) << "it is on its way";
  EXPECT_FALSE(town.asks(0, "c"));
  town.arrive(1, "a");
  town.carry();
  town.carry();
  EXPECT_EQ(town.claims(), "a@1 ");
  EXPECT_FALSE(town.asks(2, "c"));
  town.release(1, "a");
  EXPECT_TRUE(town.asks(2, "c"));
}

TEST(ExclusiveClaims, KeepsItsAgeOnTheWay) {
  Town town(3);
  town.cut(0, 2);
  town.cut(1, 2);
  EXPECT_TRUE(town.asks(0, "a"));
  town[2].clock = 10;
  EXPECT_TRUE(town.asks(2, "c"));
  town[1].clock = 100;
  town.leave(0, "a");
  town.arrive(1, "a");
  town.carry();
  town.mend(0, 2);
  town.mend(1, 2);
  town.settle();
  EXPECT_EQ(town.claims(), "a@1 ");
}

TEST(ExclusiveClaims, ReturnsBeforeItsRowHereHasGone) {
  Town town(2);
  EXPECT_TRUE(town.asks(0, "a"));
  town.leave(0, "a");
  town.arrive(1, "a");
  town[1].here.erase("a");
  town[1].leaving.insert("a");
  town.arrive(0, "a");
  town.carry();
  town.carry();
  EXPECT_EQ(town.claims(), "a@0 ");
}

TEST(ExclusiveClaims, TheSameClientMayAskWhereItHasMovedTo) {
  Town town(2);
  EXPECT_TRUE(town.asks(0, "a"));
  EXPECT_TRUE(town.asks(1, "a"));
  town.settle();
  EXPECT_TRUE(town[0].lost.empty());
  EXPECT_TRUE(town[1].lost.empty());
}

TEST(ExclusiveClaims, OfTwoSessionsThatMeetOnANodeTheEarlierOneKeepsIt) {
  for (const bool older_arrives : {true, false}) {
    Town town(2);
    town.cut(0, 1);
    (older_arrives ? town[1] : town[0]).clock = 10;
    EXPECT_TRUE(town.asks(0, "a"));
    EXPECT_TRUE(town.asks(1, "b"));
    town.mend(0, 1);
    town.leave(0, "a");
    town.arrive(1, "a", WorkerIndex(3));
    town.carry();
    const char* lost = older_arrives ? "b@0 to a" : "a@3 to b";
    EXPECT_EQ(town[1].lost, std::vector<std::string>{lost});
    EXPECT_NE(town.claims().find(older_arrives ? "a@1 " : "b@1 "), std::string::npos);
  }
}

TEST(ExclusiveClaims, WhoOnlyAsksGivesWayToASessionThatArrives) {
  Town town(2);
  SubscribeRequest b = town.ask(1, "b");
  town.arrive(1, "a");
  EXPECT_FALSE(town.check(1, b));
  EXPECT_EQ(town.claims(), "a@1 ");
  EXPECT_TRUE(town[1].lost.empty());
}

TEST(ExclusiveClaims, WhatNobodyCameForIsFree) {
  Town town(2);
  EXPECT_TRUE(town.asks(0, "a"));
  town.leave(0, "a");
  town.settle();
  EXPECT_EQ(town.claims(), "a@0 ") << "it may still arrive";
  town[0].leaving.clear();
  town.settle();
  EXPECT_EQ(town.claims(), "");
  EXPECT_TRUE(town.asks(1, "b"));
}

TEST(ExclusiveClaims, ARestoredSessionAsksAnew) {
  Town town(2);
  EXPECT_TRUE(town.asks(1, "b"));
  town.arrive(0, "a");
  town.carry();
  town.settle();
  EXPECT_EQ(town[0].lost, std::vector<std::string>{"a@0 to b"});
}

TEST(ExclusiveRows, SayTheSameWhenReadAgain) {
  const ExclusiveClaim claim{"client", {7, 9}, true};
  const std::string value = encode_claim(claim);
  EXPECT_EQ(value, std::string("\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x09"
                               "client",
                               23));
  EXPECT_EQ(decode_claim(value), claim);
  EXPECT_EQ(decode_claim(std::string_view(value).substr(0, 17)), std::nullopt) << "nobody's";
  EXPECT_EQ(decode_claim("\x02" + value.substr(1)), std::nullopt) << "of a later version";
  EXPECT_EQ(decode_claim(""), std::nullopt);
}

}  // namespace
}  // namespace meshmq::node
