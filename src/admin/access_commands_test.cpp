// Users, rules and bans, as operators speak of them.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "admin/command_table.hpp"
#include "admin/desk_harness.hpp"
#include "admin/formats.hpp"
#include "node/access_admin.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::admin {
namespace {

class AccessCommandsTest : public testing::DeskTest {
 protected:
  Answer run(const std::vector<std::string>& words, bool json = false) {
    Answer answer;
    table_.run(words, {.json = json}, now_, [&](Answer given) { answer = std::move(given); });
    settle();
    return answer;
  }

 private:
  CommandTable table_{*desk_};
};

TEST_F(AccessCommandsTest, UsersAreAddedUpdatedAndDeleted) {
  const node::Subject ann{node::SubjectKind::username, "ann"};
  const auto hash = [&] { return control_->access().tables().user(ann).value_or(node::UserRow{}).hash; };
  EXPECT_EQ(run({"user", "add", "ann", "one"}).text, "ok\n");
  EXPECT_TRUE(sasl::password_fits(hash(), "one"));
  const Answer again = run({"user", "add", "ann", "two"});
  EXPECT_EQ(again.outcome, Outcome::refused);
  EXPECT_EQ(again.text, "Error: existed\n");
  EXPECT_TRUE(sasl::password_fits(hash(), "one"));
  EXPECT_EQ(run({"user", "update", "ann", "two"}).text, "ok\n");
  EXPECT_TRUE(sasl::password_fits(hash(), "two"));
  EXPECT_EQ(run({"user", "update", "bob", "two"}).text, "Error: noexisted\n");
  EXPECT_EQ(run({"user", "add", "aaron", "x"}).text, "ok\n");
  EXPECT_EQ(run({"user", "list"}).text, "aaron\nann\n");
  EXPECT_EQ(run({"user", "list"}, true).text, "[\"aaron\",\"ann\"]\n");
  EXPECT_EQ(run({"clientid", "list"}).text, "");
  EXPECT_EQ(run({"clientid", "add", "c1", "x"}).text, "ok\n");
  EXPECT_EQ(run({"clientid", "list"}).text, "c1\n");
  EXPECT_EQ(run({"user", "del", "ann"}).text, "ok\n");
  EXPECT_EQ(run({"user", "del", "ann"}).text, "ok\n") << "as EMQ X";
  EXPECT_EQ(run({"user", "list"}).text, "aaron\n");
  EXPECT_EQ(run({"user", "add", "", "x"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"user", "add", "x"}).outcome, Outcome::usage);
}

TEST_F(AccessCommandsTest, ScramUsersHaveBothMechanisms) {
  const std::string added = "Authentication information added successfully\n";
  EXPECT_EQ(run({"sasl", "scram", "add", "ann", "pencil"}).text, added);
  EXPECT_EQ(run({"sasl", "scram", "add", "bob", "pencil", "5000"}).text, added);
  EXPECT_EQ(run({"sasl", "scram", "add", "ann", "x"}).text, "Authentication information already exists\n");
  const auto& tables = control_->access().tables();
  const auto row = tables.scram_user(sasl::Digest::sha256, "ann");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->verifier,
            sasl::make_scram_verifier(sasl::Digest::sha256, "pencil", row->verifier.salt, 4096));
  EXPECT_TRUE(tables.scram_user(sasl::Digest::sha512, "ann"));
  EXPECT_EQ(tables.scram_user(sasl::Digest::sha256, "bob")->verifier.iterations, 5000U);
  EXPECT_EQ(run({"sasl", "scram", "list"}).text, "ann\nbob\n");
  EXPECT_NE(run({"sasl", "scram", "lookup", "bob"}).text.find("Iteration Count: 5000"), std::string::npos);
  EXPECT_EQ(run({"sasl", "scram", "update", "ann", "pen"}).text,
            "Authentication information updated successfully\n");
  EXPECT_NE(tables.scram_user(sasl::Digest::sha256, "ann")->verifier, row->verifier);
  EXPECT_EQ(run({"sasl", "scram", "delete", "ann"}).text,
            "Authentication information deleted successfully\n");
  EXPECT_EQ(run({"sasl", "scram", "lookup", "ann"}).text, "Authentication information not found\n");
  EXPECT_EQ(run({"sasl", "scram", "update", "ann", "x"}).text, "Authentication information not found\n");
  EXPECT_FALSE(tables.scram_user(sasl::Digest::sha512, "ann"));
  EXPECT_EQ(run({"sasl", "scram", "add", "eve", "x", "100"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"sasl", "scram", "add", "eve\x07", "x"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"sasl", "scram", "add", "eve", "\x07"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"sasl", "scram", "add", "eve"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"sasl", "scram", "drop", "eve"}).outcome, Outcome::usage);
}

TEST_F(AccessCommandsTest, RulesOfTheTables) {
  EXPECT_EQ(run({"acl", "add", "username", "ann", "a/+", "pub", "allow"}).text, "ok\n");
  now_.wall += 1;
  EXPECT_EQ(run({"acl", "add", "username", "ann", "b/#", "pubsub", "deny"}).text, "ok\n");
  EXPECT_EQ(run({"acl", "add", "clientid", "c1", "c", "sub", "allow"}).text, "ok\n");
  EXPECT_EQ(run({"acl", "add", "_all", "t", "pubsub", "deny"}).text, "ok\n");
  const std::string ann =
      "Acl(username = <<\"ann\">> topic = <<\"b/#\">> action = pubsub access = deny)\n"
      "Acl(username = <<\"ann\">> topic = <<\"a/+\">> action = pub access = allow)\n";
  const std::string c1 = "Acl(clientid = <<\"c1\">> topic = <<\"c\">> action = sub access = allow)\n";
  const std::string all = "Acl($all topic = <<\"t\">> action = pubsub access = deny)\n";
  EXPECT_EQ(run({"acl", "list"}).text, c1 + ann + all);
  EXPECT_EQ(run({"acl", "list", "username"}).text, ann);
  EXPECT_EQ(run({"acl", "list", "clientid"}).text, c1);
  EXPECT_EQ(run({"acl", "list", "_all"}).text, all);
  EXPECT_EQ(run({"acl", "show", "username", "ann"}).text, ann);
  EXPECT_EQ(run({"acl", "show", "username", "bob"}).text, "");
  EXPECT_EQ(run({"acl", "show", "clientid", "c1"}, true).text,
            "[{\"clientid\":\"c1\",\"topic\":\"c\",\"action\":\"sub\",\"access\":\"allow\"}]\n");
  EXPECT_EQ(run({"acl", "list", "_all"}, true).text,
            "[{\"all\":true,\"topic\":\"t\",\"action\":\"pubsub\",\"access\":\"deny\"}]\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"acl", "add", "_all", "t", "write", "deny"},
        {"acl", "add", "_all", "t", "pub", "maybe"},
        {"acl", "add", "_all", "t/#/x", "pub", "deny"},
        {"acl", "add", "username", "", "t", "pub", "deny"}}) {
    EXPECT_EQ(run(words).text, "Error: Input is illegal\n");
  }
  EXPECT_EQ(run({"acl", "del", "username", "ann", "b/#"}).text, "ok\n");
  EXPECT_EQ(run({"acl", "del", "_all", "t"}).text, "ok\n");
  EXPECT_EQ(run({"acl", "del", "clientid", "c1", "c"}).text, "ok\n");
  EXPECT_EQ(run({"acl", "list"}).text,
            "Acl(username = <<\"ann\">> topic = <<\"a/+\">> action = pub access = allow)\n");
  EXPECT_EQ(run({"acl", "del", "username", "ann"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"acl", "add", "peerhost", "10.0.0.1", "t", "pub", "deny"}).outcome, Outcome::usage);
}

TEST_F(AccessCommandsTest, Bans) {
  EXPECT_EQ(run({"banned", "add", "clientid", "c1"}).text, "ok\n");
  EXPECT_EQ(run({"banned", "add", "peerhost", "2001:DB8::1", "0"}).text, "ok\n");
  EXPECT_EQ(run({"banned", "add", "username", "ann", "60", "too loud"}).text, "ok\n");
  const std::string at = format_datetime(1'700'000'000'000);
  EXPECT_EQ(run({"banned", "list"}).text, "Banned(clientid=c1, by=user, reason=, at=" + at +
                                              ", until=" + format_datetime(1'700'000'300'000) + ")\n" +
                                              "Banned(username=ann, by=user, reason=too loud, at=" + at +
                                              ", until=" + format_datetime(1'700'000'060'000) + ")\n" +
                                              "Banned(peerhost=2001:db8::1, by=user, reason=, at=" + at +
                                              ", until=infinity)\n");
  EXPECT_EQ(run({"banned", "del", "username", "ann"}).text, "ok\n");
  EXPECT_EQ(run({"banned", "del", "username", "ann"}).text, "Not Found.\n");
  EXPECT_EQ(run({"banned", "del", "clientid", "c1"}).text, "ok\n");
  EXPECT_EQ(run({"banned", "list"}, true).text,
            "[{\"as\":\"peerhost\",\"who\":\"2001:db8::1\",\"by\":\"user\",\"reason\":\"\",\"at\":1700000000,"
            "\"until\":0}]\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"banned", "add", "peerhost", "example.org"},
        {"banned", "add", "_all", "x"},
        {"banned", "add", "clientid", "x", "soon"},
        {"banned", "add", "clientid", "x", "-1"},
        {"banned", "add", "clientid", ""}}) {
    EXPECT_EQ(run(words).text, "Error: Input is illegal\n");
  }
  EXPECT_EQ(run({"banned"}).outcome, Outcome::usage);
}

}  // namespace
}  // namespace meshmq::admin
