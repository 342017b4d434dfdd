// Users, bans and rules, as workers hear of them.

#include "node/admissions.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/route_table.hpp"
#include "node/control.hpp"
#include "sasl/base64.hpp"
#include "sasl/digest.hpp"

namespace meshmq::node {
namespace {

using broker::AdmissionRequest;
using mqtt::ReasonCode;

class AdmissionsTest : public ::testing::Test {
 protected:
  class Ports final : public ControlPorts {
   public:
    void to_worker(WorkerIndex, ToWorker message) override {
      if (auto* admitted = std::get_if<Admitted>(&message)) answers.push_back(std::move(*admitted));
      if (auto* access = std::get_if<AccessChanged>(&message)) policy = access->policy;
      if (auto* rules = std::get_if<RulesChanged>(&message)) changes = rules->changes;
    }
    void dial(const std::string&) override {}
    void hang_up(const std::string&) override {}
    void send(const std::string&, std::string) override {}
    void save(std::string) override {}
    void store(StoreBatch) override {}
    void operation_done(OperationId, Result<void>) override {}
    void query_done(OperationId, std::vector<QueryReply>) override {}
    void check_password(PasswordCheckId id, std::string password, std::vector<std::string> hashes) override {
      checks.emplace_back(id, std::move(password) + "?" + (hashes.empty() ? "" : hashes.back()));
      check_sizes.push_back(hashes.size());
    }

    std::vector<Admitted> answers;
    std::vector<std::pair<PasswordCheckId, std::string>> checks;
    std::vector<std::size_t> check_sizes;
    broker::AccessPolicy policy;
    std::vector<RulesChanged::Rules> changes;
  };

  AdmissionsTest() {
    config.name = "a@h";
    config.client_key_seed = 99;
    start();
  }
  void start() { control = std::make_unique<Control>(config, "", 1, routes, ports, Logger(), 5, now); }

  AccessTables& tables() { return control->access().tables(); }
  void ask(AdmissionRequest request) {
    control->handle(AdmitRequest{WorkerIndex(0), ++token, std::move(request)}, now);
  }
  /// What the worker was told; the reason 0xFF: nothing.
  broker::Admission answer() {
    if (ports.answers.empty()) return {.reason = static_cast<ReasonCode>(0xFF)};
    broker::Admission last = std::move(ports.answers.back().admission);
    ports.answers.clear();
    return last;
  }
  broker::Admission answer_to(AdmissionRequest request) {
    ask(std::move(request));
    return answer();
  }
  void pass(Duration time) {
    now.mono += time;
    now.wall += time.count();
    control->tick(now);
  }
  void end_turn() { (void)control->end_of_turn(now); }
  static AdmissionRequest ann(std::optional<std::string> password = "pass") {
    return {
        .client_id = "c1", .username = "ann", .password = std::move(password), .peername = "10.0.0.7:4000"};
  }

  Config config;
  cluster::RouteTable routes;
  Ports ports;
  Now now{TimePoint(Duration(10'000)), 1'700'000'000'000};
  std::unique_ptr<Control> control;
  Token token = 0;
};

// ---------------------------------------------------------------- passwords

TEST_F(AdmissionsTest, WhoIsNotKnownComesInByAllowAnonymous) {
  broker::Admission admission = answer_to(ann());
  EXPECT_EQ(admission.reason, ReasonCode::success);
  EXPECT_TRUE(admission.anonymous);
  config.broker.allow_anonymous = false;
  config.broker.more_zones.push_back({.allow_anonymous = true});
  start();
  EXPECT_EQ(answer_to(ann()).reason, ReasonCode::not_authorized);
  AdmissionRequest request = ann();
  request.zone = 1;
  EXPECT_EQ(answer_to(request).reason, ReasonCode::success) << "its zone is another";
}

TEST_F(AdmissionsTest, AUserOfTheTablesNeedsThePassword) {
  tables().put_user({SubjectKind::username, "ann"}, {.created_at = 1, .hash = "HASH"}, now);
  ask(ann());
  EXPECT_TRUE(ports.answers.empty()) << "the check takes a while";
  ASSERT_EQ(ports.checks.size(), 1U);
  EXPECT_EQ(ports.checks[0].second, "pass?HASH");
  control->password_checked(ports.checks[0].first, true);
  const broker::Admission admission = answer();
  EXPECT_EQ(admission.reason, ReasonCode::success);
  EXPECT_FALSE(admission.anonymous);
  ask(ann());
  control->password_checked(ports.checks[1].first, false);
  EXPECT_EQ(answer().reason, ReasonCode::bad_user_name_or_password);
  EXPECT_EQ(answer_to(ann(std::nullopt)).why, "it brought no password");
  EXPECT_TRUE(answer_to({.client_id = "ann", .password = "pass"}).anonymous) << "an id is no user name";
  tables().remove_user({SubjectKind::username, "ann"}, now);
  EXPECT_TRUE(answer_to(ann()).anonymous);
}

TEST_F(AdmissionsTest, ClientIdAndUserNameMayBothBeKnown) {
  tables().put_user({SubjectKind::username, "ann"}, {.hash = "U"}, now);
  tables().put_user({SubjectKind::client_id, "c1"}, {.hash = "C"}, now);
  ask(ann());
  EXPECT_EQ(ports.check_sizes.at(0), 2U);
}

TEST_F(AdmissionsTest, UsersOfTheConfigurationAreKnownAtOnce) {
  config.users = {{.by_client_id = false, .name = "ann", .password = "pass"},
                  {.by_client_id = true, .name = "c2", .password = "two"}};
  start();
  end_turn();
  EXPECT_TRUE(ports.policy.ask);
  EXPECT_FALSE(answer_to(ann()).anonymous);
  EXPECT_EQ(answer_to(ann("other")).reason, ReasonCode::bad_user_name_or_password);
  EXPECT_EQ(answer_to({.client_id = "c2", .password = "two"}).reason, ReasonCode::success);
  EXPECT_EQ(answer_to({.client_id = "c2"}).reason, ReasonCode::bad_user_name_or_password);
  EXPECT_TRUE(ports.checks.empty());
}

TEST_F(AdmissionsTest, AZoneMayBypassPasswords) {
  config.broker.bypass_auth = true;
  start();
  tables().put_user({SubjectKind::username, "ann"}, {.hash = "U"}, now);
  EXPECT_TRUE(answer_to(ann("wrong")).anonymous);
}

TEST_F(AdmissionsTest, ManyThatWaitAreALimitAndNobodyWaitsForEver) {
  config.auth_pending_max = 2;
  start();
  tables().put_user({SubjectKind::username, "ann"}, {.hash = "U"}, now);
  ask(ann());
  ask(ann());
  EXPECT_EQ(answer_to(ann()).reason, ReasonCode::server_busy);
  control->handle(AdmitNoMore{WorkerIndex(0), 1}, now);
  control->password_checked(ports.checks[0].first, true);
  EXPECT_TRUE(ports.answers.empty()) << "it is gone";
  ask(ann());
  pass(std::chrono::seconds(11));
  ASSERT_EQ(ports.answers.size(), 2U);
  EXPECT_EQ(answer().reason, ReasonCode::server_unavailable);
  control->password_checked(ports.checks[1].first, true);
  EXPECT_TRUE(ports.answers.empty());
}

// ---------------------------------------------------------------- bans

TEST_F(AdmissionsTest, WhoIsBannedStaysOutUntilItIsOver) {
  const std::int64_t until = now.wall / 1000 + 60;
  const BanRow row{.by = "user", .reason = "a test", .at_s = 0, .until_s = until};
  for (const Subject& subject : {Subject{SubjectKind::client_id, "c1"}, Subject{SubjectKind::username, "ann"},
                                 *Subject::of_peerhost("10.0.0.7")}) {
    tables().put_ban(subject, row, now);
    const broker::Admission admission = answer_to(ann());
    EXPECT_EQ(admission.reason, ReasonCode::banned);
    EXPECT_NE(admission.why.find("is banned by user: a test"), std::string::npos) << admission.why;
    EXPECT_EQ(answer_to({.client_id = "c2", .username = "bob", .peername = "10.0.0.8:1"}).reason,
              ReasonCode::success);
    EXPECT_TRUE(tables().remove_ban(subject, now));
    EXPECT_FALSE(tables().remove_ban(subject, now));
    EXPECT_EQ(answer_to(ann()).reason, ReasonCode::success);
  }
  tables().put_ban({SubjectKind::client_id, "c1"}, row, now);
  end_turn();
  EXPECT_TRUE(ports.policy.ask);
  EXPECT_EQ(tables().bans(now).size(), 1U);
  pass(std::chrono::seconds(61));
  EXPECT_EQ(answer_to(ann()).reason, ReasonCode::success);
  EXPECT_EQ(tables().bans(now).size(), 0U);
  end_turn();
  EXPECT_FALSE(ports.policy.ask) << "what is over is forgotten";
}

TEST_F(AdmissionsTest, WhoComesAndGoesAllTheTimeIsBanned) {
  control->handle(ClientFlapping{{.client_id = "c1", .peername = "10.0.0.7:1", .count = 30}}, now);
  const broker::Admission admission = answer_to(ann());
  EXPECT_EQ(admission.reason, ReasonCode::banned);
  EXPECT_EQ(admission.why, "clientid 'c1' is banned by flapping detector: flapping is detected");
  pass(std::chrono::minutes(5));
  EXPECT_EQ(answer_to(ann()).reason, ReasonCode::success);
}

TEST_F(AdmissionsTest, BansOfAZoneMayBeOff) {
  config.broker.enable_ban = false;
  start();
  tables().put_ban({SubjectKind::client_id, "c1"}, {.by = "user"}, now);
  EXPECT_EQ(answer_to(ann()).reason, ReasonCode::success);
}

// ---------------------------------------------------------------- SCRAM

struct ScramTest : AdmissionsTest {
  ScramTest() {
    verifier = sasl::make_scram_verifier(sasl::Digest::sha256, "pencil", "saltsaltsaltsalt", 4096);
    tables().put_scram_user(sasl::Digest::sha256, "ann", {.verifier = verifier}, now);
  }
  static AdmissionRequest first(std::string_view name, std::string username = {}) {
    return {.client_id = "c1",
            .username = std::move(username),
            .peername = "10.0.0.7:4000",
            .method = "SCRAM-SHA-256",
            .data = "n,,n=" + std::string(name) + ",r=abc"};
  }
  /// What a client with that password says to the challenge.
  static std::string proof(std::string_view name, std::string_view password, const std::string& challenge) {
    const auto field = [&](std::string_view mark) {
      const std::size_t at = challenge.find(mark) + mark.size();
      return challenge.substr(at, challenge.find(',', at) - at);
    };
    using namespace sasl;
    const std::string salt = *from_base64(field(",s="));
    const auto iterations = static_cast<std::uint32_t>(std::stoul(field(",i=")));
    const std::string salted = pbkdf2(Digest::sha256, password, salt, iterations);
    std::string key = hmac(Digest::sha256, salted, "Client Key");
    const std::string bare = "c=biws," + challenge.substr(0, challenge.find(','));
    const std::string signature = hmac(Digest::sha256, hash(Digest::sha256, key),
                                       "n=" + std::string(name) + ",r=abc," + challenge + "," + bare);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ signature[i]);
    return bare + ",p=" + to_base64(key);
  }
  broker::Admission exchange(const AdmissionRequest& request, std::string_view name,
                             std::string_view password) {
    broker::Admission challenge = answer_to(request);
    if (challenge.reason != ReasonCode::continue_authentication) return challenge;
    control->handle(AdmitMore{WorkerIndex(0), token, proof(name, password, challenge.data)}, now);
    return answer();
  }
  sasl::ScramVerifier verifier;
};

TEST_F(ScramTest, WhoKnowsThePasswordComesIn) {
  const broker::Admission admission = exchange(first("ann"), "ann", "pencil");
  EXPECT_EQ(admission.reason, ReasonCode::success) << admission.why;
  EXPECT_EQ(admission.username, "ann");
  EXPECT_EQ(admission.data.substr(0, 2), "v=");
  EXPECT_EQ(exchange(first("ann", "ann"), "ann", "pencil").reason, ReasonCode::success);
  EXPECT_EQ(exchange(first("ann", "bob"), "ann", "pencil").reason, ReasonCode::not_authorized)
      << "who proves to be ann is not bob";
}

TEST_F(ScramTest, WhoDoesNotIsNotTold) {
  EXPECT_EQ(exchange(first("ann"), "ann", "pen").reason, ReasonCode::not_authorized);
  const std::string one = answer_to(first("nobody")).data;
  const std::string two = answer_to(first("nobody")).data;
  EXPECT_NE(one, two) << "the nonce is another";
  EXPECT_EQ(one.substr(one.find(",s=")), two.substr(two.find(",s="))) << "the salt is not";
  EXPECT_EQ(exchange(first("nobody"), "nobody", "pencil").reason, ReasonCode::not_authorized);
}

TEST_F(ScramTest, UnknownMethodsAndNonsenseAreRefused) {
  AdmissionRequest request = first("ann");
  request.method = "GS2-KRB5";
  EXPECT_EQ(answer_to(request).reason, ReasonCode::bad_authentication_method);
  request.method = "SCRAM-SHA-256";
  request.data = "nonsense";
  EXPECT_EQ(answer_to(request).reason, ReasonCode::not_authorized);
  EXPECT_EQ(answer_to(first("ann")).reason, ReasonCode::continue_authentication);
  control->handle(AdmitMore{WorkerIndex(0), token, "nonsense"}, now);
  EXPECT_EQ(answer().reason, ReasonCode::not_authorized);
  control->handle(AdmitMore{WorkerIndex(0), token, "again"}, now);
  EXPECT_TRUE(ports.answers.empty()) << "it was refused already";
  tables().put_scram_user(sasl::Digest::sha512, "only512", {.verifier = verifier}, now);
  EXPECT_EQ(exchange(first("only512"), "only512", "pencil").reason, ReasonCode::not_authorized)
      << "another mechanism";
}

TEST_F(ScramTest, AnExchangeThatStopsIsForgotten) {
  answer_to(first("ann"));
  pass(std::chrono::seconds(11));
  EXPECT_EQ(answer().reason, ReasonCode::not_authorized);
  answer_to(first("ann"));
  control->handle(AdmitNoMore{WorkerIndex(0), token}, now);
  pass(std::chrono::seconds(11));
  EXPECT_TRUE(ports.answers.empty());
}

TEST_F(ScramTest, ABanHoldsForItToo) {
  tables().put_ban(*Subject::of_peerhost("10.0.0.7"), {.by = "user"}, now);
  EXPECT_EQ(answer_to(first("ann")).reason, ReasonCode::banned);
}

// ---------------------------------------------------------------- rules

TEST_F(AdmissionsTest, WorkersHearOfRulesInTheOrderInWhichTheyAreAsked) {
  const Subject subject{SubjectKind::username, "ann"};
  const RuleRow allow{.created_at = 1, .action = broker::AclAction::publish, .allow = true};
  tables().put_rule(subject, "old", allow, now);
  tables().put_rule(subject, "new", {.created_at = 2}, now);
  tables().put_rule({SubjectKind::everybody, {}}, "all", allow, now);
  end_turn();
  ASSERT_EQ(ports.changes.size(), 1U);
  EXPECT_EQ(ports.changes[0].name, "ann");
  EXPECT_EQ(ports.changes[0].whom, broker::RulesFor::username);
  ASSERT_EQ(ports.changes[0].rules->size(), 2U);
  EXPECT_EQ(ports.changes[0].rules->at(0).topics.at(0).filter, "new");
  EXPECT_EQ(ports.policy.everybody->at(0).topics.at(0).filter, "all");
  EXPECT_FALSE(ports.policy.ask) << "rules do not say who may come in";
  tables().remove_rule(subject, "old", now);
  tables().remove_rule(subject, "new", now);
  EXPECT_FALSE(tables().remove_rule(subject, "new", now));
  end_turn();
  EXPECT_EQ(ports.changes.at(0).rules, nullptr);
  EXPECT_EQ(tables().rules(SubjectKind::username).size(), 0U);
}

}  // namespace
}  // namespace meshmq::node
