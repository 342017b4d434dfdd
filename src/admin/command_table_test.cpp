#include "admin/command_table.hpp"

#include <gtest/gtest.h>

#include "admin/desk_harness.hpp"
#include "admin/metrics.hpp"
#include "admin/status_format.hpp"

namespace meshmq::admin {
namespace {

using namespace std::chrono_literals;

broker::ClientInfo client(const std::string& id) {
  broker::ClientInfo info;
  info.client_id = id;
  return info;
}

class CommandTableTest : public testing::DeskTest {
 protected:
  void start(const std::vector<std::string>& words, bool json = false) {
    answers_ = 0;
    table_.run(words, {.json = json}, now_, [this](Answer answer) {
      ++answers_;
      answer_ = std::move(answer);
    });
  }
  /// Runs a command to its end.
  Answer run(const std::vector<std::string>& words, bool json = false) {
    start(words, json);
    return settle();
  }
  /// The command must be done then.
  Answer settle() {
    DeskTest::settle();
    EXPECT_EQ(answers_, 1);
    return answer_;
  }

  CommandTable table_{*desk_};
  int answers_ = 0;
  Answer answer_;
};

TEST_F(CommandTableTest, WithoutWordsItPrintsAllCommands) {
  const Answer answer = run({"help"});
  EXPECT_EQ(answer.outcome, Outcome::done);
  EXPECT_TRUE(answer.text.starts_with(
      "Usage: meshmq_ctl\n"
      "------------------------------------------------------------------------------------------------------"
      "-------"
      "-\n"
      "status                                                                # Show broker status\n"
      "------------------------------------------------------------------------------------------------------"
      "-------"
      "-\n"
      "broker                                                                # Show broker version, uptime "
      "and "
      "description\n"))
      << answer.text;
  EXPECT_EQ(run({}).text, answer.text);
}

TEST_F(CommandTableTest, UnknownWordsGetTheUsage) {
  EXPECT_EQ(run({"nonsense"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"nonsense"}).text, run({"help"}).text);
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"cluster"}, {"cluster", "nonsense"}, {"cluster", "join"}, {"cluster", "leave", "x"}}) {
    const Answer answer = run(words);
    EXPECT_EQ(answer.outcome, Outcome::usage);
    EXPECT_EQ(
        answer.text,
        "cluster join <Node>                                                   # Join the cluster\n"
        "cluster leave                                                         # Leave the cluster\n"
        "cluster force-leave <Node>                                            # Force the node leave "
        "from cluster\n"
        "cluster status                                                        # Cluster status\n"
        "cluster heal                                                          # Bring together what "
        "cluster.autoheal = off keeps apart\n"
        "cluster heal-log                                                      # Splits that were healed\n"
        "cluster verify                                                        # Compare the tables of all "
        "running nodes\n"
        "cluster discovery                                                     # What discovery found, and "
        "what was done with it\n"
        "cluster evacuate start [--rate <N>]                                   # Send this node's clients "
        "to other nodes, so many per second\n"
        "cluster evacuate stop|status                                          # Serve clients again; how "
        "far it is\n"
        "cluster rebalance start [--rate <N>]                                  # Even out the clients "
        "between the nodes\n"
        "cluster rebalance stop|status                                         # End that; how far it is\n");
  }
  for (const char* word : {"clients", "subscriptions", "routes", "topics", "trie", "retainer", "log"}) {
    EXPECT_EQ(run({word}).outcome, Outcome::usage) << word;
  }
}

TEST_F(CommandTableTest, EvacuationNeedsSomebodyElse) {
  EXPECT_EQ(run({"cluster", "evacuate", "status"}).text, "evacuation   : off\n");
  EXPECT_EQ(run({"cluster", "rebalance", "status"}, true).text, "{\"state\":\"off\"}\n");
  EXPECT_EQ(run({"cluster", "evacuate", "start"}).text, "Not started: no other node is running\n");
  EXPECT_EQ(run({"cluster", "rebalance", "start", "--rate", "5"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"cluster", "evacuate", "stop"}).text, "This node is not being evacuated.\n");
  EXPECT_EQ(run({"cluster", "rebalance", "stop"}).text, "The cluster is not being rebalanced.\n");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"cluster", "evacuate"},
                                             {"cluster", "evacuate", "begin"},
                                             {"cluster", "evacuate", "start", "--rate"},
                                             {"cluster", "evacuate", "start", "--rate", "0"},
                                             {"cluster", "evacuate", "start", "--rate", "x"},
                                             {"cluster", "evacuate", "status", "x"}}) {
    EXPECT_EQ(run(words).outcome, Outcome::usage);
  }
}

TEST_F(CommandTableTest, StatusAndBroker) {
  EXPECT_EQ(run({"status"}).text, "Node 'meshmq@127.0.0.1' 1.2.3 is started\n");
  now_.mono += 61s;
  EXPECT_TRUE(run({"broker"})
                  .text.starts_with("sysdescr  : MeshMQ Broker\nversion   : 1.2.3\nuptime    : 1 minutes, 1 "
                                    "seconds\ndatetime  : 2023-11-1"))
      << run({"broker"}).text;
  EXPECT_EQ(run({"status"}, true).text, R"({"node":"meshmq@127.0.0.1","version":"1.2.3","status":"started"})"
                                        "\n");
}

TEST_F(CommandTableTest, ClusterStatus) {
  EXPECT_EQ(run({"cluster", "status"}).text,
            "Cluster status: #{running_nodes => ['meshmq@127.0.0.1'],stopped_nodes => []}\n");
  EXPECT_EQ(run({"cluster", "status"}, true).text,
            "{\"running_nodes\":[\"meshmq@127.0.0.1\"],\"stopped_nodes\":[]}\n");
}

TEST_F(CommandTableTest, SplitsOfTheCluster) {
  EXPECT_EQ(run({"cluster", "heal"}).text, "No nodes are kept apart.\n");
  EXPECT_EQ(run({"cluster", "heal"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"cluster", "heal-log"}).text, "No split was healed since this node was started.\n");
  EXPECT_EQ(run({"cluster", "heal-log"}, true).text, "[]\n");
  const node::ClusterStatus split{{"a@h"}, {"b@h"}, {{"a@h", "c@h"}, {"b@h"}}, {"b@10.0.0.1"}};
  EXPECT_EQ(format_split(split), "Partitions    : [[a@h,c@h],[b@h]]\nKept apart    : ['b@10.0.0.1']\n");
}

TEST_F(CommandTableTest, VerifyIsAFailureOfTheCommandWhenSomethingDiffers) {
  start({"cluster", "verify"});
  EXPECT_EQ(settle().outcome, Outcome::done);
  start({"cluster", "verify"});
  EXPECT_EQ(settle().text,
            "1 nodes compared: 0 routes, groups and sessions, 0 shared rows\nAll hold the same.\n");

  verify_report_ = {{"a@h", "b@h"}, {"c@h"}, {"routes of a@h: b@h has 1, a@h has 2"}, {}, 7, 1};
  start({"cluster", "verify"});
  const Answer answer = settle();
  EXPECT_EQ(answer.outcome, Outcome::refused);
  EXPECT_EQ(answer.text,
            "2 nodes compared: 7 routes, groups and sessions, 1 shared rows\n"
            "no answer from c@h\n"
            "routes of a@h: b@h has 1, a@h has 2\n"
            "What differs is fetched again from its owner.\n");

  verify_report_ = {{"a@h", "b@h"}, {}, {}, {"retained: 7 rows at a@h, 8 at b@h, and changing"}, 7, 8};
  start({"cluster", "verify"});
  const Answer busy = settle();
  EXPECT_EQ(busy.outcome, Outcome::done);
  EXPECT_EQ(busy.text,
            "2 nodes compared: 7 routes, groups and sessions, 8 shared rows\n"
            "retained: 7 rows at a@h, 8 at b@h, and changing\n"
            "What changes all the time could not be compared.\n"
            "All else is the same.\n");
}

TEST_F(CommandTableTest, RefusalsAreOneLine) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"cluster", "join", "meshmq@127.0.0.1"},
                                                                 {"cluster", "join", "meshmq"},
                                                                 {"cluster", "force-leave", "meshmq"}}) {
    const Answer answer = run(words);
    EXPECT_EQ(answer.outcome, Outcome::refused);
    EXPECT_TRUE(answer.text.starts_with("Ignore.")) << answer.text;
    EXPECT_EQ(answer.text.find('\n'), answer.text.size() - 1);
  }
  EXPECT_EQ(run({"cluster", "leave"}).text, "Failed to leave the cluster: node_not_in_cluster\n");
  EXPECT_EQ(run({"cluster", "force-leave", "b@h"}).text,
            "Failed to remove the node from cluster: node_not_in_cluster\n");
  EXPECT_EQ(run({"cluster", "leave"}, true).text,
            "{\"error\":\"Failed to leave the cluster: node_not_in_cluster\"}\n");
}

TEST_F(CommandTableTest, AJoinThatFailsSaysWhy) {
  start({"cluster", "join", "other"});
  EXPECT_EQ(dialled_, std::vector<std::string>{"other@127.0.0.1"});
  control_->link_down("other@127.0.0.1", node::LinkError::unreachable, "127.0.0.1:4369: Connection refused",
                      now_);
  EXPECT_EQ(
      settle().text,
      "Failed to join the cluster: {node_down,'other@127.0.0.1'}: unreachable (127.0.0.1:4369: Connection "
      "refused)\n");
}

TEST_F(CommandTableTest, ClientsOfAllWorkersAreListedById) {
  worker_replies_[0].clients = {client("c"), client("a")};
  worker_replies_[1].clients = {client("b")};
  const std::string text = run({"clients", "list"}).text;
  EXPECT_LT(text.find("Client(a,"), text.find("Client(b,"));
  EXPECT_LT(text.find("Client(b,"), text.find("Client(c,"));
  EXPECT_TRUE(run({"clients", "show", "b"}).text.starts_with("Client(b, username=undefined"));
  EXPECT_EQ(run({"clients", "show", "nobody"}).text, "Not Found.\n");
  EXPECT_EQ(run({"clients", "show", "nobody"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"clients", "kick", "known"}).text, "ok\n");
  EXPECT_EQ(run({"clients", "kick", "nobody"}).text, "Not Found.\n");
}

TEST_F(CommandTableTest, SubscriptionsAreListedByClientAndFilter) {
  worker_replies_[0].subscriptions = {{"b", "t/#", mqtt::QoS::at_least_once}};
  worker_replies_[1].subscriptions = {{"a", "z", {}}, {"a", "t/a", {}}};
  EXPECT_EQ(run({"subscriptions", "list"}).text, "a -> t/a\na -> z\nb -> t/#\n");
  EXPECT_EQ(run({"subscriptions", "show", "b"}).text, "b -> t/#\n");
  EXPECT_EQ(run({"subscriptions", "show", "b"}, true).text,
            "[{\"clientid\":\"b\",\"topic\":\"t/#\",\"qos\":1}]\n");
  EXPECT_EQ(run({"subscriptions", "show", "nobody"}).text, "Not Found.\n");
}

TEST_F(CommandTableTest, SubscriptionsAreMadeForClients) {
  EXPECT_EQ(run({"subscriptions", "add", "known", "t/#", "1"}).text, "ok\n");
  EXPECT_EQ(run({"subscriptions", "del", "known", "t/#"}).text, "ok\n");
  ASSERT_EQ(changes_.size(), 4U) << "each is asked of two workers";
  EXPECT_EQ(changes_[0].qos, mqtt::QoS::at_least_once);
  EXPECT_EQ(changes_[3].kind, node::QueryKind::unsubscribe);
  EXPECT_EQ(run({"subscriptions", "add", "nobody", "t", "0"}).text, "Error: Channel not found!\n");
  EXPECT_EQ(run({"subscriptions", "add", "known", "t", "3"}).text, "QoS should be 0, 1, 2\n");
  EXPECT_EQ(run({"subscriptions", "add", "known", "t"}).outcome, Outcome::usage);
}

TEST_F(CommandTableTest, ApplicationsAreKept) {
  desk_->defaults.application = {"admin", "public"};
  const std::string first =
      "app_id: admin, secret: public, name: Default, desc: Application user, status: true, expired: "
      "undefined\n";
  EXPECT_EQ(run({"mgmt", "list"}).text, first);
  const std::string made = run({"mgmt", "insert", "ops", "Operators"}).text;
  EXPECT_TRUE(made.starts_with("AppSecret: ")) << made;
  const std::string secret = made.substr(11, made.size() - 12);
  EXPECT_EQ(run({"mgmt", "insert", "ops", "x"}).text, "Error: already existed\n");
  EXPECT_EQ(run({"mgmt", "insert", "admin", "x"}).text, "Error: already existed\n");
  EXPECT_EQ(run({"mgmt", "update", "ops", "false"}).text, "update successfully.\n");
  EXPECT_EQ(
      run({"mgmt", "lookup", "ops"}).text,
      "app_id: ops\nsecret: " + secret + "\nname: Operators\ndesc: \nstatus: false\nexpired: undefined\n");
  EXPECT_EQ(run({"mgmt", "delete", "ops"}).text, "ok\n");
  EXPECT_EQ(run({"mgmt", "delete", "ops"}).text, "Error: app not found\n");
  EXPECT_EQ(run({"mgmt", "lookup", "ops"}).text, "Not Found.\n");
  EXPECT_EQ(run({"mgmt", "update", "admin", "false"}).text, "update successfully.\n");
  EXPECT_NE(run({"mgmt", "list"}).text, first);
}

TEST_F(CommandTableTest, AdministratorsAreKept) {
  desk_->defaults.user = {"admin", "public"};
  EXPECT_EQ(run({"admins", "list"}).text, "username: admin, tags: administrator\n");
  EXPECT_EQ(run({"admins", "add", "admin", "secret"}).text, "Error: Username Already Exist\n");
  EXPECT_EQ(run({"admins", "passwd", "admin", "secret"}).text, "ok\n");
  EXPECT_EQ(run({"admins", "list"}).text, "username: admin, tags: administrator\n");
  EXPECT_EQ(run({"admins", "del", "admin"}).text, "Error: Cannot delete admin\n");
  desk_->defaults.user = {};
  EXPECT_EQ(run({"admins", "del", "admin"}).text, "ok\n");
  EXPECT_EQ(run({"admins", "add", "eve", "secret", "boss"}).text, "ok\n");
  EXPECT_EQ(run({"admins", "add", "eve", "secret"}).text, "Error: Username Already Exist\n");
  EXPECT_EQ(run({"admins", "list"}).text, "username: eve, tags: boss\n");
  EXPECT_EQ(run({"admins", "passwd", "eve", "other"}).text, "ok\n");
  EXPECT_EQ(run({"admins", "passwd", "bob", "other"}).text, "{error,<<\"Username Not Found\">>}\n");
  EXPECT_EQ(run({"admins", "del", "eve"}).text, "ok\n");
  EXPECT_EQ(run({"admins", "del", "eve"}).text, "{error,<<\"Username Not Found\">>}\n");
}

TEST_F(CommandTableTest, RoutesTrieAndTopics) {
  for (const char* filter : {"t/+/x", "t/a", "t/#"}) subscribe(filter);
  EXPECT_EQ(run({"routes", "list"}).text,
            "t/# -> meshmq@127.0.0.1\nt/+/x -> meshmq@127.0.0.1\nt/a -> meshmq@127.0.0.1\n");
  EXPECT_EQ(run({"routes", "show", "t/#"}).text, "t/# -> meshmq@127.0.0.1\n");
  EXPECT_EQ(run({"routes", "show", "no/such"}).text, "");
  EXPECT_EQ(run({"routes", "show", "no/such"}).outcome, Outcome::done);
  EXPECT_EQ(run({"trie", "list"}).text, "t/#\nt/+/x\n");
  EXPECT_EQ(run({"topics", "list"}).text, "t/#\nt/+/x\nt/a\n");
}

TEST_F(CommandTableTest, RoutesMatchTellsHowAMessageWouldTravel) {
  EXPECT_EQ(run({"routes", "match", "t/a"}).text, "Nobody is subscribed.\n");
  subscribe("t/#");
  subscribe("u");
  control_->handle(node::GroupRequest{node::WorkerIndex(0), "$share/g/t/+", {1, 2}}, now_);
  for (int i = 0; i < 3; ++i) (void)control_->end_of_turn(now_);
  worker_replies_[0].subscriptions = {{"one", "t/#", mqtt::QoS::at_least_once}, {"one", "u"}};
  worker_replies_[1].subscriptions = {{"two", "$share/g/t/+", mqtt::QoS::exactly_once}};
  EXPECT_EQ(run({"routes", "match", "t/a"}).text,
            "t/# -> meshmq@127.0.0.1\n"
            "$share/g/t/+ -> meshmq@127.0.0.1 (1 of 2 members online), one member of the group\n"
            "meshmq@127.0.0.1:\n"
            "  one -> t/# qos=1\n"
            "  two -> $share/g/t/+ qos=2\n");
  EXPECT_EQ(run({"routes", "match", "u"}, true).text,
            R"({"routes":[{"topic":"u","node":"meshmq@127.0.0.1"}],"groups":[],"away":[],"subscribers":)"
            R"({"meshmq@127.0.0.1":[{"clientid":"one","topic":"u","qos":0}]}})"
            "\n");
  EXPECT_EQ(run({"routes", "match", "t/#"}).text, "Not a topic name: t/#\n");
}

TEST_F(CommandTableTest, AnswersItsOwnCommandsAskedByAnotherNode) {
  const auto served = [&](std::string_view question) {
    std::string bytes;
    table_.serve(question, now_, [&](const std::string& answer) { bytes = answer; });
    return decode_answer(bytes).value();
  };
  EXPECT_EQ(served(encode(RemoteCommand{{"cluster", "heal-log"}, {.json = true}})).text, "[]\n");
  EXPECT_EQ(served(encode(RemoteCommand{{"nonsense"}})).outcome, Outcome::usage);
  EXPECT_EQ(served("\x02").text, "a question of an unknown kind\n");
  EXPECT_EQ(served(std::string_view("\x01\x00\x05", 3)).text, "a command is cut short\n");
  EXPECT_FALSE(decode_answer("").has_value());
  EXPECT_FALSE(decode_answer("\x09text").has_value());
}

TEST_F(CommandTableTest, RetainedMessages) {
  retain("r/1");
  retain("r/2");
  EXPECT_EQ(run({"retainer", "info"}).text, "retained/total: 2\n");
  EXPECT_EQ(run({"retainer", "topics"}).text, "r/1\nr/2\n");
  EXPECT_EQ(run({"retainer", "clean", "r/1"}).text, "Cleaned 1 retained messages\n");
  EXPECT_EQ(run({"retainer", "clean"}).text, "Cleaned 1 retained messages\n");
  EXPECT_EQ(run({"retainer", "info"}).text, "retained/total: 0\n");
}

TEST_F(CommandTableTest, CleaningByWhatIsNoFilterDeletesNothing) {
  retain("r/1");
  for (const char* filter : {"r/#/1", "r+", ""}) {
    const Answer answer = run({"retainer", "clean", filter});
    EXPECT_EQ(answer.outcome, Outcome::refused) << filter;
    EXPECT_EQ(answer.text, std::string("Not a topic filter: ") + filter + "\n");
  }
  EXPECT_EQ(run({"retainer", "info"}).text, "retained/total: 1\n");
}

TEST_F(CommandTableTest, StatsKeepTheirPeaks) {
  worker_replies_[0].stats.connections = 3;
  run({"broker", "stats"});
  worker_replies_[0].stats.connections = 1;
  const std::string text = run({"broker", "stats"}).text;
  EXPECT_NE(text.find("connections.count             : 1\nconnections.max               : 3\n"),
            std::string::npos)
      << text;
}

TEST_F(CommandTableTest, StatsAreAddedUp) {
  worker_replies_[0].stats = {.connections = 1, .sessions = 2, .subscriptions = 4, .shared_subscriptions = 1};
  worker_replies_[1].stats = {.connections = 1, .sessions = 1, .subscriptions = 1};
  subscribe("a/b");
  retain("r");
  EXPECT_EQ(run({"broker", "stats"}, true).text,
            R"({"channels.count":3,"channels.max":3,"connections.count":2,"connections.max":2,)"
            R"("delayed.count":0,"delayed.max":0,)"
            R"("retained.count":1,"retained.max":1,"routes.count":1,"routes.max":1,)"
            R"("sessions.count":3,"sessions.max":3,"suboptions.count":5,"suboptions.max":5,)"
            R"("subscribers.count":4,"subscribers.max":4,"subscriptions.count":5,"subscriptions.max":5,)"
            R"("subscriptions.shared.count":1,"subscriptions.shared.max":1,"topics.count":1,"topics.max":1})"
            "\n");
}

TEST_F(CommandTableTest, MetricsAreAddedUp) {
  worker_replies_[0].metrics.messages_forward = 2;
  worker_replies_[1].metrics.messages_forward = 3;
  EXPECT_NE(run({"broker", "metrics"}).text.find("messages.forward              : 5\n"), std::string::npos);
}

TEST_F(CommandTableTest, ListenersAreListedStoppedAndRestarted) {
  ListenerInfo listener;
  listener.id = "mqtt:tcp:external";
  listener.listen_on = "0.0.0.0:1883";
  listeners_ = {listener};
  EXPECT_TRUE(run({"listeners"}).text.starts_with("mqtt:tcp:external\n  listen_on       : 0.0.0.0:1883\n"));
  EXPECT_EQ(run({"listeners", "stop", "mqtt:tcp:external"}).text,
            "Stop mqtt:tcp:external listener on 0.0.0.0:1883 successfully.\n");
  EXPECT_EQ(run({"listeners", "stop", "tcp", "1883"}).text,
            "Stop mqtt:tcp:external listener on 0.0.0.0:1883 successfully.\n");
  EXPECT_EQ(run({"listeners", "stop", "ws", "1883"}).text, "No such listener 1883\n");
  EXPECT_EQ(run({"listeners", "start", "mqtt:ws:external"}).text,
            "Started mqtt:ws:external listener successfully.\n");
  EXPECT_EQ(run({"listeners", "start", "mqtt:tcp:external"}).text,
            "Failed to start mqtt:tcp:external listener: it runs already\n");
  EXPECT_EQ(run({"listeners", "start", "x"}).text, "No such listener x\n");
  EXPECT_EQ(run({"listeners", "stop", "22881"}).text, "No such listener 22881\n");
  EXPECT_EQ(run({"listeners", "restart", "mqtt:tcp:external"}).text,
            "Failed to restart mqtt:tcp:external listener: address in use\n");
  EXPECT_EQ(run({"listeners", "reload"}).text, "No listener has certificates\n");
  certificate_reloads_.push_back({"mqtt:ssl:a", {}});
  EXPECT_EQ(run({"listeners", "reload"}).text,
            "Reloaded the certificates of mqtt:ssl:a listener successfully.\n");
  certificate_reloads_.push_back({"mqtt:ssl:b", fail(Errc::io, "b.pem: bad")});
  EXPECT_EQ(run({"listeners", "reload"}).text,
            "Reloaded the certificates of mqtt:ssl:a listener successfully.\n"
            "Failed to reload the certificates of mqtt:ssl:b listener: b.pem: bad\n");
}

TEST_F(CommandTableTest, AclRulesAreReadAgain) {
  EXPECT_EQ(run({"acl", "reload"}).text, "4 rules hold now\n");
  acl_reload_ = fail(Errc::invalid_argument, "acl.conf:1: bad\nacl.conf:2: bad");
  const Answer refused = run({"acl", "reload"});
  EXPECT_EQ(refused.outcome, Outcome::refused);
  EXPECT_EQ(refused.text, "acl.conf:1: bad\nacl.conf:2: bad\n");
  EXPECT_EQ(run({"acl", "cache-clean", "all"}).text, "Started ACL cache drain in all nodes\n");
  EXPECT_EQ(run({"acl", "cache-clean", "node", "n@h"}).text, "ACL cache drain started on node n@h.\n");
  EXPECT_EQ(run({"acl", "cache-clean", "c1"}).text, "");
  EXPECT_EQ(run({"acl"}).outcome, Outcome::usage);
}

TEST_F(CommandTableTest, LogLevelAndRuntime) {
  EXPECT_EQ(run({"log", "set-level", "debug"}).text, "debug\n");
  EXPECT_EQ(log_level_, LogLevel::debug);
  EXPECT_EQ(run({"log", "primary-level"}).text, "debug\n");
  EXPECT_EQ(run({"log", "set-level", "loud"}).outcome, Outcome::refused);
  EXPECT_TRUE(run({"runtime"}).text.starts_with("cpu/load1               : 1.29\n")) << run({"runtime"}).text;
  EXPECT_EQ(run({"vm"}).text, run({"runtime"}).text);
  EXPECT_EQ(run({"vm", "all"}).text, run({"runtime"}).text);
  EXPECT_TRUE(run({"vm", "io"}).text.starts_with("io/max_fds              : ")) << run({"vm", "io"}).text;
  EXPECT_EQ(run({"vm", "ports"}).outcome, Outcome::usage);
}

TEST_F(CommandTableTest, DiscoverySaysWhichProviderThereIs) {
  EXPECT_EQ(run({"cluster", "discovery"}).text, "provider      : manual\n");
  EXPECT_EQ(run({"cluster", "discovery"}, true).text,
            "{\"provider\":\"manual\",\"asked_at\":0,\"answered_at\":0,\"error\":\"\",\"acted_at\":0,"
            "\"action\":\"\",\"found\":[]}\n");
}

TEST_F(CommandTableTest, DelayedMessages) {
  EXPECT_EQ(run({"delayed", "list"}).text, "");
  const auto message = mqtt::Message::make({.topic = "t/1",
                                            .publisher = "c1",
                                            .qos = mqtt::QoS::at_least_once,
                                            .created_at = now_.wall,
                                            .id = 0xab});
  control_->handle(node::DelayRequest{node::WorkerIndex(0), 0, message, now_.wall + 60'000}, now_);
  EXPECT_EQ(run({"delayed", "info"}).text, "delayed/total: 1\n");
  EXPECT_EQ(run({"delayed", "list"}).text,
            "Delayed(00000000000000ab, publish_at=" + format_datetime(now_.wall + 60'000) +
                ", topic=t/1, qos=1, from=c1, node=meshmq@127.0.0.1)\n");
  EXPECT_EQ(run({"delayed", "list"}, true).text,
            R"([{"from":"c1","id":"00000000000000ab","node":"meshmq@127.0.0.1","publish_at":1700000060000,)"
            R"("qos":1,"topic":"t/1"}])"
            "\n");
  EXPECT_EQ(run({"delayed", "delete", "ab"}).text, "There is no delayed message ab.\n");
  EXPECT_EQ(run({"delayed", "delete", "00000000000000ab"}).text, "ok\n");
  EXPECT_EQ(run({"delayed", "info"}, true).text, "{\"delayed\":0}\n");
  EXPECT_EQ(run({"delayed"}).outcome, Outcome::usage);
}

TEST_F(CommandTableTest, Alarms) {
  EXPECT_EQ(run({"alarms", "list"}).text, "");
  control_->alarms().activate("high_cpu_usage", Json::object({{"usage", 95}}), "95% cpu usage", now_);
  control_->alarms().activate("old", Json::object({}), "was bad", now_);
  pass(Duration(60'000));
  EXPECT_EQ(run({"alarms", "deactivate", "old"}).text, "ok\n");
  EXPECT_EQ(run({"alarms", "deactivate", "old"}).text, "There is no alarm old that lasts.\n");
  const std::string at = format_datetime(1'700'000'000'000);
  const std::string lasts =
      "Alarm(high_cpu_usage, activated=true, activated_at=" + at + ", message=95% cpu usage)\n";
  const std::string over = "Alarm(old, activated=false, activated_at=" + at +
                           ", deactivated_at=" + format_datetime(now_.wall) + ", message=was bad)\n";
  EXPECT_EQ(run({"alarms", "list"}).text, lasts + over);
  EXPECT_EQ(run({"alarms", "list", "activated"}).text, lasts);
  EXPECT_EQ(run({"alarms", "list", "deactivated"}).text, over);
  EXPECT_EQ(run({"alarms", "list", "activated"}, true).text,
            R"([{"activate_at":1700000000000000,"activated":true,"deactivate_at":"infinity",)"
            R"("details":{"usage":95},"message":"95% cpu usage","name":"high_cpu_usage"}])"
            "\n");
  EXPECT_EQ(run({"alarms", "clear"}).text, "Cleared 1 alarms\n");
  EXPECT_EQ(run({"alarms", "list"}).text, lasts);
  EXPECT_EQ(run({"alarms", "list", "nonsense"}).outcome, Outcome::usage);
}

}  // namespace
}  // namespace meshmq::admin
