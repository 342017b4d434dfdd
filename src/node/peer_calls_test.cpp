#include "node/peer_calls.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace meshmq::node {
namespace {

using namespace std::chrono_literals;

/// Node a asks node b.
class PeerCallsTest : public ::testing::Test {
 protected:
  class Ports final : public ControlPorts {
   public:
    void to_worker(WorkerIndex, ToWorker) override {}
    void dial(const std::string&) override {}
    void hang_up(const std::string&) override {}
    void send(const std::string&, std::string) override {}
    void save(std::string) override {}
    void store(StoreBatch) override {}
    void operation_done(OperationId, Result<void>) override {}
    void query_done(OperationId, std::vector<QueryReply>) override {}
    void peer_asks(const PeerCall& call, std::string question) override {
      asked.emplace_back(call, question);
    }
    void peer_answered(OperationId operation, Result<std::string> result) override {
      answered.push_back(std::to_string(operation.value) + ": " +
                         (result ? (result->size() > 100 ? std::to_string(result->size()) : *result)
                                 : result.error().message));
    }

    std::vector<std::pair<PeerCall, std::string>> asked;
    std::vector<std::string> answered;
  };

  PeerCalls::Send to(std::unique_ptr<PeerCalls>& other, const std::string& self) {
    return [this, &other, self](const std::string&, std::string bytes) {
      EXPECT_TRUE(PeerCalls::is_call(bytes));
      ++messages;
      if (up) other->message(self, bytes);
      return up;
    };
  }

  bool up = true;
  int messages = 0;
  Ports ports_a;
  Ports ports_b;
  std::unique_ptr<PeerCalls> b;
  std::unique_ptr<PeerCalls> a = std::make_unique<PeerCalls>(ports_a, to(b, "a@h"));
  Now now{TimePoint(1s), 0};

  void SetUp() override { b = std::make_unique<PeerCalls>(ports_b, to(a, "b@h")); }
  void ask(std::uint64_t operation) { a->ask(OperationId(operation), "b@h", "why?", now); }
};

TEST_F(PeerCallsTest, AnswersFindTheirQuestionsInWhateverOrder) {
  ask(7);
  ask(8);
  ASSERT_EQ(ports_b.asked.size(), 2U);
  EXPECT_EQ(ports_b.asked[0].second, "why?");
  EXPECT_EQ(ports_b.asked[0].first.node, "a@h");
  b->answer(ports_b.asked[1].first, "eight");
  b->answer(ports_b.asked[0].first, "seven");
  b->answer(ports_b.asked[0].first, "seven again");
  EXPECT_EQ(ports_a.answered, (std::vector<std::string>{"8: eight", "7: seven"}));
}

TEST_F(PeerCallsTest, LargeAnswersComeInParts) {
  ask(7);
  messages = 0;
  b->answer(ports_b.asked[0].first, std::string(PeerCalls::part_bytes * 2 + 5, 'x'));
  EXPECT_EQ(messages, 3);
  EXPECT_EQ(ports_a.answered, std::vector<std::string>{"7: 524293"});
  ask(8);
  b->answer(ports_b.asked[1].first, "");
  EXPECT_EQ(ports_a.answered.back(), "8: ");
}

TEST_F(PeerCallsTest, EveryQuestionEnds) {
  ask(7);
  now.mono += PeerCalls::answer_wait;
  a->tick(now);
  EXPECT_EQ(ports_a.answered.back(), "7: b@h does not answer");
  ask(8);
  a->peer_down("b@h");
  EXPECT_EQ(ports_a.answered.back(), "8: b@h went down");
  up = false;
  ask(9);
  EXPECT_EQ(ports_a.answered.back(), "9: b@h is not running");
  EXPECT_EQ(ports_a.answered.size(), 3U);
}

TEST_F(PeerCallsTest, GarbageAndAnswersOfOthersAreIgnored) {
  ask(7);
  const std::string answer("\x21\0\0\0\0\0\0\0\x01\x01yes", 13);
  a->message("c@h", answer);
  a->message("b@h", answer.substr(0, 5));
  a->message("b@h", std::string("\x40") + answer.substr(1));
  EXPECT_TRUE(ports_a.answered.empty());
  a->message("b@h", answer);
  EXPECT_EQ(ports_a.answered, std::vector<std::string>{"7: yes"});
}

}  // namespace
}  // namespace meshmq::node
