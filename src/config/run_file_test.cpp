#include "config/run_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace meshmq::config {
namespace {

class RunFileTest : public ::testing::Test {
 protected:
  RunFileTest() { std::filesystem::create_directories(directory_); }
  ~RunFileTest() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& text) { std::ofstream(directory_ / RunFile::name) << text; }

  std::filesystem::path directory_ = std::filesystem::path(::testing::TempDir()) /
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(RunFileTest, ComesBackAsItWasWritten) {
  const RunFile file{.pid = 17,
                     .node = "a@h",
                     .cookie = "a = b#c",
                     .ipv6 = true,
                     .epmd = false,
                     .epmd_port = 4369,
                     .dist_port = 6370,
                     .tls_file = "/etc/a b.conf"};
  write(file.text());
  EXPECT_EQ(RunFile::read(directory_).value(), file);
}

TEST_F(RunFileTest, FailsWhereNoNodeHasRun) {
  EXPECT_EQ(RunFile::read(directory_).error().code, Errc::not_found);
}

TEST_F(RunFileTest, FailsIfDamaged) {
  write("pid = x\nnode.name = a@h\n");
  EXPECT_EQ(RunFile::read(directory_).error().code, Errc::malformed);
}

}  // namespace
}  // namespace meshmq::config
