#include "server/conf_keeper.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "server/configuration.hpp"

namespace meshmq::server {
namespace {

using admin::ConfigChange;
using admin::ConfigResult;
using admin::ConfigValues;

class ConfKeeperTest : public ::testing::Test {
 protected:
  ConfKeeperTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    write("listener.tcp.external = 127.0.0.1:0\nlog.level = info\n");
    start();
  }
  ~ConfKeeperTest() override {
    keeper_.reset();
    data_.reset();
    std::filesystem::remove_all(directory_);
  }
  void write(const std::string& text) const { std::ofstream(directory_ / "f.conf") << text; }
  /// Again, as after a restart.
  void start(std::vector<std::string> arguments = {}) {
    keeper_.reset();
    data_.reset();
    data_.emplace(std::move(*DataDir::open(directory_.string())));
    config::Request request{.file = (directory_ / "f.conf").string(), .environment = {}, .arguments = {}};
    arguments.push_back("node.data_dir=" + directory_.string());
    request.arguments = std::move(arguments);
    request.saved = *config::read_saved(request);
    config::Loaded loaded = config::load(request);
    ASSERT_TRUE(loaded.errors.empty()) << loaded.errors.front();
    config_ = loaded.config;
    keeper_.emplace(request, std::move(loaded.merged), "n@127.0.0.1", *data_, Logger(),
                    [this](const ConfKeeper::Applied& applied) {
                      config_ = applied.config;
                      keys_ = applied.keys;
                    });
  }
  admin::ConfigEntry entry(const std::string& key) const {
    for (admin::ConfigEntry& one : keeper_->entries()) {
      if (one.key == key) return one;
    }
    return {};
  }
  static ConfigChange only(const std::vector<ConfigChange>& changes) {
    EXPECT_EQ(changes.size(), 1U);
    return changes.empty() ? ConfigChange{} : changes.front();
  }
  ConfigChange set(const std::string& key, const std::string& value) {
    return only(keeper_->change({{key, value}}));
  }
  bool saved(const std::string& name) const { return std::filesystem::exists(directory_ / name); }

  std::filesystem::path directory_ = std::filesystem::path(::testing::TempDir()) /
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::optional<DataDir> data_;
  std::optional<ConfKeeper> keeper_;
  config::Config config_;  ///< what the node was given last
  std::set<std::string> keys_;
};

TEST_F(ConfKeeperTest, GivesWhatIsHotToTheNodeAndKeepsIt) {
  const ConfigChange change = set("zone.external.max_inflight", "64");
  EXPECT_EQ(change.result, ConfigResult::changed);
  EXPECT_EQ(change.node, "n@127.0.0.1");
  EXPECT_EQ(change.message, "for clients that connect from now on");
  EXPECT_EQ(config_.node.broker.inflight_max, 64);
  EXPECT_GT(config_.node.workers, 0);
  EXPECT_EQ(keys_, (std::set<std::string>{"zone.external.max_inflight"}));
  EXPECT_EQ(entry("zone.external.max_inflight").value, "64");
  EXPECT_EQ(entry("zone.external.max_inflight").source, "conf set");
  start();
  EXPECT_EQ(config_.node.broker.inflight_max, 64);
  EXPECT_EQ(set("zone.external.max_inflight", "").result, ConfigResult::changed);
  EXPECT_EQ(config_.node.broker.inflight_max, 32);
  EXPECT_EQ(entry("zone.external.max_inflight").source, "default");
}

TEST_F(ConfKeeperTest, LetsTheRestWaitForARestart) {
  keys_.clear();
  EXPECT_EQ(set("node.workers", "3").result, ConfigResult::restart);
  EXPECT_TRUE(keys_.empty());
  EXPECT_EQ(entry("node.workers").value, "0");
  EXPECT_EQ(entry("node.workers").pending, "3");
  // What is changed later does not bring it in.
  EXPECT_EQ(set("cluster.autoheal", "off").result, ConfigResult::changed);
  EXPECT_FALSE(config_.node.autoheal);
  EXPECT_NE(config_.node.workers, 3);
  start();
  EXPECT_EQ(entry("node.workers").value, "3");
  EXPECT_EQ(entry("node.workers").pending, "");
  EXPECT_FALSE(config_.node.autoheal);
}

TEST_F(ConfKeeperTest, TellsWhatWasAndWhatIs) {
  std::vector<SettingChange> told;
  keeper_->on_change = [&](const SettingChange& change) { told.push_back(change); };
  set("log.level", "debug");
  set("node.workers", "3");
  set("log.level", "debug");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].key, "log.level");
  EXPECT_EQ(told[0].before, "info");
  EXPECT_EQ(told[0].after, "debug");
  EXPECT_EQ(told[0].origin, "conf set");
  EXPECT_TRUE(told[0].now);
  EXPECT_EQ(told[1].before, "(default)");
  EXPECT_FALSE(told[1].now);
  set("dashboard.default_user.password", "Secret-1-Secret");
  EXPECT_EQ(told.back().after, "******");
}

TEST_F(ConfKeeperTest, RefusesAsTheFileDoes) {
  EXPECT_EQ(set("zone.external.max_inflght", "1").message,
            "unknown key; did you mean zone.external.max_inflight?");
  EXPECT_EQ(set("zone.external.max_inflight", "many").message,
            "zone.external.max_inflight = many: expected an integer from 1 to 65535");
  EXPECT_EQ(set("node.cookie", "x").result, ConfigResult::refused);
  EXPECT_EQ(set("zone.external.mountpoint", "a #b").result, ConfigResult::refused);
  EXPECT_EQ(set("cluster.redial_min", "10s").message,
            "conf set: cluster.redial_min: cluster.redial_min is greater than cluster.redial_max");
  EXPECT_EQ(set("acl_file", "/nowhere/acl.conf").result, ConfigResult::refused);
  EXPECT_FALSE(saved(config::Saved::node_file));
}

TEST_F(ConfKeeperTest, TakesAllOfACallOrNothing) {
  const auto changes = keeper_->change({{"log.level", "debug"}, {"log.lvl", "debug"}});
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].message, "another one of them is refused");
  EXPECT_TRUE(admin::any_refused(changes));
  EXPECT_EQ(config_.log.level, LogLevel::info);
  // Each alone would be refused.
  EXPECT_FALSE(
      admin::any_refused(keeper_->change({{"cluster.redial_min", "10s"}, {"cluster.redial_max", "20s"}})));
  EXPECT_EQ(config_.node.redial_max, std::chrono::seconds(20));
}

TEST_F(ConfKeeperTest, DoesNotPretendToOverrideTheCommandLine) {
  start({"log.level=error"});
  EXPECT_EQ(set("log.level", "debug").message, "--set sets it, which overrides what is set here");
}

TEST_F(ConfKeeperTest, ReloadSaysWhatBecameOfEachKey) {
  set("zone.external.max_inflight", "64");
  write("listener.tcp.external = 127.0.0.1:0\nzone.external.max_inflight = 8\nnode.workers = 2\n");
  const auto changes = keeper_->reload();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].key, "log.level");
  EXPECT_EQ(changes[0].result, ConfigResult::changed);
  EXPECT_EQ(changes[1].key, "node.workers");
  EXPECT_EQ(changes[1].result, ConfigResult::restart);
  EXPECT_EQ(config_.log.level, LogLevel::warning);
  EXPECT_EQ(config_.node.broker.inflight_max, 64) << "what was set comes after the file";
}

TEST_F(ConfKeeperTest, ABrokenFileChangesNothing) {
  write("listener.tcp.external = 127.0.0.1:0\nlog.level = debug\nzone.external.max_inflight = x\n");
  const ConfigChange change = only(keeper_->reload());
  EXPECT_EQ(change.result, ConfigResult::refused);
  EXPECT_TRUE(change.message.ends_with(
      "f.conf:3: zone.external.max_inflight = x: expected an integer from 1 to 65535"))
      << change.message;
  EXPECT_EQ(config_.log.level, LogLevel::info);
  std::filesystem::remove(directory_ / "f.conf");
  EXPECT_EQ(only(keeper_->reload()).result, ConfigResult::refused);
}

TEST_F(ConfKeeperTest, WhatIsSetForAllNodesTakesThePlaceOfItsOwn) {
  set("log.level", "debug");
  EXPECT_EQ(only(keeper_->try_for_cluster({{"log.level", "error"}})).result, ConfigResult::changed);
  EXPECT_EQ(config_.log.level, LogLevel::debug) << "it was only a question";
  keeper_->cluster_changed({{"log.level", "error"}});
  EXPECT_EQ(config_.log.level, LogLevel::error);
  EXPECT_EQ(entry("log.level").source, "conf set --cluster");
  set("log.level", "debug");
  start();
  // The table comes back from the disk: nothing new.
  keeper_->cluster_changed({{"log.level", "error"}});
  EXPECT_EQ(entry("log.level").value, "debug");
  keeper_->cluster_changed({{"log.level", ""}});
  EXPECT_EQ(entry("log.level").value, "info");
}

TEST_F(ConfKeeperTest, LeavesOutWhatThisNodeCannotDo) {
  keeper_->cluster_changed({{"log.level", "error"}, {"some.later.key", "1"}});
  EXPECT_EQ(config_.log.level, LogLevel::error);
  start();
  EXPECT_EQ(config_.log.level, LogLevel::error);
}

TEST_F(ConfKeeperTest, HidesSecrets) {
  EXPECT_EQ(entry("node.cookie").value, "******");
  set("management.default_application.secret", "hush");
  EXPECT_EQ(config_.management.application_secret, "hush");
  EXPECT_EQ(entry("management.default_application.secret").value, "******");
}

}  // namespace
}  // namespace meshmq::server
