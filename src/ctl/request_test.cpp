#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/run_file.hpp"
#include "ctl/ctl.hpp"

namespace meshmq::ctl {
namespace {

std::variant<CtlRequest, ExitStatus> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "meshmq_ctl");
  return parse_request(static_cast<int>(arguments.size()), arguments.data());
}
CtlRequest request(std::vector<const char*> arguments) {
  return std::get<CtlRequest>(parse(std::move(arguments)));
}

class RequestTest : public ::testing::Test {
 protected:
  RequestTest() { std::filesystem::create_directories(directory_); }
  ~RequestTest() override {
    std::filesystem::remove_all(directory_);
    unsetenv("MESHMQ_NODE__COOKIE");
  }
  std::filesystem::path directory_ = std::filesystem::path(::testing::TempDir()) /
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(RequestTest, AsksTheDefaultNodeIfNothingIsSaid) {
  const CtlRequest asked = request({"cluster", "status"});
  EXPECT_EQ(asked.target.node, "meshmq@127.0.0.1");
  EXPECT_EQ(asked.target.cookie, "meshmqsecretcookie");
  EXPECT_EQ(asked.words, (std::vector<std::string>{"cluster", "status"}));
  EXPECT_FALSE(asked.json);
}

TEST_F(RequestTest, AsksTheNodeThatIsNamed) {
  const CtlRequest asked = request({"--node", "a@10.0.0.1", "--cookie", "c", "--json", "status"});
  EXPECT_EQ(asked.target.node, "a@10.0.0.1");
  EXPECT_EQ(asked.target.cookie, "c");
  EXPECT_TRUE(asked.json);
}

TEST_F(RequestTest, TakesNameAndCookieFromFileAndEnvironment) {
  const std::string path = directory_ / "meshmq.conf";
  std::ofstream(path) << "node.name = b@10.0.0.2\nnode.cookie = from-file\n"
                      << "cluster.proto_dist = inet6_tls\nnode.ssl_dist_optfile = t.conf\n";
  const CtlRequest asked = request({"--config", path.c_str(), "status"});
  EXPECT_EQ(asked.target.node, "b@10.0.0.2");
  EXPECT_TRUE(asked.target.ipv6);
  EXPECT_EQ(asked.tls_file, "t.conf");
  setenv("MESHMQ_NODE__COOKIE", "from-environment", 1);
  EXPECT_EQ(request({"--config", path.c_str(), "status"}).target.cookie, "from-environment");
  EXPECT_EQ(request({"--config", path.c_str(), "--cookie", "mine", "status"}).target.cookie, "mine");
}

TEST_F(RequestTest, FindsTheNodeOfADataDirectory) {
  const config::RunFile file{.pid = 1,
                             .node = "r@127.0.0.1",
                             .cookie = "c",
                             .epmd_port = 14369,
                             .dist_port = 6370,
                             .tls_file = "/t"};
  std::ofstream(directory_ / config::RunFile::name) << file.text();
  const CtlRequest asked = request({"--data-dir", directory_.c_str(), "status"});
  EXPECT_EQ(asked.target.node, "r@127.0.0.1");
  EXPECT_EQ(asked.target.epmd_port, 14369);
  EXPECT_EQ(asked.tls_file, "/t");
  const std::string empty = directory_ / "nobody";
  EXPECT_EQ(std::get<ExitStatus>(parse({"--data-dir", empty.c_str(), "status"})).code, unreachable);
}

TEST_F(RequestTest, LeavesWordsAloneThatLookLikeOptions) {
  EXPECT_EQ(request({"clients", "kick", "--node"}).words,
            (std::vector<std::string>{"clients", "kick", "--node"}));
  const CtlRequest asked = request({"cluster", "status", "--json"});
  EXPECT_EQ(asked.words, (std::vector<std::string>{"cluster", "status"}));
  EXPECT_TRUE(asked.json);
}

TEST_F(RequestTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(std::get<ExitStatus>(parse({"--nonsense"})).code, usage_error);
  EXPECT_EQ(std::get<ExitStatus>(parse({"--node", "no-host", "status"})).code, usage_error);
  EXPECT_EQ(std::get<ExitStatus>(parse({"--config", "/nowhere/meshmq.conf", "status"})).code, usage_error);
  EXPECT_EQ(std::get<ExitStatus>(parse({"--help"})).code, 0);
}

}  // namespace
}  // namespace meshmq::ctl
