#include "server/remote_calls.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "admin/desk_harness.hpp"
#include "cluster/route_table.hpp"

namespace meshmq::server {
namespace {

using erldist::Term;

class RemoteCallsTest : public ::testing::Test, public node::ControlPorts, public admin::Host {
 protected:
  RemoteCallsTest() {
    config_.name = "a@h";
    control_.emplace(config_, "", 1, routes_, *this, Logger(), 5, now_);
    desk_.emplace(config_.name, *control_, *this, now_);
    commands_.emplace(*desk_);
    calls_.emplace(*commands_, *control_, desk_->audit);
  }
  RemoteAnswer call(const std::string& module, const std::string& function, std::vector<Term> arguments) {
    std::optional<RemoteAnswer> answer;
    const erldist::RpcCall request{1, module, function, std::move(arguments), "m@h"};
    calls_->call(request, now_, [&](RemoteAnswer given) { answer = std::move(given); });
    (void)control_->end_of_turn(now_);
    for (const node::OperationId operation : std::exchange(done_, {})) desk_->operation_done(operation, {});
    return answer.value();
  }
  static Term words(const std::vector<std::string>& list) {
    std::vector<Term> items;
    for (const std::string& word : list) items.push_back(Term::string(word));
    return Term::list(std::move(items));
  }

  std::string last_author() const { return desk_->audit.entries().front().who; }

  std::vector<mqtt::MessagePtr> published_;

 private:
  void to_worker(node::WorkerIndex, node::ToWorker message) override {
    if (const auto* publish = std::get_if<node::PublishRequest>(&message))
      published_.push_back(publish->message);
  }
  void dial(const std::string&) override {}
  void hang_up(const std::string&) override {}
  void send(const std::string&, std::string) override {}
  void store(node::StoreBatch) override {}
  void save(std::string) override {}
  void operation_done(node::OperationId operation, Result<void>) override { done_.push_back(operation); }
  void query_done(node::OperationId, std::vector<node::QueryReply>) override {}

  bool stopping() const override { return false; }
  std::string_view version() const override { return "1.2.3"; }
  std::vector<admin::ListenerInfo> listeners() const override { return {}; }
  Result<void> stop_listener(std::string_view) override { return {}; }
  Result<void> start_listener(std::string_view) override { return {}; }
  Result<void> restart_listener(std::string_view) override { return {}; }
  Result<std::size_t> reload_acl() override { return 0; }
  void offload(std::function<void()> work, std::function<void()> done) override {
    work();
    done();
  }
  std::vector<admin::CertificateReload> reload_certificates() override { return {}; }
  admin::RuntimeInfo runtime() const override { return {}; }
  admin::SystemLoad system_load() const override { return {}; }
  LogLevel log_level() const override { return LogLevel::warning; }
  void set_log_level(LogLevel) override {}
  admin::Records& records() override { return records_; }

  std::vector<node::OperationId> done_;
  admin::testing::TestRecords records_;
  node::Config config_;
  cluster::RouteTable routes_;
  Now now_{TimePoint(Duration(10'000)), 1'700'000'000'000};
  std::optional<node::Control> control_;
  std::optional<admin::Desk> desk_;
  std::optional<admin::CommandTable> commands_;
  std::optional<RemoteCalls> calls_;
};

constexpr const char* status_line = "Cluster status: #{running_nodes => [a@h],stopped_nodes => []}\n";

TEST_F(RemoteCallsTest, EmqxCtlPrintsAndReturnsOk) {
  const RemoteAnswer answer = call("emqx_ctl", "run_command", {words({"cluster", "status"})});
  EXPECT_FALSE(answer.refused);
  EXPECT_EQ(answer.output, status_line);
  EXPECT_EQ(answer.value, Term::atom("ok"));
  EXPECT_EQ(call("emqx_ctl", "run_command", {words({"cluster", "join", "a@h"})}).value, Term::atom("ok"));
  EXPECT_EQ(erldist::print(call("emqx_ctl", "run_command", {words({"nonsense"})}).value),
            "{error,cmd_not_found}");
}

TEST_F(RemoteCallsTest, MeshmqCtlReturnsTheExitStatus) {
  const RemoteAnswer printed = call("meshmq_ctl", "run_command", {words({"cluster", "status"})});
  EXPECT_EQ(printed.output, status_line);
  EXPECT_EQ(printed.value, Term::of(0));
  EXPECT_EQ(call("meshmq_ctl", "run_command", {words({"nonsense"})}).value, Term::of(2));

  const RemoteAnswer returned =
      call("meshmq_ctl", "run_command", {words({"cluster", "status"}), Term::list({})});
  EXPECT_EQ(returned.output, "");
  EXPECT_EQ(returned.value, Term::tuple({Term::of(0), Term::binary(status_line)}));
  const RemoteAnswer json =
      call("meshmq_ctl", "run_command", {words({"cluster", "status"}), Term::list({Term::atom("json")})});
  EXPECT_EQ(json.value.items[1].text, "{\"running_nodes\":[\"a@h\"],\"stopped_nodes\":[]}\n");
}

TEST_F(RemoteCallsTest, TheAuditNamesTheUserIfOneIsSaid) {
  const Term words_of_it = words({"topic_metrics", "register", "t"});
  call("meshmq_ctl", "run_command", {words_of_it, Term::list({Term::binary("by=joe")})});
  EXPECT_EQ(last_author(), "joe (m@h)");
  call("emqx_ctl", "run_command", {words_of_it});
  EXPECT_EQ(last_author(), "m@h");
}

TEST_F(RemoteCallsTest, WordsMayBeStringsBinariesOrAtoms) {
  const Term mixed = Term::list({Term::binary("cluster"), Term::atom("status")});
  EXPECT_EQ(call("emqx_ctl", "run_command", {mixed}).output, status_line);
  EXPECT_TRUE(call("emqx_ctl", "run_command", {Term::of(1)}).refused);
  EXPECT_TRUE(call("emqx_ctl", "run_command", {Term::list({Term::of(1)})}).refused);
}

TEST_F(RemoteCallsTest, PublishSendsAMessageOnItsWay) {
  EXPECT_EQ(call("meshmq", "publish", {Term::binary("t/a"), Term::binary("hello"), Term::of(1)}).value,
            Term::atom("ok"));
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0]->topic(), "t/a");
  EXPECT_EQ(published_[0]->payload(), "hello");
  EXPECT_EQ(published_[0]->qos(), mqtt::QoS::at_least_once);
}

TEST_F(RemoteCallsTest, PublishRefusesWhatIsNoMessage) {
  const auto reason = [&](const Term& topic, const Term& payload, const Term& qos) {
    return erldist::print(call("meshmq", "publish", {topic, payload, qos}).value);
  };
  EXPECT_EQ(reason(Term::binary("t/#"), Term::binary(""), Term::of(0)), "{error,<<\"not a topic name\">>}");
  EXPECT_EQ(reason(Term::binary("t"), Term::of(5), Term::of(0)),
            "{error,<<\"the payload must be a binary or a string\">>}");
  EXPECT_EQ(reason(Term::binary("t"), Term::binary("x"), Term::of(3)),
            "{error,<<\"QoS must be 0, 1 or 2\">>}");
  EXPECT_TRUE(published_.empty());
}

TEST_F(RemoteCallsTest, StatusIsAMap) {
  EXPECT_EQ(erldist::print(call("meshmq", "status", {}).value),
            "#{running_nodes => [a@h],stopped_nodes => []}");
}

TEST_F(RemoteCallsTest, EverythingElseIsRefused) {
  const RemoteAnswer answer = call("os", "cmd", {Term::string("id")});
  EXPECT_TRUE(answer.refused);
  EXPECT_EQ(answer.reason, "os:cmd/1 cannot be called here");
  EXPECT_TRUE(call("meshmq", "status", {Term::of(1)}).refused);
  EXPECT_TRUE(call("emqx_ctl", "run_command", {}).refused);
}

}  // namespace
}  // namespace meshmq::server
