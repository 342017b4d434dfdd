// What operators have entered goes to a document and comes back.

#include "admin/backup.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "admin/accounts.hpp"
#include "admin/command_table.hpp"
#include "admin/desk_harness.hpp"
#include "node/access_admin.hpp"
#include "sasl/base64.hpp"
#include "sasl/digest.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::admin {
namespace {

using node::Subject;
using node::SubjectKind;

class FilesInMemory final : public BackupFiles {
 public:
  std::vector<File> list() const override {
    std::vector<File> all;
    for (const auto& [name, content] : files_) all.push_back({name, content.size(), 0});
    return all;
  }
  Result<std::string> read(const std::string& name) const override {
    const auto file = files_.find(name);
    if (file == files_.end()) return fail(Errc::not_found, "there is no exported file " + name);
    return file->second;
  }
  Result<void> write(const std::string& name, std::string_view content) override {
    if (!is_backup_name(name)) return fail(Errc::invalid_argument, name);
    files_[name] = content;
    return {};
  }
  Result<void> remove(const std::string& name) override {
    if (files_.erase(name) == 0) return fail(Errc::not_found, name);
    return {};
  }
  std::string path_of(const std::string& name) const override { return "backup/" + name; }

 private:
  std::map<std::string, std::string> files_;
};

class BackupTest : public testing::DeskTest {
 protected:
  BackupTest() { desk_->backups = &files_; }

  Answer run(const std::vector<std::string>& words) {
    Answer answer;
    table_.run(words, {}, now_, [&](Answer given) { answer = std::move(given); });
    settle();
    return answer;
  }
  Result<ImportReport> import(const std::string& document) {
    Result<ImportReport> result = fail(Errc::timed_out, "import_data() did not call");
    import_data(*desk_, document, now_, [&](const Result<ImportReport>& report) { result = report; });
    return result;
  }
  node::AccessTables& tables() { return control_->access().tables(); }
  node::ApiAccounts& accounts() { return control_->access().accounts(); }
  void turn() {
    for (int i = 0; i < 3; ++i) (void)control_->end_of_turn(now_);
  }

  FilesInMemory files_;

 private:
  CommandTable table_{*desk_};
};

TEST_F(BackupTest, WhatWasEnteredComesBack) {
  const Subject ann{SubjectKind::username, "ann"};
  const Subject robot{SubjectKind::client_id, "robot\"1"};
  run({"user", "add", "ann", "one"});
  run({"clientid", "add", robot.name, "two"});
  run({"sasl", "scram", "add", "eve", "pencil"});
  run({"admins", "add", "root", "secret", "a remark"});
  run({"mgmt", "insert", "app1", "an app"});
  tables().put_ban({SubjectKind::client_id, "bad"}, {.by = "me", .reason = "spam", .at_s = 1}, now_);
  tables().put_rule(ann, "a/+", {.created_at = 5, .action = broker::AclAction::subscribe, .allow = true},
                    now_);
  tables().put_rule({SubjectKind::everybody, ""}, "b/#", {.created_at = 6, .allow = false}, now_);
  control_->shared_settings().put("log.level", "info", {}, now_);
  retain("kept/topic");
  turn();
  const auto scram = tables().scram_user(sasl::Digest::sha256, "eve");
  ASSERT_TRUE(scram);
  const auto app = accounts().applications();
  const std::string document = export_data(*desk_, now_);

  tables().remove_user(ann, now_);
  tables().remove_user(robot, now_);
  tables().remove_scram_user(sasl::Digest::sha256, "eve", now_);
  tables().remove_scram_user(sasl::Digest::sha512, "eve", now_);
  tables().remove_rule(ann, "a/+", now_);
  tables().remove_rule({SubjectKind::everybody, ""}, "b/#", now_);
  for (const auto& [subject, row] : tables().bans(now_)) tables().remove_ban(subject, now_);
  run({"admins", "del", "root"});
  run({"mgmt", "delete", "app1"});
  control_->clean_retained("#", now_);
  turn();
  ASSERT_TRUE(control_->retained("#").empty());

  pass(std::chrono::seconds(1));
  const auto report = import(document);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  turn();
  EXPECT_TRUE(sasl::password_fits(tables().user(ann).value_or(node::UserRow{}).hash, "one"));
  EXPECT_TRUE(sasl::password_fits(tables().user(robot).value_or(node::UserRow{}).hash, "two"));
  ASSERT_TRUE(tables().scram_user(sasl::Digest::sha256, "eve"));
  EXPECT_EQ(tables().scram_user(sasl::Digest::sha256, "eve")->verifier, scram->verifier);
  EXPECT_TRUE(tables().scram_user(sasl::Digest::sha512, "eve"));
  ASSERT_EQ(tables().rules(SubjectKind::username).size(), 1U);
  const auto rule = tables().rules(SubjectKind::username).front();
  EXPECT_EQ(rule.first.topic, "a/+");
  EXPECT_TRUE(rule.second.allow);
  EXPECT_EQ(rule.second.action, broker::AclAction::subscribe);
  EXPECT_EQ(rule.second.created_at, 5);
  ASSERT_EQ(tables().rules(SubjectKind::everybody).size(), 1U);
  EXPECT_FALSE(tables().rules(SubjectKind::everybody).front().second.allow);
  ASSERT_EQ(tables().bans(now_).size(), 1U);
  EXPECT_EQ(tables().bans(now_).front().second.reason, "spam");
  ASSERT_EQ(accounts().applications().size(), app.size());
  EXPECT_EQ(accounts().applications().front().second.secret, app.front().second.secret);
  EXPECT_EQ(accounts().administrators().front().second.tags, "a remark");
  ASSERT_EQ(control_->retained("#").size(), 1U);
  EXPECT_EQ(control_->retained("#").front()->topic(), "kept/topic");
}

TEST_F(BackupTest, EmqxDocumentIsRead) {
  const std::string salt = "\x01\x02\x03\x04";
  const auto hex = [](std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
  };
  const std::string sha256 = sasl::to_base64(salt + hex(sasl::hash(sasl::Digest::sha256, salt + "one")));
  const std::string plain = sasl::to_base64(salt + salt + "two");
  const auto report = import(fmt::format(R"({{"version":"4.3","date":"2026-11-23 11:38:26",
    "auth_mnesia":[{{"login":"ann","type":"username","password":"{}","created_at":7}},
                   {{"login":"bob","type":"clientid","password":"{}","created_at":8}},
                   {{"login":"eve","type":"clientid","password":"AAAA","created_at":8}}],
    "acl_mnesia":[{{"type":"clientid","type_value":"bob","topic":"t/#",
                    "action":"pubsub","access":"deny","created_at":1}},
                  {{"type":"all","topic":"a/#/b","action":"pub","access":"deny","created_at":1}}],
    "blacklist":[{{"who":{{"peerhost":"10.0.0.1"}},"by":"me","reason":"","at":1,"until":4000000000}}],
    "rules":[{{"id":"rule:1"}}],"apps":[],"users":[]}})",
                                         sha256, plain));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->imported,
            (std::map<std::string, std::size_t>{{"acl_mnesia", 1}, {"auth_mnesia", 2}, {"blacklist", 1}}));
  ASSERT_EQ(report->notes.size(), 3U);
  EXPECT_NE(report->notes[0].find("auth_mnesia, row 3"), std::string::npos) << report->notes[0];
  EXPECT_NE(report->notes[1].find("acl_mnesia, row 2"), std::string::npos) << report->notes[1];
  EXPECT_NE(report->notes[2].find("rules: 1 rows"), std::string::npos) << report->notes[2];
  EXPECT_TRUE(sasl::password_fits(tables().user({SubjectKind::username, "ann"})->hash, "one"));
  EXPECT_FALSE(sasl::password_fits(tables().user({SubjectKind::username, "ann"})->hash, "two"));
  EXPECT_TRUE(sasl::password_fits(tables().user({SubjectKind::client_id, "bob"})->hash, "two"));
}

TEST_F(BackupTest, WhatIsNoExportChangesNothing) {
  EXPECT_FALSE(import("[]"));
  EXPECT_FALSE(import("{"));
  const auto old = import(R"({"version":"3.0","auth_mnesia":[{"login":"ann","type":"username"}]})");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().message, "Unsupported version.");
  // Rows and members of other types than they should have are left out, one by one.
  const auto odd =
      import(R"({"version":"4.3","auth_mnesia":[1,null,{"login":[],"password":{}}],"apps":{},"users":""})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->notes.size(), 3U);
  EXPECT_TRUE(odd->imported.empty());
}

TEST_F(BackupTest, CommandsSayWhatEmqxSays) {
  const std::string said = run({"data", "export"}).text;
  ASSERT_EQ(files_.list().size(), 1U);
  const std::string name = files_.list().front().name;
  EXPECT_EQ(said, "The emqx data has been successfully exported to backup/" + name + ".\n");
  EXPECT_EQ(name.rfind("meshmq-export-2023-11-14-", 0), 0U) << name;
  EXPECT_EQ(run({"data", "import", name}).text, "The emqx data has been imported successfully.\n");
  const Answer none = run({"data", "import", "other.json"});
  EXPECT_EQ(none.outcome, Outcome::refused);
  EXPECT_EQ(none.text, "The emqx data import failed: there is no exported file other.json\n");
  ASSERT_TRUE(files_.write("old.json", R"({"version":"3.0"})"));
  EXPECT_EQ(run({"data", "import", "old.json"}).text, "The emqx data import failed: Unsupported version.\n");
  EXPECT_EQ(run({"data"}).outcome, Outcome::usage);
}

TEST(BackupName, StaysInItsDirectory) {
  EXPECT_TRUE(is_backup_name("emqx-export-2026-11-23-11-38-26.json"));
  for (const char* name : {"", ".json", "../x.json", "a/b.json", "x.txt", "-x.json", "a b.json"})
    EXPECT_FALSE(is_backup_name(name)) << name;
}

}  // namespace
}  // namespace meshmq::admin
