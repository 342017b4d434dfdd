#include "admin/configuration.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "admin/command_table.hpp"
#include "admin/desk_harness.hpp"

namespace meshmq::admin {
namespace {

class ConfigurationTest : public testing::DeskTest, public Configuration {
 protected:
  ConfigurationTest() { desk_->configuration = this; }

  std::vector<ConfigEntry> entries() const override {
    return {{.key = "log.level",
             .value = "info",
             .fallback = "warning",
             .expects = "a word",
             .hot = true,
             .source = "etc/meshmq.conf:3"},
            {.key = "node.workers", .value = "0", .pending = "3", .fallback = "0", .source = "default"},
            {.key = "zone.external.mountpoint", .source = "default"}};
  }
  std::vector<ConfigChange> change(const ConfigValues& values) override {
    changed_ = values;
    return answers(values);
  }
  std::vector<ConfigChange> try_for_cluster(const ConfigValues& values) const override {
    return answers(values);
  }
  std::vector<ConfigChange> reload() override { return reload_; }
  std::string hint(std::string_view) const override { return "; did you mean log.level?"; }

  std::vector<ConfigChange> answers(const ConfigValues& values) const {
    std::vector<ConfigChange> result;
    for (const auto& [key, value] : values) result.push_back({key, desk_->name, result_, "why"});
    return result;
  }
  Answer run(const std::vector<std::string>& words, bool json = false) {
    std::optional<Answer> answer;
    CommandTable(*desk_).run(words, {.json = json}, now_, [&](Answer a) { answer = std::move(a); });
    settle();
    EXPECT_TRUE(answer);
    return answer.value_or(Answer{});
  }

  ConfigResult result_ = ConfigResult::changed;
  ConfigValues changed_;
  std::vector<ConfigChange> reload_;
};

TEST_F(ConfigurationTest, ShowsAFileOfWhatHolds) {
  EXPECT_EQ(run({"conf", "show"}).text,
            "log.level = info ## etc/meshmq.conf:3\n"
            "node.workers = 0 ## after a restart: 3\n"
            "## zone.external.mountpoint =\n");
  EXPECT_EQ(run({"conf", "show", "log."}).text, "log.level = info ## etc/meshmq.conf:3\n");
  EXPECT_EQ(run({"conf", "show", "nothing"}).outcome, Outcome::refused);
}

TEST_F(ConfigurationTest, ShowsAllAboutOneKey) {
  EXPECT_EQ(run({"conf", "get", "log.level"}).text,
            "key       : log.level\nvalue     : info\ndefault   : warning\nexpects   : a word\n"
            "source    : etc/meshmq.conf:3\n");
  const Answer unknown = run({"conf", "get", "log.levl"});
  EXPECT_EQ(unknown.outcome, Outcome::refused);
  EXPECT_EQ(unknown.text, "unknown key log.levl; did you mean log.level?\n");
}

TEST_F(ConfigurationTest, SetsAndTakesBackOnThisNode) {
  const Answer answer = run({"conf", "set", "log.level=debug", "a.b = x=y"});
  EXPECT_EQ(answer.outcome, Outcome::done);
  EXPECT_EQ(answer.text, "meshmq@127.0.0.1: log.level: changed, why\nmeshmq@127.0.0.1: a.b: changed, why\n");
  EXPECT_EQ(changed_, (ConfigValues{{"log.level", "debug"}, {"a.b", "x=y"}}));
  run({"conf", "unset", "log.level"});
  EXPECT_EQ(changed_, (ConfigValues{{"log.level", ""}}));
  result_ = ConfigResult::refused;
  EXPECT_EQ(run({"conf", "set", "log.level=x"}).outcome, Outcome::refused);
  EXPECT_EQ(run({"conf", "set", "log.level"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"conf", "set", "--cluster"}).outcome, Outcome::usage);
  EXPECT_EQ(run({"conf", "unset"}).outcome, Outcome::usage);
}

TEST_F(ConfigurationTest, PutsWhatIsForAllNodesIntoTheTable) {
  EXPECT_EQ(run({"conf", "set", "log.level=debug", "--cluster"}).outcome, Outcome::done);
  EXPECT_TRUE(changed_.empty()) << "the table tells every node, this one too";
  EXPECT_EQ(control_->shared_settings().value("log.level"), "debug");
  result_ = ConfigResult::refused;
  EXPECT_EQ(run({"conf", "set", "log.level=x", "--cluster"}).outcome, Outcome::refused);
  EXPECT_EQ(control_->shared_settings().value("log.level"), "debug");
}

TEST_F(ConfigurationTest, AnswersOtherNodesThatAsk) {
  result_ = ConfigResult::refused;
  const Answer answer = run({"conf", "try", "log.level=x"}, true);
  EXPECT_EQ(answer.outcome, Outcome::done);
  const auto changes = parse_changes(answer.text);
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_EQ((*changes)[0].key, "log.level");
  EXPECT_EQ((*changes)[0].result, ConfigResult::refused);
  EXPECT_EQ((*changes)[0].message, "why");
}

TEST_F(ConfigurationTest, ReportsWhatAReloadChanged) {
  EXPECT_EQ(run({"conf", "reload"}).text, "Nothing has changed\n");
  reload_ = {{"", "n@h", ConfigResult::refused, "f:3: wrong"}};
  const Answer answer = run({"conf", "reload"});
  EXPECT_EQ(answer.outcome, Outcome::refused);
  EXPECT_EQ(answer.text, "n@h: refused, f:3: wrong\n");
  EXPECT_EQ(run({"conf", "reload"}, true).text,
            "[{\"key\":\"\",\"node\":\"n@h\",\"result\":\"refused\",\"message\":\"f:3: wrong\"}]\n");
}

TEST(ParseChanges, TakesNothingElse) {
  for (const char* text : {"", "{}", "[1]", R"([{"key":"a"}])", R"([{"result":"perhaps"}])", "[", "null"})
    EXPECT_FALSE(parse_changes(text)) << text;
  EXPECT_TRUE(parse_changes(R"([{"result":"later","key":"a"}])"));
}

}  // namespace
}  // namespace meshmq::admin
