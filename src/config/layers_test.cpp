#include "config/layers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "config/load.hpp"

namespace meshmq::config {
namespace {

class LayersTest : public ::testing::Test {
 protected:
  LayersTest() { std::filesystem::create_directories(directory_); }
  ~LayersTest() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
    return (directory_ / name).string();
  }
  std::filesystem::path directory_ = std::filesystem::path(::testing::TempDir()) /
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(LayersTest, EachOverridesTheOneBeforeIt) {
  Request request;
  request.file =
      write("f.conf", "log.level = debug\nlog.file = f\nlog.dir = f\nlog.to = off\nnode.workers = 1\n");
  const auto value = [&](const char* key) { return merge(read_layers(request)).settings.at(key).value; };
  EXPECT_EQ(value("log.level"), "debug");
  request.saved.cluster = {{"log.level", "info"}, {"log.file", "c"}, {"log.dir", "c"}, {"log.to", "file"}};
  EXPECT_EQ(value("log.level"), "info");
  request.saved.node = {{"log.file", "n"}, {"log.dir", "n"}, {"log.to", "both"}};
  EXPECT_EQ(value("log.file"), "n");
  request.environment = {{"MESHMQ_LOG__DIR", "e"}, {"MESHMQ_LOG__TO", "console"}};
  EXPECT_EQ(value("log.dir"), "e");
  request.arguments = {"log.to=off"};
  EXPECT_EQ(value("log.to"), "off");
  EXPECT_EQ(value("node.workers"), "1");
  const Loaded loaded = load(request);
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.log.level, LogLevel::info);
  EXPECT_EQ(loaded.merged.settings.at("log.file").origin, "conf set");
}

TEST_F(LayersTest, WhatWasSavedIsFoundInTheDataDirectory) {
  Request request;
  request.arguments = {"node.data_dir=" + directory_.string()};
  EXPECT_EQ(*read_saved(request), Saved{});
  const Saved saved{.cluster = {{"log.level", "info"}}, .node = {{"acl_nomatch", "deny"}, {"log.file", "n"}}};
  write(Saved::cluster_file, format_saved(saved.cluster));
  write(Saved::node_file, format_saved(saved.node));
  EXPECT_EQ(*read_saved(request), saved);
  write(Saved::node_file, "nonsense\n");
  const auto damaged = read_saved(request);
  ASSERT_FALSE(damaged);
  EXPECT_TRUE(damaged.error().message.ends_with("conf-set.conf:1: expected `key = value`, not 'nonsense'"));
}

TEST(Saving, RefusesWhatAFileCannotHold) {
  EXPECT_TRUE(can_be_saved("module.rewrite.rule.1", "x/# ^x/(.+)$ z/$1"));
  EXPECT_TRUE(can_be_saved("zone.external.mountpoint", "a b/%c/"));
  for (const char* value : {"", " a", "a #b", "#", "a\nlog.level = debug"})
    EXPECT_FALSE(can_be_saved("zone.external.mountpoint", value)) << value;
  EXPECT_FALSE(can_be_saved("a b", "c"));
}

TEST(Holdings, AreAllKeysWithTheNamesOfThisNode) {
  const Loaded loaded = load(
      {.file = {}, .environment = {}, .arguments = {"zone.external.max_inflight=7", "listener.tcp.a=1"}});
  const auto find = [&](std::string_view key) {
    return std::find_if(loaded.holdings.begin(), loaded.holdings.end(),
                        [&](const Holding& holding) { return holding.key == key; });
  };
  ASSERT_NE(find("zone.external.max_inflight"), loaded.holdings.end());
  EXPECT_EQ(find("zone.external.max_inflight")->value, "7");
  EXPECT_EQ(find("zone.external.max_inflight")->origin, "--set");
  EXPECT_EQ(find("listener.tcp.a.max_connections")->value, "1024000");
  EXPECT_EQ(find("listener.tcp.a.max_connections")->origin, "default");
  EXPECT_EQ(find("listener.tcp.external.max_connections"), loaded.holdings.end());
  EXPECT_EQ(std::count_if(loaded.holdings.begin(), loaded.holdings.end(),
                          [](const Holding& holding) { return holding.key == "mqtt.max_packet_size"; }),
            1);
}

}  // namespace
}  // namespace meshmq::config
