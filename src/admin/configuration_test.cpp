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
            {.key = "zone.external.mountpoint", .source = "default"},
            {.key = "module.presence", .value = "on", .source = "default"},
            {.key = "module.delayed", .value = "off", .source = "default"},
            {.key = "module.rewrite.rule.1", .value = "x/# ^x/(.+)$ z/$1", .source = "default"},
            {.key = "management.listener.http", .value = "8081", .source = "default"}};
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
            "## zone.external.mountpoint =\n"
            "module.presence = on\n"
            "module.delayed = off\n"
            "module.rewrite.rule.1 = x/# ^x/(.+)$ z/$1\n"
            "management.listener.http = 8081\n");
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
  const auto& settings = control_->shared_settings();
  {
    const Audit::Acting acting(desk_->audit, {"joe", "10.0.0.1:5\n"});
    EXPECT_EQ(run({"conf", "set", "log.level=debug", "--cluster"}).outcome, Outcome::done);
  }
  EXPECT_TRUE(changed_.empty()) << "the table tells every node, this one too";
  EXPECT_EQ(settings.value("log.level"), "debug");
  EXPECT_EQ(settings.author("log.level").who, "joe");
  EXPECT_EQ(settings.author("log.level").from, "10.0.0.1:5 ");
  EXPECT_EQ(settings.author("log.level").node, desk_->name);
  result_ = ConfigResult::refused;
  EXPECT_EQ(run({"conf", "set", "log.level=x", "--cluster"}).outcome, Outcome::refused);
  EXPECT_EQ(settings.value("log.level"), "debug");
  result_ = ConfigResult::changed;
  run({"conf", "unset", "log.level", "--cluster"});
  EXPECT_EQ(settings.value("log.level"), "");
  EXPECT_TRUE(settings.all().empty());
  EXPECT_EQ(settings.author("log.level").node, desk_->name) << "who took it back is known as well";
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

TEST_F(ConfigurationTest, ModulesAreKeys) {
  EXPECT_EQ(run({"modules", "list"}).text,
            "Module(emqx_mod_delayed, description=Delayed publish, active=false)\n"
            "Module(emqx_mod_topic_metrics, description=Topic metrics, active=true)\n"
            "Module(emqx_mod_subscription, description=Subscriptions of every client, active=false)\n"
            "Module(emqx_mod_acl_internal, description=Rules of a file, active=true)\n"
            "Module(emqx_mod_rewrite, description=Topic rewrite, active=true)\n"
            "Module(emqx_mod_presence, description=Presence, active=true)\n");
  EXPECT_EQ(run({"modules", "load", "emqx_mod_delayed"}).text,
            "Module emqx_mod_delayed loaded successfully.\n");
  EXPECT_EQ(changed_, (ConfigValues{{"module.delayed", "on"}}));
  EXPECT_EQ(run({"modules", "unload", "emqx_mod_presence"}).text,
            "Module emqx_mod_presence unloaded successfully.\n");
  EXPECT_EQ(changed_, (ConfigValues{{"module.presence", "off"}}));
  result_ = ConfigResult::refused;
  EXPECT_EQ(run({"modules", "load", "emqx_mod_delayed"}).text, "Module emqx_mod_delayed load error: why\n");
  EXPECT_EQ(run({"modules", "unload", "emqx_mod_rewrite"}).text,
            "Module emqx_mod_rewrite unload error: it is active while there are keys module.rewrite.*: see "
            "`conf set`\n");
  EXPECT_EQ(run({"modules", "unload", "emqx_mod_topic_metrics"}).text,
            "Module emqx_mod_topic_metrics unload error: it is always there\n");
  EXPECT_EQ(run({"modules", "load", "x"}).text, "Module x load error: there is no such module\n");
  EXPECT_EQ(run({"modules", "reload", "emqx_mod_delayed"}).text,
            "Module: emqx_mod_delayed does not need to be reloaded.\n");
  EXPECT_EQ(run({"modules", "reload", "emqx_mod_acl_internal"}).text,
            "Module emqx_mod_acl_internal reloaded successfully.\n");
  acl_reload_ = fail(Errc::invalid_argument, "line 3: what is this?");
  EXPECT_EQ(run({"modules", "reload", "emqx_mod_acl_internal"}).text,
            "Module emqx_mod_acl_internal reload error: line 3: what is this?\n");
}

TEST_F(ConfigurationTest, PluginsAreBuiltIn) {
  const std::string list = run({"plugins", "list"}).text;
  EXPECT_NE(list.find("Plugin(emqx_management, description=Management API and commands, active=true)\n"),
            std::string::npos);
  EXPECT_NE(list.find("Plugin(emqx_dashboard, description=Web dashboard, active=false)\n"),
            std::string::npos);
  EXPECT_EQ(run({"plugins", "load", "emqx_retainer"}).text,
            "Load plugin emqx_retainer error: it is built in.\n");
  EXPECT_EQ(run({"plugins", "unload", "x"}).text, "Unload plugin x error: The plugin doesn't exist.\n");
}

}  // namespace
}  // namespace meshmq::admin
