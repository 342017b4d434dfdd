// Commands about the log, traces, slow subscribers, counted topics and the audit log.

#include <gtest/gtest.h>

#include "admin/audit.hpp"
#include "admin/command_table.hpp"
#include "admin/desk_harness.hpp"
#include "admin/explain_steps.hpp"
#include "admin/statsd.hpp"

namespace meshmq::admin {
namespace {

class WatchCommandsTest : public testing::DeskTest {
 protected:
  Answer run(const std::vector<std::string>& words, bool json = false) {
    std::optional<Answer> answer;
    table_.run(words, {.json = json}, now_, [&](Answer given) { answer = std::move(given); });
    settle();
    return answer.value();
  }
  std::string text(const std::vector<std::string>& words) { return run(words).text; }

  CommandTable table_{*desk_};
};

TEST_F(WatchCommandsTest, LogHandlersAsEmqxPrintsThem) {
  EXPECT_EQ(text({"log", "handlers", "list"}),
            "LogHandler(id=file, level=warning, destination=/log/meshmq.log, status=started)\n");
  EXPECT_EQ(text({"log", "handlers", "set-level", "file", "debug"}), "debug\n");
  EXPECT_EQ(text({"log", "handlers", "stop", "file"}), "log handler file stopped\n");
  EXPECT_EQ(text({"log", "handlers", "list"}),
            "LogHandler(id=file, level=debug, destination=/log/meshmq.log, status=stopped)\n");
  EXPECT_EQ(text({"log", "handlers", "start", "x"}),
            "[error] failed to start log handler x: there is none of this name\n");
  EXPECT_EQ(text({"log", "primary-level", "info"}), "info\n");
  EXPECT_EQ(records_.primary, LogLevel::info);
  EXPECT_EQ(log_level_, LogLevel::warning) << "the primary level alone";
  EXPECT_EQ(run({"log", "handlers", "set-level", "file", "loud"}).outcome, Outcome::refused);
}

TEST_F(WatchCommandsTest, TracesAreStartedListedAndStopped) {
  EXPECT_EQ(text({"trace", "list"}), "");
  EXPECT_EQ(text({"trace", "start", "client", "joe", "log/joe.log", "info"}),
            "trace clientid joe successfully\n");
  EXPECT_EQ(text({"trace", "start", "topic", "a/#", "--for", "60"}), "trace topic a/# successfully\n");
  const std::string list = text({"trace", "list"});
  EXPECT_TRUE(
      list.starts_with("Trace(clientid=joe, level=info, destination=/traces/joe, name=joe, status=running"))
      << list;
  EXPECT_NE(list.find("Trace(topic=a/#, level=debug, destination=/traces/topic-a__, name=topic-a__"),
            std::string::npos)
      << list;
  EXPECT_EQ(text({"trace", "start", "client", "joe", "joe"}),
            "[error] trace clientid joe: there is a trace joe\n");
  EXPECT_EQ(text({"trace", "start", "ip", "10.0.0.1", "x", "loud"}),
            "[error] trace ip_address 10.0.0.1: loud is no level\n");
  pass(std::chrono::seconds(1));
  EXPECT_EQ(text({"trace", "stop", "client", "joe"}), "stop tracing clientid joe successfully\n");
  EXPECT_EQ(text({"trace", "stop", "client", "joe"}),
            "[error] stop tracing clientid joe: there is no such trace\n");
  records_.trace = "line\n";
  EXPECT_EQ(text({"trace", "log", "joe"}), "line\n");
  EXPECT_EQ(text({"trace", "delete", "joe"}), "ok\n");
  EXPECT_EQ(run({"trace", "log", "joe"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"trace", "start", "client"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"trace"}).outcome, Outcome::usage);
}

TEST_F(WatchCommandsTest, AnExplanationSaysWhereAMessageStops) {
  EXPECT_EQ(run({"trace", "explain", "joe", "a/1", "--from", "x@y"}).text, "[error] x@y is not running\n");
  EXPECT_EQ(run({"trace", "explain", "joe", "a/1", "--qos", "3"}).outcome, Outcome::usage);
  // A topic that cannot be published.
  worker_replies_[0].steps = {{"topic", false, "'#' is no topic name"}};
  EXPECT_EQ(text({"trace", "explain", "joe", "#"}),
            "STOP topic         '#' is no topic name (meshmq@127.0.0.1)\n"
            "not delivered: topic on meshmq@127.0.0.1: '#' is no topic name\n");
}

TEST_F(WatchCommandsTest, ItGoesTheWholeWay) {
  // Both workers answer every question alike here: the steps of the way and of the client.
  worker_replies_[0].steps = worker_replies_[1].steps = {{"session", true, "connected from 1.2.3.4:5"},
                                                         {"queue", true, "sent at once"}};
  std::string answer = text({"trace", "explain", "joe", "a/1"});
  EXPECT_NE(answer.find("STOP route"), std::string::npos) << answer;
  EXPECT_NE(answer.find("not delivered: route on meshmq@127.0.0.1: no route for 'a/1' leads to"),
            std::string::npos)
      << answer;
  subscribe("a/+");
  answer = text({"trace", "explain", "joe", "a/1"});
  EXPECT_NE(answer.find("ok   route         'a/+' leads to meshmq@127.0.0.1 (meshmq@127.0.0.1)\n"),
            std::string::npos)
      << answer;
  EXPECT_TRUE(answer.ends_with("delivered: 'joe' gets it on meshmq@127.0.0.1\n")) << answer;
  const std::string json = run({"trace", "explain", "joe", "a/1"}, true).text;
  EXPECT_NE(json.find(R"("verdict":"delivered: 'joe' gets it on meshmq@127.0.0.1")"), std::string::npos)
      << json;
}

TEST(ExplainSteps, TravelAsLines) {
  const std::vector<broker::ExplainStep> steps = {{"no local", false, "a: b\nc"}, {"queue", true, ""}};
  EXPECT_EQ(encode_steps(steps), "- no local: a: b c\n+ queue: \n");
  const auto read = decode_steps(encode_steps(steps) + "nonsense\n-\n\n");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0], (broker::ExplainStep{"no local", false, "a: b c"}));
  EXPECT_EQ(read[1], (broker::ExplainStep{"queue", true, ""}));
}

TEST_F(WatchCommandsTest, SlowSubscribersAreListedSlowestFirst) {
  worker_replies_[0].slow = {{"a", "x", 600, 1'700'000'000'000}};
  worker_replies_[1].slow = {{"b", "y", 900, 1'700'000'000'000}};
  const std::string list = text({"slow_subs", "list"});
  EXPECT_TRUE(list.starts_with("SlowSubscriber(b, topic=y, latency=900ms, last_update=")) << list;
  EXPECT_EQ(text({"slow_subs", "clean"}), "ok\n");
}

TEST_F(WatchCommandsTest, CountedTopicsAreTheSumOfWorkers) {
  EXPECT_EQ(text({"topic_metrics", "register", "x"}), "ok\n");
  EXPECT_EQ(text({"topic_metrics", "register", "x"}), "[error] already existed\n");
  broker::TopicCounts counts{.topic = "x"};
  counts.counts[broker::topic_in] = 2;
  counts.rates[broker::topic_in] = 0.5;
  worker_replies_[0].topics = worker_replies_[1].topics = {counts};
  EXPECT_TRUE(text({"topic_metrics", "list"}).starts_with("x\n  messages.in         : 4 (1.00/s)\n"));
  EXPECT_EQ(text({"topic_metrics", "deregister", "x"}), "ok\n");
  EXPECT_EQ(text({"topic_metrics", "deregister", "x"}), "[error] topic not found\n");
}

TEST_F(WatchCommandsTest, TheAuditLogKeepsTheNewest) {
  desk_->audit.configure({.on = true, .entries_max = 2});
  for (const char* action : {"one", "two", "three"})
    desk_->audit.record(
        {.at = 1, .who = "me", .from = "here", .action = action, .detail = "d", .result = "ok"});
  const auto line = [](const std::string& action) {
    return R"({"at":1,"node":"meshmq@127.0.0.1","who":"me","from":"here","action":")" + action +
           R"(","detail":"d","result":"ok"})";
  };
  EXPECT_EQ(run({"audit", "list"}, true).text, "[" + line("three") + "," + line("two") + "]\n");
  EXPECT_EQ(std::count(records_.audit.begin(), records_.audit.end(), '\n'), 3) << "the file has all";
  desk_->audit.configure({.on = false});
  desk_->audit.record({.action = "four"});
  EXPECT_EQ(desk_->audit.entries().size(), 2U);
}

TEST(Audit, CommandsThatOnlyLookAreNotRecorded) {
  using Words = std::vector<std::string>;
  for (const Words& words :
       {Words{"status"}, Words{"clients", "list"}, Words{"cluster", "heal-log"},
        Words{"log", "primary-level"}, Words{"log", "handlers", "list"},
        Words{"cluster", "evacuate", "status"}, Words{"trace", "explain-way", "n", "t", "0"},
        Words{"sasl", "scram", "lookup", "joe"}, Words{"retainer", "topics"}})
    EXPECT_TRUE(only_reads(words)) << words.back();
  for (const Words& words :
       {Words{"clients", "kick", "list"}, Words{"cluster", "join", "n@h"}, Words{"log", "set-level", "debug"},
        Words{"log", "primary-level", "debug"}, Words{"cluster", "evacuate", "start"},
        Words{"retainer", "clean"}, Words{"sasl", "scram", "add", "joe", "pw"}})
    EXPECT_FALSE(only_reads(words)) << words.back();
}

TEST(Audit, SecretsAreLeftOut) {
  EXPECT_EQ(without_secrets({"admins", "add", "joe", "pw", "tag"}), "admins add joe *** ***");
  EXPECT_EQ(without_secrets({"sasl", "scram", "add", "joe", "pw"}), "sasl scram add joe ***");
  EXPECT_EQ(without_secrets({"conf", "set", "node.cookie=x", "log.level=debug"}),
            "conf set node.cookie=*** log.level=debug");
  EXPECT_EQ(without_secrets({"clients", "kick", "joe"}), "clients kick joe");
}

TEST(Statsd, CountersAreDifferencesAndSizesAreGauges) {
  StatsdLines lines("meshmq", "n@h:1", "env:test");
  const std::string tags = "|#node:n_h_1,env:test";
  EXPECT_EQ(lines.datagrams({{"messages.received", 5}, {"idle", 0}}, {{"connections.count", 2}}),
            std::vector<std::string>{"meshmq.messages.received:5|c" + tags +
                                     "\nmeshmq.connections.count:2|g" + tags});
  EXPECT_EQ(lines.datagrams({{"messages.received", 7}}, {}),
            std::vector<std::string>{"meshmq.messages.received:2|c" + tags});
  Counters many;
  for (int i = 0; i < 100; ++i) many.emplace_back("counter" + std::to_string(i), 1);
  const auto datagrams = lines.datagrams(many, {});
  EXPECT_GT(datagrams.size(), 1U);
  for (const std::string& datagram : datagrams) EXPECT_LE(datagram.size(), StatsdLines::datagram_bytes_max);
}

}  // namespace
}  // namespace meshmq::admin
