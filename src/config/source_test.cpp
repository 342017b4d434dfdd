#include "config/source.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "config/nearest.hpp"
#include "config/schema.hpp"

namespace meshmq::config {
namespace {

TEST(File, HasKeysValuesAndComments) {
  const Source source = parse_file(
      "## prose\n"
      "\n"
      "node.name = meshmq@127.0.0.1\n"
      "  node.cookie=secret   # why\r\n"
      "#node.workers = 4\n"
      "listener.tcp.external = 0.0.0.0:1883",
      "etc/meshmq.conf");
  ASSERT_TRUE(source.errors.empty());
  ASSERT_EQ(source.settings.size(), 3u);
  EXPECT_EQ(source.settings[0].key, "node.name");
  EXPECT_EQ(source.settings[0].value, "meshmq@127.0.0.1");
  EXPECT_EQ(source.settings[0].origin, "etc/meshmq.conf:3");
  EXPECT_EQ(source.settings[1].value, "secret");
  EXPECT_EQ(source.settings[2].origin, "etc/meshmq.conf:6");
}

TEST(File, ValuesMayHoldEqualsSignsAndBlanks) {
  const Source source = parse_file("zone.external.mqueue_priorities = a/b=1, c=2\n", "f");
  ASSERT_EQ(source.settings.size(), 1u);
  EXPECT_EQ(source.settings[0].value, "a/b=1, c=2");
}

TEST(File, NamesEveryLineThatCannotBeRead) {
  const Source source = parse_file("node.name\n= x\nnode..name = x\nnode.name =\nnode name = x\n", "f");
  EXPECT_TRUE(source.settings.empty());
  ASSERT_EQ(source.errors.size(), 5u);
  EXPECT_EQ(source.errors[0], "f:1: expected `key = value`, not 'node.name'");
  EXPECT_TRUE(source.errors[3].starts_with("f:4: node.name has no value"));
}

TEST(File, ThatIsMissingIsAnError) {
  const auto source = read_file("/nowhere/meshmq.conf");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().message, "cannot read /nowhere/meshmq.conf: No such file or directory");
}

class IncludeTest : public ::testing::Test {
 protected:
  ~IncludeTest() override { std::filesystem::remove_all(directory_); }
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

 private:
  std::string name_ = (std::filesystem::temp_directory_path() / "meshmq-include-XXXXXX").string();

 protected:
  const std::filesystem::path directory_ = ::mkdtemp(name_.data());
};

TEST_F(IncludeTest, StandsForTheLinesOfOtherFiles) {
  const std::string zones = file("conf.d/a.conf", "zone.external.max_inflight = 3\n");
  file("conf.d/b.conf", "include ../c.conf\n");
  file("c.conf", "log.level = info # why\n");
  const auto source = read_file(
      file("m.conf",
           "node.name = a@b\ninclude conf.d/*.conf   # both\ninclude empty/*.conf\nlog.level = error\n"));
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->errors.empty());
  ASSERT_EQ(source->settings.size(), 4U);
  EXPECT_EQ(source->settings[1].origin, zones + ":1");
  EXPECT_EQ(source->settings[2].value, "info");
  EXPECT_EQ(source->settings[3].value, "error") << "in the order of the lines";
}

TEST_F(IncludeTest, SaysWhereItWentWrong) {
  const std::string path = file("m.conf", "include gone.conf\ninclude\n");
  const auto source = read_file(path);
  ASSERT_TRUE(source);
  ASSERT_FALSE(source->errors.empty());
  EXPECT_EQ(source->errors[0],
            path + ":1: cannot read " + (directory_ / "gone.conf").string() + ": No such file or directory");
  EXPECT_EQ(source->errors.back(), path + ":2: expected `key = value`, not 'include'");
  const std::string circle = file("circle.conf", "include circle.conf\n");
  EXPECT_EQ(read_file(circle)->errors,
            std::vector<std::string>{circle + ":1: " + circle + " is included by 9 files in a row"});
}

TEST(Environment, VariablesWithTwoUnderscoresAreKeys) {
  const std::vector<std::pair<std::string, std::string>> variables = {
      {"MESHMQ_NODE__NAME", "a@b"},
      {"MESHMQ_ZONE__EXTERNAL__MAX_INFLIGHT", "7"},
      {"MESHMQ_ALLOW_ANONYMOUS", "true"},
      {"MESHMQ_BIN", "x"},
      {"PATH", "/bin"},
      {"MESHMQ_NODE_COOKIE", "c"}};
  const Source source = read_environment(variables);
  ASSERT_EQ(source.settings.size(), 4u);
  EXPECT_EQ(source.settings[0].key, "allow_anonymous");
  EXPECT_EQ(source.settings[1].key, "node.cookie");
  EXPECT_EQ(source.settings[2].key, "node.name");
  EXPECT_EQ(source.settings[2].origin, "environment MESHMQ_NODE__NAME");
  EXPECT_EQ(source.settings[3].key, "zone.external.max_inflight");
}

TEST(Arguments, AreKeyAndValue) {
  const std::vector<std::string> arguments = {
      "node.name=a@b", " node.workers = 2 ", "node.cookie=a=b#c", "nonsense", "=x", "node.cookie="};
  const Source source = read_arguments(arguments);
  ASSERT_EQ(source.settings.size(), 4u);
  EXPECT_EQ(source.settings[1].key, "node.workers");
  EXPECT_EQ(source.settings[1].value, "2");
  EXPECT_EQ(source.settings[2].value, "a=b#c");
  EXPECT_EQ(source.settings[3].value, "");
  ASSERT_EQ(source.errors.size(), 2u);
  EXPECT_EQ(source.errors[0], "--set: expected key=value, not 'nonsense'");
}

TEST(Patterns, StarsStandForOneLevelOrTheRest) {
  EXPECT_TRUE(matches("node.name", "node.name"));
  EXPECT_FALSE(matches("node.name", "node.name.x"));
  EXPECT_FALSE(matches("node.name", "node"));
  EXPECT_TRUE(matches("listener.tcp.*", "listener.tcp.external"));
  EXPECT_FALSE(matches("listener.tcp.*", "listener.tcp.external.backlog"));
  EXPECT_TRUE(matches("listener.tcp.*.access.*", "listener.tcp.a.access.1"));
  EXPECT_TRUE(matches("rpc.**", "rpc.a.b.c"));
  EXPECT_FALSE(matches("rpc.**", "rpc"));
  EXPECT_EQ(name_in("listener.tcp.*.backlog", "listener.tcp.external.backlog"), "external");
  EXPECT_EQ(name_in("node.name", "node.name"), "");
  EXPECT_EQ(instance_of("zone.*.max_inflight", "external"), "zone.external.max_inflight");
}

TEST(Nearest, FindsTypingErrors) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("abcd", "abdc"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(nearest_key("node.nam"), "node.name");
  EXPECT_EQ(nearest_key("node.cooky"), "node.cookie");
  EXPECT_EQ(nearest_key("listener.tcp.mine.max_conections"), "listener.tcp.mine.max_connections");
  EXPECT_EQ(nearest_key("lisener.tcp.external.backlog"), "listener.tcp.external.backlog");
  EXPECT_EQ(nearest_key("zone.external.max_inflght"), "zone.external.max_inflight");
  EXPECT_EQ(nearest_key("entirely.different.thing"), "");
}

TEST(Schema, EveryDefaultIsAValidValue) {
  for (const Key& key : keys()) {
    if (key.fallback.empty()) continue;
    EXPECT_TRUE(parse_value(key.type, key.fallback, key.range, key.words)) << key.key;
  }
}

TEST(Schema, NoKeyIsBothOursAndForeign) {
  for (const Key& key : keys()) {
    EXPECT_FALSE(key.help.empty()) << key.key;
    for (const ForeignKey& foreign : foreign_keys()) {
      EXPECT_FALSE(matches(foreign.key, instance_of(key.key, "x"))) << key.key << " " << foreign.key;
    }
  }
}

}  // namespace
}  // namespace meshmq::config
